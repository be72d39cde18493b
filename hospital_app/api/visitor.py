"""Who calls: the session's token, and the address that it came from."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from hospital_app.container import container
from hospital_app.domain.addresses import client_address
from hospital_app.domain.devices import MARK
from hospital_app.domain.identity import Actor
from hospital_app.flows import signin

#: What a client that keeps no cookies says of itself: the `device` that its first sign-in answered.
DEVICE_HEADER = "X-Guahao-Device"

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


@dataclass(slots=True)
class Visitor:
    """A caller, not yet looked up: `actor()` asks the database, once a request, and belongs into a thread."""

    token: str | None
    address: str
    terminal: str
    user_agent: str
    device: str = ""
    #: A page's own call: no script can take this header away, and over TLS every browser sends it.
    browser: bool = False
    known: Actor | None = None

    def actor(self) -> Actor:
        """ANONYMOUS unless the token is a living session."""
        if self.known is None:
            self.known = signin.actor_of_token(
                self.token, address=self.address, terminal=self.terminal, device=self.device
            )
        return self.known


async def visitor(request: Request, bearer: Bearer) -> Visitor:
    """`Authorization: Bearer` goes before the cookie; writes with a cookie are checked in origin.py."""
    return Visitor(
        token=bearer.credentials if bearer else request.cookies.get(container().settings.session_cookie),
        address=address_of(request),
        terminal="api" if bearer else "web",
        user_agent=request.headers.get("user-agent", ""),
        device=device_of(request),
        browser="sec-fetch-site" in request.headers,
    )


def device_of(request: Request) -> str:
    """Empty for one that we cannot have named."""
    said = request.headers.get(DEVICE_HEADER) or request.cookies.get(container().settings.device_cookie, "")
    return said if MARK.fullmatch(said) else ""


Caller = Annotated[Visitor, Depends(visitor)]


def address_of(request: Request) -> str:
    """Ours, or that of whom a proxy of ours speaks for."""
    peer = request.client.host if request.client else ""
    forwarded = request.headers.getlist("x-forwarded-for")
    return client_address(peer, forwarded, trusted_proxies=container().settings.trusted_proxies)
