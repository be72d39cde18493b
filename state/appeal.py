"""冻结与申诉: why one's own account may not book for a while, and what one answers to it."""

import asyncio

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import misuse
from hospital_app.services.appeals import LIFTED
from hospital_app.services.freezing import FreezeView
from state.access import handles
from state.given import a_form
from state.session import Reader, reader_of, to_signin
from state.wording import moment

LONGEST = 500


class AppealState(rx.State):
    """`active`: the account is frozen now; `known`: it is, or was within the last month."""

    loaded: bool = False
    known: bool = False
    active: bool = False
    reason: str = ""
    frozen_at: str = ""
    until: str = ""
    may_appeal: bool = False
    appeal: str = ""
    appealed_at: str = ""
    #: What was decided, as a word; empty while the appeal is open.
    outcome: str = ""
    answer: str = ""
    error: str = ""

    @handles(Right.OWN_SCREEN)
    async def glance(self):
        """For the banner of other pages."""
        reader = await reader_of(self)
        self._show(await asyncio.to_thread(_read, reader), reader.lang)

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        if (await asyncio.to_thread(reader.actor)).account_id is None:
            return to_signin(self)
        self._show(await asyncio.to_thread(_read, reader), reader.lang)
        self.error, self.loaded = "", True
        return None

    @handles(Right.APPEAL)
    async def send(self, form: dict):
        reader = await reader_of(self)
        text = a_form(form).get("text")
        text = text.strip() if isinstance(text, str) else ""
        if not 1 <= len(text) <= LONGEST:
            self.error = say("请写下申诉理由，最多 500 字。", reader.lang)
            return
        self.error = ""
        self._show(await asyncio.to_thread(_appeal, reader, text), reader.lang)

    def _show(self, seen: FreezeView | None, lang: str) -> None:
        self.known = seen is not None
        self.active = seen is not None and seen.active
        if seen is None:
            return
        self.reason = say(seen.reason, lang)  # the system's own is in the catalogue
        self.frozen_at, self.until = moment(seen.frozen_at), moment(seen.lifted_at or seen.until)
        self.may_appeal = seen.may_appeal
        self.appeal = seen.appeal
        self.appealed_at = moment(seen.appealed_at) if seen.appealed_at else ""
        word = {LIFTED: "解除冻结"}.get(seen.decision, "维持冻结") if seen.decision else ""
        self.outcome = say(word, lang) if word else ""
        self.answer = seen.answer


def _read(reader: Reader) -> FreezeView | None:
    """None also for somebody who is not signed in as a patient."""
    actor = reader.actor()
    return misuse.own_freeze(actor) if actor.account_id is not None else None


def _appeal(reader: Reader, text: str) -> FreezeView:
    return misuse.appeal(reader.actor(), text=text)
