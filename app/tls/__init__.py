"""The farm's own certificates: an authority that every Pi is told to believe, and the server's certificate under it."""
