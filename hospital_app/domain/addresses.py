"""From which address somebody comes, when proxies stand between."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

FORWARDED_MAX = 20


def client_address(peer: str, forwarded: Sequence[str], *, trusted_proxies: Sequence[str]) -> str:
    """The nearest address that is not one of our proxies; only they are believed about whom they speak for.

    `forwarded`: the X-Forwarded-For headers in their order.
    """
    trusted = _networks(tuple(trusted_proxies))
    hops = ",".join(forwarded).split(",")[-FORWARDED_MAX:]
    address = peer
    for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
        if not _among(address, trusted) or not _is_address(hop):
            break
        address = hop
    return address


@lru_cache(maxsize=4)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


@lru_cache(maxsize=4096)
def _among(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


@lru_cache(maxsize=4096)
def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
