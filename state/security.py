"""账号与安全."""

import asyncio

import reflex as rx

from hospital_app.domain.authority import Right
from hospital_app.flows import account
from hospital_app.services.accounts import AccountView
from state.access import handles
from state.session import Reader, reader_of, to_signin


class SecurityState(rx.State):
    loaded: bool = False
    phone: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader)
        if seen is None:
            return to_signin(self)
        self.phone = seen.phone_masked
        self.loaded = True
        return None


def _read(reader: Reader) -> AccountView | None:
    """None for somebody who is not signed in as a patient."""
    actor = reader.actor()
    return account.own(actor) if actor.account_id is not None else None
