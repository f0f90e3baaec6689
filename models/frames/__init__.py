"""A fleet as documented frames, from its database or over HTTP from its server."""
