"""The agent on the Raspberry Pi: read the probes, keep every reading until the server has it."""

__version__ = "1.0.0"
