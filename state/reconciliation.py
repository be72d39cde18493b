"""对账: the days of every channel."""

import asyncio
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.flows import reconciliations
from hospital_app.services.reconciliations import DayView
from state import administering
from state.access import handles
from state.difference_rows import DayRow, day_row
from state.live import hub
from state.session import Reader, reader_of
from state.steady import attempt

HERE = "/admin/reconciliation"


class ReconciliationState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    #: How many differences wait for a person, told in words; empty if none does.
    alert: str = ""
    rows: list[DayRow] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SEE_FINANCE, HERE)
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self._show(await asyncio.to_thread(_read, came.reader), came.reader.lang)
        self.loaded = True
        return ReconciliationState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader = await reader_of(self)
        async for _ in hub.changes("reconciliation", every=30.0):
            found = await attempt(partial(_read, reader))
            if found is not None:
                async with self:
                    self._show(found, reader.lang)

    def _show(self, found: list[DayView], lang: str) -> None:
        today = clinic_day(clock.now())
        self.rows = [day_row(day, lang, today=today) for day in found]
        waiting = sum(day.still_open for day in found)
        self.alert = say("有 {count} 条差异待处理，请逐条核实。", lang, count=waiting) if waiting else ""


def _read(reader: Reader) -> list[DayView]:
    return reconciliations.days(reader.actor())
