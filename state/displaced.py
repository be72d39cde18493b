"""停诊后的选择: three equal doctors by one tap, or the whole money."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal
from hospital_app.domain.on_behalf import Reason
from hospital_app.flows import changes
from hospital_app.services.displaced import DisplacementView
from hospital_app.services.equal_clinics import Offer
from state import week, wording
from state.access import handles
from state.appointment import AppointmentState
from state.given import a_text
from state.notice import NoticeState
from state.on_behalf import reason_for
from state.session import Reader, reader_of


@dataclass(frozen=True)
class OfferRow:
    """One thing to tap."""

    key: str
    who: str
    when: str
    note: str


class DisplacedState(rx.State):
    shown: bool = False
    until: str = ""
    offers: list[OfferRow] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        """Nothing for whoever may not see it, and for a clinic that takes place."""
        self.reset()
        reader = await reader_of(self)
        self._show(await asyncio.to_thread(_read, reader, str(self.no)), reader.lang)

    @handles(Right.BOOK)
    async def move(self, key: str):
        reader = await reader_of(self)
        try:
            await asyncio.to_thread(_move, reader, str(self.no), a_text(key), await reason_for(self, str(self.no)))
        except Refusal as refusal:
            if refusal.code != "slot_taken":
                raise
            self._show(await asyncio.to_thread(_read, reader, str(self.no)), reader.lang)
            return NoticeState.show("这个时段的号刚刚被约完，已为您更新可改的时段。")
        return [AppointmentState.load, NoticeState.show("已改到新的门诊，费用不变，请按新的时段到院签到。")]

    @handles(Right.CANCEL)
    async def refund(self):
        reader = await reader_of(self)
        await asyncio.to_thread(_refund, reader, str(self.no), await reason_for(self, str(self.no)))
        return [AppointmentState.load, NoticeState.show("已全额退款，钱会原路退回。")]

    def _show(self, seen: DisplacementView | None, lang: str) -> None:
        self.shown = seen is not None and seen.status == "open"
        self.offers = [_row(offer, lang) for offer in seen.offers] if seen else []
        if seen is not None:
            until = seen.decide_until
            self.until = f"{wording.day(clinic_day(until), lang)} {wording.clock_time(until)}"


def _row(offer: Offer, lang: str) -> OfferRow:
    who = wording.doctor(offer.doctor_name, offer.doctor_title, lang)
    return OfferRow(
        key=week.period_key(offer.schedule_id, offer.starts_at),
        who=who,
        when=wording.when(offer.starts_at, offer.ends_at, lang, now=clock.now()),
        note=f"{wording.room(offer.room, lang)} · {say('余 {left} 个号', lang, left=offer.left)}",
    )


def _read(reader: Reader, no: str) -> DisplacementView | None:
    try:
        return changes.displacement(reader.actor(), no=no)
    except Refusal:
        return None


def _move(reader: Reader, no: str, key: str, reason: Reason | None) -> None:
    schedule_id, starts_at = week.read_period(key)
    changes.move(reader.actor(), no=no, schedule_id=schedule_id, starts_at=starts_at, reason=reason)


def _refund(reader: Reader, no: str, reason: Reason | None) -> None:
    changes.refund(reader.actor(), no=no, reason=reason)
