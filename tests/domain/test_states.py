"""The state machines, enumerated: what may happen, what may not, and the drawing of them in docs/states.md."""

from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from hospital_app.domain.appointment import MOVES, Status
from hospital_app.domain.change import CHANGE_MOVES, DISPLACEMENT_MOVES, ChangeStatus, DisplacementStatus
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Role
from hospital_app.domain.invoicing import INVOICE_MOVES, InvoiceStatus
from hospital_app.domain.machine import Move, move, open_actions
from hospital_app.domain.payment import PAYMENT_MOVES, REFUND_MOVES, PaymentStatus, RefundStatus
from hospital_app.domain.settlement import SETTLEMENT_MOVES, SettlementStatus
from hospital_app.domain.ticket import TICKET_MOVES, TicketStatus
from hospital_app.domain.waitlist import ENTRY_MOVES, EntryStatus

MACHINES: dict[str, tuple[type[StrEnum], Mapping[Any, Move[Any]]]] = {
    "Appointment": (Status, MOVES),
    "Ticket": (TicketStatus, TICKET_MOVES),
    "Payment": (PaymentStatus, PAYMENT_MOVES),
    "InsuranceSettlement": (SettlementStatus, SETTLEMENT_MOVES),
    "Refund": (RefundStatus, REFUND_MOVES),
    "Invoice": (InvoiceStatus, INVOICE_MOVES),
    "ScheduleChange": (ChangeStatus, CHANGE_MOVES),
    "Displacement": (DisplacementStatus, DISPLACEMENT_MOVES),
    "WaitlistEntry": (EntryStatus, ENTRY_MOVES),
}
DRAWN = Path(__file__).parents[2] / "docs" / "states.md"


def drawing() -> str:
    """The text of docs/states.md below its heading."""
    parts = []
    for name, (_, moves) in MACHINES.items():
        lines = [f"## {name}", "```mermaid", "stateDiagram-v2"]
        for action, entry in moves.items():
            by = ", ".join(sorted(role.value for role in entry.by))
            lines += [
                f"  {source.value} --> {entry.to.value}: {action.value} ({by})" for source in sorted(entry.sources)
            ]
        parts.append("\n".join([*lines, "```"]))
    return "\n\n".join(parts) + "\n"


def test_the_docs_draw_what_the_tables_say() -> None:
    """After a change of a table: write `drawing()` below the line of docs/states.md."""
    assert DRAWN.read_text().partition("---\n")[2].strip() == drawing().strip()


@pytest.mark.parametrize("name", MACHINES)
def test_every_action_from_every_status_by_every_role_is_open_or_refused(name: str) -> None:
    statuses, moves = MACHINES[name]
    for status, action, role in product(statuses, moves, Role):
        entry = moves[action]
        if role in entry.by and status in entry.sources:
            assert move(moves, status, action, role) is entry.to
            assert action in open_actions(moves, status, role)
        else:
            with pytest.raises(Refusal) as refused:
                move(moves, status, action, role)
            assert refused.value.code == ("wrong_status" if role in entry.by else "forbidden")
            assert action not in open_actions(moves, status, role)


def test_nothing_leaves_an_end() -> None:
    """Ends stay ends - but for the hold that expired a moment before its money came."""
    leaving = {(source.value, action.value) for action, e in MOVES.items() for source in e.sources}
    ends = {Status.FULFILLED, Status.NOSHOW, Status.CANCELLED}
    assert {(s, a) for s, a in leaving if s in ends} == {("cancelled", "revive")}


def test_nobody_signed_out_may_do_anything() -> None:
    for _, moves in MACHINES.values():
        assert all(Role.ANONYMOUS not in entry.by for entry in moves.values())
