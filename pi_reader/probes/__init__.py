"""The probes as the agent sees them: real drivers, guarded against hanging and against values that are not values."""
