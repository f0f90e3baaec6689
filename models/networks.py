"""Which addresses belong together: what an attacker can change for nothing is no difference."""

from ipaddress import ip_address, ip_network


def network_of(address: str | None) -> str:
    """Give the /24 or /64 that an address lies in, "unknown" for what is no address."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return "unknown"
    prefix = 24 if parsed.version == 4 else 64
    return str(ip_network(f"{parsed}/{prefix}", strict=False))


def is_same_network(one: str | None, other: str | None) -> bool:
    """Tell whether two addresses are known and lie in one /24 or /64."""
    return network_of(one) == network_of(other) != "unknown"
