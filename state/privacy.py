"""隐私与数据：what was agreed to, and what stands in the way of closing the account."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.consent import WORDINGS, ConsentKind
from hospital_app.flows import account, privacy
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.consents import ConsentView
from hospital_app.services.leaving import Obstacles
from state.access import handles
from state.given import an_id
from state.session import Reader, reader_of, to_signin


@dataclass(frozen=True)
class ConsentRow:
    """One consent; `open`: it stands and can be taken back."""

    id: str
    title: str
    when: str
    word: str
    tone: str
    open: bool


class PrivacyState(rx.State):
    loaded: bool = False
    agreed: bool = False
    consents: list[ConsentRow] = []
    #: Why the account cannot be closed now, one sentence each; empty: it can.
    obstacles: list[str] = []
    #: Signed in a moment ago; else nothing is taken and nothing is closed.
    proved: bool = True
    keep_years: int = 0

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader, self.keep_years = await reader_of(self), rules_known().keep_appointment_years
        found = await asyncio.to_thread(_read, reader)
        if found is None:
            return to_signin(self)
        self._show(*found, reader.lang)
        self.loaded = True
        return None

    @handles(Right.OWN_PRIVACY)
    async def agree(self):
        reader = await reader_of(self)
        found = await asyncio.to_thread(_agree, reader)
        if found is not None:
            self._show(*found, reader.lang)

    @handles(Right.OWN_PRIVACY)
    async def withdraw(self, consent_id: str):
        reader = await reader_of(self)
        found = await asyncio.to_thread(_withdraw, reader, an_id(consent_id))
        if found is not None:
            self._show(*found, reader.lang)

    def _show(self, consents: list[ConsentView], agreed: bool, found: Obstacles, proved: bool, lang: str) -> None:
        self.agreed, self.proved = agreed, proved
        self.consents = [_row(each, lang) for each in consents]
        self.obstacles = _sentences(found, lang)


Seen = tuple[list[ConsentView], bool, Obstacles, bool]


def _read(reader: Reader) -> Seen | None:
    """None for somebody who has to sign in first."""
    actor = reader.actor()
    if actor.account_id is None:
        return None
    proved = account.proved_recently(actor)
    return privacy.listing(actor), privacy.has_agreed(actor), privacy.obstacles(actor), proved


def _agree(reader: Reader) -> Seen | None:
    privacy.agree(reader.actor(), kind=ConsentKind.HEALTH_DATA)
    return _read(reader)


def _withdraw(reader: Reader, consent_id: int) -> Seen | None:
    privacy.withdraw(reader.actor(), consent_id=consent_id)
    return _read(reader)


def _row(view: ConsentView, lang: str) -> ConsentRow:
    title = say(WORDINGS[ConsentKind(view.kind)].title, lang)
    if view.patient_name:
        title = say("{title}：{name}", lang, title=title, name=view.patient_name)
    stands = view.withdrawn_at is None
    when = view.given_at if view.withdrawn_at is None else view.withdrawn_at
    return ConsentRow(
        id=str(view.id),
        title=title,
        when=clinic_day(when).isoformat(),
        word=say("已同意" if stands else "已撤回", lang),
        tone="ok" if stands else "still",
        open=stands,
    )


def _sentences(found: Obstacles, lang: str) -> list[str]:
    counted = {
        "还有 {count} 个未完成的挂号：请先退号，或就诊之后再来。": len(found.appointments),
        "还有 {count} 笔付款正在确认：请过几分钟再来。": len(found.payments),
        "还有 {count} 笔退款没有到账：到账后再来。": len(found.refunds),
    }
    return [say(sentence, lang, count=count) for sentence, count in counted.items() if count]
