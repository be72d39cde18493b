"""No test reaches past this machine: a guard that no library can go around."""

import ipaddress
import sys
from typing import Any

LOCAL_NAMES = {"localhost", "", None}


class PastLoopback(AssertionError):
    """Something in a test tried to leave the machine."""


def forbid_the_network() -> None:
    """Lasts as long as the process: audit hooks cannot be removed."""
    sys.addaudithook(_refuse_remote)


def _refuse_remote(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not _local(address[0]):
            raise PastLoopback(f"{event} to {address}")
    elif event == "socket.getaddrinfo" and not _local(arguments[0]):
        raise PastLoopback(f"look-up of {arguments[0]!r}")


def _local(host: Any) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in LOCAL_NAMES:
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return str(name).endswith(".localhost")
    return address.is_loopback or address.is_unspecified
