"""The command line. Each command is a thin caller of the use case that the pages and the API call too."""

from app.cli.main import main

__all__ = ["main"]
