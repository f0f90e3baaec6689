"""The section "What the numbers say" of the Device page."""
