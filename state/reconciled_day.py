"""一天的对账 (`/admin/reconciliation/day?channel=&on=`): differences with both sides, their history, what to do."""

import asyncio
from datetime import date
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import not_found
from hospital_app.flows import reconciliations
from hospital_app.services.reconciliations import DayView, DifferenceView
from state import administering
from state.access import handles
from state.difference_rows import DayRow, DifferenceRow, StepRow, day_row, difference_row, step_rows
from state.given import a_form, a_text, an_id
from state.live import hub
from state.notice import NoticeState
from state.reconciliation import HERE
from state.session import Reader, asked, reader_of
from state.steady import attempt

Seen = tuple[DayView, list[DifferenceView]]
Key = tuple[str, date]


class ReconciledDayState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    title: str = ""
    day: list[DayRow] = []
    rows: list[DifferenceRow] = []
    #: The difference that is looked at, and what was done about it.
    chosen: str = ""
    steps: list[StepRow] = []
    payment: str = ""
    note_error: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SEE_FINANCE, HERE)
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self._show(await asyncio.to_thread(_read, came.reader, _key(self)), came.reader.lang)
        self.loaded = True
        return ReconciledDayState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader, key = await reader_of(self), _key(self)
        async for _ in hub.changes("reconciliation", every=30.0):
            seen = await attempt(partial(_read, reader, key))
            if seen is not None:
                async with self:
                    self._show(seen, reader.lang)

    @handles(Right.SEE_FINANCE)
    async def choose(self, difference_id: str):
        """Open one difference with its history; close it if it is open."""
        reader, wanted = await reader_of(self), an_id(difference_id)
        if self.chosen == str(wanted):
            self.chosen, self.steps = "", []
            return
        history = await asyncio.to_thread(lambda: reconciliations.history(reader.actor(), difference_id=wanted))
        self.chosen, self.note_error = str(wanted), ""
        self.steps = step_rows(history, reader.lang)
        self.payment = next((piece.number for piece in history.pieces if piece.subject == "payment"), "")

    @handles(Right.MANAGE_FINANCE)
    async def resolve(self, form: dict):
        reader, form = await reader_of(self), a_form(form)
        wanted, how = an_id(form.get("difference_id")), a_text(form.get("resolution", ""))
        note = a_text(form.get("note", "")).strip()
        self.note_error = "" if note else say("请写明核实的情况和处理依据", reader.lang)
        if not note:
            return None
        await asyncio.to_thread(
            lambda: reconciliations.resolve(reader.actor(), difference_id=wanted, resolution=how, note=note)
        )
        self.chosen, self.steps = "", []
        self._show(await asyncio.to_thread(_read, reader, _key(self)), reader.lang)
        return NoticeState.show("已记录处理结果。")

    @handles(Right.MANAGE_FINANCE)
    async def run_again(self):
        reader, (channel, on) = await reader_of(self), _key(self)
        await asyncio.to_thread(lambda: reconciliations.run_again(reader.actor(), channel=channel, on=on))
        return NoticeState.show("正在重新取账单核对，完成后本页自动更新。")

    @handles(Right.SEE_FINANCE)
    async def export(self):
        reader, (channel, on) = await reader_of(self), _key(self)
        content = await asyncio.to_thread(lambda: reconciliations.export(reader.actor(), channel=channel, on=on))
        return rx.download(data=content, filename=f"reconciliation-{channel}-{on}.xlsx")

    def _show(self, seen: Seen, lang: str) -> None:
        found, differences = seen
        row = day_row(found, lang, today=clinic_day(clock.now()))
        self.title, self.day = f"{row.channel} · {row.day}", [row]
        self.rows = [difference_row(each, lang) for each in differences]


def _key(state: rx.State) -> Key:
    try:
        return asked(state, "channel"), date.fromisoformat(asked(state, "on"))
    except ValueError:
        raise not_found("这一天的对账") from None


def _read(reader: Reader, key: Key) -> Seen:
    return reconciliations.day(reader.actor(), channel=key[0], on=key[1])
