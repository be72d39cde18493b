"""Every action that the code records has its name, in both languages, and no name is left over."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hospital_app.catalogue import english
from hospital_app.domain.actions import ACTIONS, named_like
from hospital_app.domain.appointment import CancelReason
from hospital_app.domain.chain import RETIRED, VERIFIED
from hospital_app.domain.change import CHANGE_MOVES
from hospital_app.domain.payment import PAYMENT_MOVES, REFUND_MOVES
from hospital_app.domain.ticket import TicketAction
from hospital_app.domain.waitlist import EntryAction
from hospital_app.services.unmasking import UNMASK

ROOT = Path(__file__).parents[2]
#: Where an action is not a literal: the expression, and what it can be.
COMPUTED: Mapping[tuple[str, str], frozenset[str]] = {
    ("services/capturing.py", "f'payment.{notice.state}'"): frozenset(
        f"payment.{each.to.value}" for each in PAYMENT_MOVES.values()
    ),
    ("services/refunds.py", "f'refund.{entry.to.value}'"): frozenset(
        f"refund.{each.to.value}" for each in REFUND_MOVES.values()
    ),
    # Who leaves the line is told by the appointment's own entry.
    ("services/calling.py", "f'ticket.{action.value}'"): frozenset(
        f"ticket.{each.value}" for each in TicketAction if each is not TicketAction.LEAVE
    ),
    ("services/changes.py", "f'change.{target.value}'"): frozenset(
        f"change.{each.to.value}" for each in CHANGE_MOVES.values()
    ),
    ("services/waitlist_ends.py", "f'waitlist.{action.value}'"): frozenset(
        f"waitlist.{each.value}" for each in EntryAction
    ),
    ("services/releasing.py", "reason.value"): frozenset(
        each.value for each in CancelReason if each is not CancelReason.PATIENT
    ),
    ("services/trail.py", "VERIFIED"): frozenset({VERIFIED}),
    ("services/sealing.py", "RETIRED"): frozenset({RETIRED}),
    ("services/unmasking.py", "UNMASK"): frozenset({UNMASK}),
}
#: Functions that are given the action as a literal: file, name, its place among the arguments.
PASSED_ON = {("services/staffing.py", "_ended", 2), ("services/board.py", "_move", 4)}
#: The journal of work.py itself, which takes what others give.
OF_THE_JOURNAL = {("work.py", "action")}


def recorded() -> Iterator[tuple[str, ast.expr]]:
    """File and first argument of each `.record(...)` of a Work, second of each Deed."""
    for path in sorted((ROOT / "hospital_app").rglob("*.py")):
        name = path.relative_to(ROOT / "hospital_app").as_posix()
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            if isinstance(call.func, ast.Attribute) and call.func.attr == "record":
                if ast.unparse(call.func.value) == "work":
                    yield name, call.args[0]
            elif isinstance(call.func, ast.Name) and call.func.id == "Deed":
                yield name, call.args[1]
            elif isinstance(call.func, ast.Name):
                for file, function, place in PASSED_ON:
                    if (name, call.func.id) == (file, function):
                        yield name, call.args[place]


def actions() -> frozenset[str]:
    found: set[str] = set()
    for file, expression in recorded():
        if isinstance(expression, ast.Constant):
            found.add(expression.value)
            continue
        key = (file, ast.unparse(expression))
        if key in OF_THE_JOURNAL or (key[1] == "action" and any(file == each for each, *_ in PASSED_ON)):
            continue
        assert key in COMPUTED, f"{key}: say here what it can be"
        found |= COMPUTED[key]
    return frozenset(found)


def test_every_action_has_a_name_and_every_name_its_action() -> None:
    assert actions() == ACTIONS.keys()


def test_no_two_actions_share_a_name() -> None:
    assert len(set(ACTIONS.values())) == len(ACTIONS)


@pytest.mark.parametrize("name", ACTIONS.values())
def test_every_name_has_its_english(name: str) -> None:
    assert name in english()


def test_names_are_found_by_their_words() -> None:
    assert named_like("退号", {}) == ["cancel", "suspended"]
    assert named_like("CANCEL VISIT", {"退号": "Cancel visit"}) == ["cancel"]
    assert named_like("没有这个", {}) == []
