"""The server of the drills finds its port free after every restart."""

from pathlib import Path

from tests.drills.server import lasting_port


def test_no_outgoing_connection_is_given_the_port_of_a_server() -> None:
    first_given = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])

    assert max(lasting_port() for _ in range(50)) < first_given
