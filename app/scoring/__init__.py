"""How good our own judgement is, measured against people's labels and against the simulator's truth."""
