"""How much of what a device measured has arrived, and how a notebook reads what is shown."""
