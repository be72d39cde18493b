"""What the notice line of every page says."""

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import signed_out
from state.access import handles
from state.session import Session


class NoticeState(rx.State):
    """One sentence for the user: a refusal, or that something went wrong."""

    text: str = ""
    #: Counts the notices, so that the same sentence twice is announced twice.
    serial: int = 0
    #: It says that one has to sign in: the browser goes there (assets/guahao.js).
    signed_out: bool = False

    @handles(Right.OWN_SCREEN)
    async def show(self, text: str, values: dict[str, str] | None = None):
        """`text` is a sentence of the catalogue, `values` fill its blanks."""
        session = await self.get_state(Session)
        filling = values if isinstance(values, dict) else {}
        self.text = say(str(text)[:400], session.lang, **{str(k): str(v)[:100] for k, v in filling.items()})[:600]
        self.signed_out = text == signed_out().template
        self.serial += 1

    @handles(Right.OWN_SCREEN)
    async def dismiss(self):
        self.text = ""
