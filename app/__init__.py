"""The server people see: Dash pages, login, jobs, and the command line around them."""
