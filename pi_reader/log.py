"""The log: lines on standard error; in systemd's journal with the priority it sorts by."""

import logging
import sys

from pi_reader.config import is_journal_listening

# sd-daemon(3): a number in angle brackets at the start of a line is its priority.
_PRIORITY = {logging.CRITICAL: 2, logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


def start_log(*, verbose: bool) -> None:
    """Begin to log."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_ForJournal() if is_journal_listening() else logging.Formatter(_FORMAT))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])


_FORMAT = "%(levelname)s %(name)s: %(message)s"


class _ForJournal(logging.Formatter):
    """Puts the priority before every line, so that a traceback is one of errors throughout."""

    def format(self, record: logging.LogRecord) -> str:
        priority = f"<{_PRIORITY.get(record.levelno, 6)}>"
        text = f"{record.name}: {super().format(record)}"
        return "\n".join(priority + line for line in text.splitlines())
