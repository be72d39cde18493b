"""我的挂号."""

import asyncio

import reflex as rx

from hospital_app import clock
from hospital_app.domain.authority import Right
from hospital_app.flows import booking
from hospital_app.services.appointments import AppointmentView
from state.access import handles
from state.cards import VisitCard, is_coming, visit_card
from state.session import Reader, reader_of, to_signin


class AppointmentsState(rx.State):
    loaded: bool = False
    coming: list[VisitCard] = []
    past: list[VisitCard] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader)
        if seen is None:
            return to_signin(self)
        now = clock.now()
        coming = sorted((s for s in seen if is_coming(s, now=now)), key=lambda s: s.starts_at)
        past = [s for s in seen if not is_coming(s, now=now)]
        self.coming = [visit_card(s, reader.lang, now=now) for s in coming]
        self.past = [visit_card(s, reader.lang, now=now) for s in past]
        self.loaded = True
        return None


def _read(reader: Reader) -> list[AppointmentView] | None:
    actor = reader.actor()
    return booking.listing(actor) if actor.signed_in else None
