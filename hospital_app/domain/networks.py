"""网络地址: whose neighbours they are, and what screens may show of them."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def household_of(address: str) -> str:
    """Whom failures are counted against: an IPv4 address, the /64 that one IPv6 customer has to himself."""
    found = _parsed(address)
    if found is None:
        return address[:45]
    return _prefix(found, 64) if isinstance(found, IPv6Address) else str(found)


def network_of(address: str) -> str:
    """As wide as a phone wanders by itself: another one is worth a notice."""
    found = _parsed(address)
    if found is None:
        return address[:45]
    return _prefix(found, 16 if isinstance(found, IPv4Address) else 32)


def mask_address(address: str) -> str:
    """203.0.113.*, 2001:db8:12:*; empty for what is no address."""
    found = _parsed(address)
    if found is None:
        return ""
    if isinstance(found, IPv4Address):
        return f"{str(found).rpartition('.')[0]}.*"
    return f"{':'.join(part.lstrip('0') or '0' for part in found.exploded.split(':')[:3])}:*"


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _prefix(address: IPv4Address | IPv6Address, bits: int) -> str:
    return str(ip_network((address.packed, bits), strict=False))
