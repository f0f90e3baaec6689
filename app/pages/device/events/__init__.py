"""What happened to a tank: marks in a lane under the figure, a list below it, and a form to tell it."""
