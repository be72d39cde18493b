"""Who calls: the session's token, and the address that it came from."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hospital_app.container import container
from hospital_app.domain.identity import Actor
from hospital_app.flows import signin

FORWARDED_MAX = 20

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


@dataclass(slots=True)
class Visitor:
    """A caller, not yet looked up: `actor()` asks the database, once a request, and belongs into a thread."""

    token: str | None
    address: str
    terminal: str
    user_agent: str
    known: Actor | None = None

    def actor(self) -> Actor:
        """ANONYMOUS unless the token is a living session."""
        if self.known is None:
            self.known = signin.actor_of_token(self.token, address=self.address, terminal=self.terminal)
        return self.known


async def visitor(request: Request, bearer: Bearer) -> Visitor:
    """`Authorization: Bearer` goes before the cookie; writes with a cookie are checked in origin.py."""
    return Visitor(
        token=bearer.credentials if bearer else request.cookies.get(container().settings.session_cookie),
        address=address_of(request),
        terminal="api" if bearer else "web",
        user_agent=request.headers.get("user-agent", ""),
    )


Caller = Annotated[Visitor, Depends(visitor)]


def address_of(request: Request) -> str:
    """The nearest address that is not one of our proxies; only they are believed about whom they speak for."""
    address = request.client.host if request.client else ""
    trusted = _networks(tuple(container().settings.trusted_proxies))
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")[-FORWARDED_MAX:]
    for hop in reversed([hop.strip() for hop in hops if hop.strip()]):
        if not _among(address, trusted) or not _is_address(hop):
            break
        address = hop
    return address


@lru_cache(maxsize=4)
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts)


def _among(address: str, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
