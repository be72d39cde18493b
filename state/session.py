"""Who is at the other end, and in which language."""

import asyncio
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

import reflex as rx
from reflex.state import BaseState

from hospital_app.domain.addresses import client_address
from hospital_app.domain.devices import MARK
from hospital_app.domain.identity import Actor
from hospital_app.flows import budgets, signin
from hospital_app.settings import get_settings
from state import live
from state.access import let_in


class Session(rx.State):
    """语言与医院. `lang` lives in the browser; switching it reloads the page."""

    lang: str = rx.LocalStorage("zh", name="guahao_lang")
    hospital: str = get_settings().hospital_name
    phone: str = get_settings().hospital_phone


@dataclass(frozen=True)
class Reader:
    """Whose screen this is: the language, and the session that is asked afresh at every reading."""

    lang: str
    token: str
    address: str
    device: str = ""

    def actor(self) -> Actor:
        """Asks the database, unless who was let in for this event is known: call it in a thread."""
        return let_in() or signin.actor_of_token(self.token, address=self.address, device=self.device)


async def reader_of(state: rx.State) -> Reader:
    """From the cookie of the socket's handshake, never from what the client says."""
    session, token = await state.get_state(Session), _session_token(state)
    live.read_as(token)
    return Reader(session.lang, token, address_of(state), device_of(state))


async def actor_of(state: rx.State) -> Actor:
    """Who acts, asked afresh."""
    return await asyncio.to_thread((await reader_of(state)).actor)


async def lang_of(state: rx.State) -> str:
    return (await state.get_state(Session)).lang


def to_signin(state: rx.State) -> rx.event.EventSpec:
    """Sign in first, then come back to this page."""
    url = state.router.url
    here = url.path + (f"?{url.query}" if url.query else "")
    return rx.redirect(f"/signin?next={quote(here, safe='')}")


def asked(state: rx.State, name: str) -> str:
    """A parameter of the address's query; empty if it is not there."""
    return str(state.router.url.query_parameters.get(name, ""))[:200]


def who(state: BaseState, calls: int) -> Actor:
    """The gatekeeper's question, for any state of the tree; so many calls are counted against the budgets. Blocks."""
    token = _session_token(state)
    actor = signin.actor_of_token(token, address=address_of(state), device=device_of(state))
    budgets.spend(actor, token=token, calls=calls)
    return actor


def whose(state: BaseState) -> str:
    """What tells callers apart without asking anybody: their session and their address."""
    return f"{_session_token(state)} {address_of(state)}"


def address_of(state: BaseState) -> str:
    """Where the socket comes from, or whom a proxy of ours speaks for."""
    peer = state.router.session.client_ip
    forwarded = state.router.headers.raw_headers.get("x-forwarded-for", "")
    return client_address(peer, [forwarded], trusted_proxies=get_settings().trusted_proxies)


def device_of(state: BaseState) -> str:
    """Empty for one that we cannot have named."""
    said = cookie_of(state, get_settings().device_cookie)
    return said if MARK.fullmatch(said) else ""


def cookie_of(state: BaseState, name: str) -> str:
    """A cookie that the socket's handshake brought; empty if it brought none of this name."""
    try:
        jar = SimpleCookie(state.router.headers.cookie)
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def _session_token(state: BaseState) -> str:
    return cookie_of(state, get_settings().session_cookie)
