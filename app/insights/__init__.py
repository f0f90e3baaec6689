"""What the numbers say: the calculations of analytics on stored data, for pages, lists and the API alike. No Dash."""
