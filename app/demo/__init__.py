"""A demo fleet on one machine: the real server and the real agents, on simulated water."""
