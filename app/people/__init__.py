"""Who may log in, and what they may do: the use cases behind the pages, the login and the command line."""
