"""Telling systemd how we are (sd_notify): a datagram to the socket it names; nothing at all outside of systemd."""

import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Supervisor:
    """systemd, as named by ``NOTIFY_SOCKET`` and ``WATCHDOG_USEC``; empty values are no systemd."""

    address: str = ""
    watchdog_s: float | None = None

    def tell(self, state: str) -> None:
        """Send one state, e.g. ``READY=1``, ``WATCHDOG=1``, ``STATUS=...``; never fails."""
        if not self.address:
            return
        # A leading @ stands for Linux' abstract namespace.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
                notify.connect(address)
                notify.send(state.encode())
        except OSError:
            return
