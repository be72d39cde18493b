"""交接单: one shift with everything that went into its drawer, to be printed and signed."""

import asyncio

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, may
from hospital_app.flows import shifts
from hospital_app.services.shift_views import Movement, ShiftView
from state import administering, wording
from state.access import handles
from state.figures import Fact
from state.given import an_id
from state.notice import NoticeState
from state.session import Reader, reader_of
from state.shift_rows import MovementRow, movement_row, shift_row


class ShiftSheetState(rx.State):
    loaded: bool = False
    who: str = ""
    #: Seen by the finance office, which has another menu.
    whole: bool = False
    name: str = ""
    note: str = ""
    word: str = ""
    tone: str = "still"
    facts: list[Fact] = []
    movements: list[MovementRow] = []
    waits: bool = False
    printed: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        shift_id = str(self.shift_id)
        came = await administering.entered(self, Right.HAND_OVER, f"/staff/shifts/{shift_id[:12]}")
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self.whole = may(came.actor, Right.SEE_FINANCE)
        await self._read(came.reader, an_id(shift_id))
        self.loaded = True
        return None

    @handles(Right.HAND_OVER)
    async def receive(self):
        reader, wanted = await reader_of(self), an_id(str(self.shift_id))
        await asyncio.to_thread(lambda: shifts.receive(reader.actor(), shift_id=wanted))
        await self._read(reader, wanted)
        return NoticeState.show("已确认接收现金。")

    async def _read(self, reader: Reader, shift_id: int) -> None:
        shift, moved, mine = await asyncio.to_thread(_read, reader, shift_id)
        row = shift_row(shift, reader.lang)
        self.name, self.note, self.word, self.tone = row.name, row.note, row.word, row.tone
        self.facts = [
            Fact(say(name, reader.lang), value, tone)
            for name, value, tone in (
                ("收现金", row.collected, ""),
                ("退现金", row.refunded, ""),
                ("应有现金", row.expected, ""),
                ("实点现金", row.counted, ""),
                ("差额", row.difference, row.difference_tone if shift.difference_fen is not None else ""),
                ("说明", row.remark or "—", ""),
                ("交给", row.receiver, ""),
            )
        ]
        self.movements = [movement_row(each, reader.lang) for each in moved]
        self.waits = mine and shift.closed_at is not None and shift.received_at is None
        self.printed = wording.moment(clock.now())


def _read(reader: Reader, shift_id: int) -> tuple[ShiftView, list[Movement], bool]:
    """And whether it is for this reader to confirm."""
    actor = reader.actor()
    shift = shifts.one(actor, shift_id=shift_id)
    mine = may(actor, Right.SEE_FINANCE) or any(each.id == shift_id for each in shifts.to_receive(actor))
    return shift, shifts.movements(actor, shift_id=shift_id), mine
