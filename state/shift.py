"""班次与交接: the drawer of the clerk at work, its count, and what colleagues hand over."""

import asyncio

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import shifts
from hospital_app.services.shift_views import Colleague, Movement, ShiftView
from state import administering, wording
from state.access import handles
from state.administering import Option
from state.given import a_fee, a_form, a_text, an_id
from state.notice import NoticeState
from state.session import Reader, reader_of
from state.shift_rows import MovementRow, ShiftRow, movement_row, shift_row

HERE = "/staff/shift"


class ShiftState(rx.State):
    loaded: bool = False
    who: str = ""
    #: The open shift; its id is empty between two shifts.
    shift: str = ""
    since: str = ""
    collected: str = ""
    collected_note: str = ""
    refunded: str = ""
    refunded_note: str = ""
    expected: str = ""
    movements: list[MovementRow] = []
    colleagues: list[Option] = []
    incoming: list[ShiftRow] = []
    past: list[ShiftRow] = []
    counted_error: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.REGISTER, HERE)
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        await self._read(came.reader)
        self.loaded = True
        return None

    @handles(Right.REGISTER)
    async def begin(self):
        reader = await reader_of(self)
        await asyncio.to_thread(lambda: shifts.begin(reader.actor()))
        await self._read(reader)

    @handles(Right.REGISTER)
    async def close(self, form: dict):
        """The drawer was counted; afterwards the sheet is there to be signed."""
        reader, given = await reader_of(self), a_form(form)
        counted = a_text(given.get("counted", "")).strip()
        self.counted_error = "" if counted else say("请填写这一项", reader.lang)
        if self.counted_error:
            return None
        closed = await asyncio.to_thread(
            _close,
            reader,
            an_id(self.shift or 0),
            a_fee(counted),
            an_id(given.get("handed_to") or 0) or None,
            a_text(given.get("note", "")),
        )
        await self._read(reader)
        return rx.redirect(f"/staff/shifts/{closed.id}")

    @handles(Right.HAND_OVER)
    async def receive(self, shift_id: str):
        reader, wanted = await reader_of(self), an_id(shift_id)
        await asyncio.to_thread(lambda: shifts.receive(reader.actor(), shift_id=wanted))
        await self._read(reader)
        return NoticeState.show("已确认接收现金。")

    async def _read(self, reader: Reader) -> None:
        shift, moved, people, waiting, past = await asyncio.to_thread(_read, reader)
        self.counted_error = ""
        self.shift = str(shift.id) if shift else ""
        self.movements = [movement_row(each, reader.lang) for each in reversed(moved)]
        self.colleagues = [Option(str(each.staff_id), f"{each.name} {each.staff_no}") for each in people]
        self.incoming = [shift_row(each, reader.lang) for each in waiting]
        self.past = [shift_row(each, reader.lang) for each in past]
        if shift:
            self.since = wording.moment(shift.opened_at)
            self.collected, self.refunded = wording.money(shift.collected_fen), wording.money(shift.refunded_fen)
            self.collected_note = say("{count} 笔", reader.lang, count=shift.collected_count)
            self.refunded_note = say("{count} 笔", reader.lang, count=shift.refunded_count)
            self.expected = wording.money(shift.expected_fen)


def _read(
    reader: Reader,
) -> tuple[ShiftView | None, list[Movement], list[Colleague], list[ShiftView], list[ShiftView]]:
    actor = reader.actor()
    shift = shifts.mine(actor)
    moved = shifts.movements(actor, shift_id=shift.id) if shift else []
    return shift, moved, shifts.colleagues(actor), shifts.to_receive(actor), shifts.history(actor)


def _close(reader: Reader, shift_id: int, counted_fen: int, handed_to: int | None, note: str) -> ShiftView:
    return shifts.close(reader.actor(), shift_id=shift_id, counted_fen=counted_fen, handed_to=handed_to, note=note)
