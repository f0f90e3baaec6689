"""People's verdicts on spans of readings: which are in force, a form to give one, a button to take it back."""
