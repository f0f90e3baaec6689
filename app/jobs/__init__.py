"""Work that nobody waits for: what follows from new readings, done beside the server."""
