"""全院班次: a day's shifts at the windows, for the finance office."""

import asyncio
from datetime import date

import reflex as rx

from hospital_app import clock
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.flows import shifts
from state import administering
from state.access import handles
from state.given import a_day
from state.session import Reader, reader_of
from state.shift_rows import ShiftRow, shift_row


class ShiftsState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    on: str = ""
    rows: list[ShiftRow] = []
    #: Handed to the finance office, of whatever day.
    incoming: list[ShiftRow] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SEE_FINANCE, "/admin/shifts")
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        await self._read(came.reader, clinic_day(clock.now()))
        self.loaded = True
        return None

    @handles(Right.SEE_FINANCE)
    async def choose(self, day: str):
        await self._read(await reader_of(self), a_day(day))

    async def _read(self, reader: Reader, on: date) -> None:
        found = await asyncio.to_thread(lambda: shifts.of_day(reader.actor(), on=on))
        waiting = await asyncio.to_thread(lambda: shifts.to_receive(reader.actor()))
        self.on = on.isoformat()
        self.rows = [shift_row(each, reader.lang) for each in found]
        self.incoming = [shift_row(each, reader.lang) for each in waiting]
