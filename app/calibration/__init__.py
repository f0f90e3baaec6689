"""Calibrating probes and repairing what a wrong calibration did: the use case behind every page and command."""
