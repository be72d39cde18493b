"""The gatekeeper asks who calls, at most twice a second for each session, and counts every call."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
import reflex as rx

import hospital_app.hospital_app
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from state import access
from state.access import Gatekeeper, let_in

assert hospital_app.hospital_app.app  # registers every handler
PREFIX = rx.State.get_full_name()
TAKE_PERSON = f"{PREFIX}.state___me____me_state.take_person"
SHOW = f"{PREFIX}.state___notice____notice_state.show"
PAYLOADS = {SHOW: {"text": "x"}}
PATIENT = Actor(Role.PATIENT, account_id=1)


class Door:
    """A gatekeeper, who it believes to be at the door, and what it has asked."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.asked: list[int] = []
        self.keeper = Gatekeeper(self._who, lambda state: state.session)  # type: ignore[attr-defined]

    def _who(self, _: Any, calls: int) -> Actor:
        self.asked.append(calls)
        return self.actor

    def call(self, name: str, *, session: str = "one", times: int = 1) -> Actor | None:
        async def send() -> Actor | None:
            for _ in range(times):
                event = SimpleNamespace(name=name, payload=PAYLOADS.get(name, {}))
                await self.keeper.preprocess(None, SimpleNamespace(session=session), event)  # type: ignore[arg-type]
            return let_in()

        return asyncio.run(send())


def code_of(door: Door, name: str) -> str:
    with pytest.raises(Refusal) as refused:
        door.call(name)
    return refused.value.code


def test_who_everybody_may_call_asks_nobody() -> None:
    door = Door(ANONYMOUS)
    assert door.call(SHOW) is None and door.asked == []


def test_who_is_let_in_is_told_to_the_handler() -> None:
    assert Door(PATIENT).call(TAKE_PERSON) is PATIENT


def test_arguments_that_do_not_fit_are_refused_after_who_may_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PAYLOADS, TAKE_PERSON, {"surplus": "1"})
    assert code_of(Door(PATIENT), TAKE_PERSON) == "malformed"
    assert code_of(Door(ANONYMOUS), TAKE_PERSON) == "signed_out"


def test_others_are_refused_with_their_reason() -> None:
    assert code_of(Door(ANONYMOUS), TAKE_PERSON) == "signed_out"
    assert code_of(Door(Actor(Role.DOCTOR, staff_id=1)), TAKE_PERSON) == "forbidden"
    assert code_of(Door(Actor(Role.PATIENT, account_id=1, frozen=True)), TAKE_PERSON) == "account_frozen"


@pytest.mark.parametrize("name", ["setvar", f"{PREFIX}.setvar", f"{TAKE_PERSON}_", "", f"{PREFIX}.no.such"])
def test_what_says_nothing_is_refused_to_everybody(name: str) -> None:
    assert code_of(Door(Actor(Role.HOSPITAL_ADMIN, staff_id=1)), name) == "forbidden"


def test_a_row_of_quick_events_asks_once_and_counts_all(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(access, "monotonic", lambda: now[0])
    door = Door(PATIENT)
    door.call(TAKE_PERSON, times=7)
    assert door.asked == [1]
    now[0] = 0.49
    door.call(TAKE_PERSON, session="another")
    assert door.asked == [1, 1]
    now[0] = 0.5
    door.actor = ANONYMOUS
    assert code_of(door, TAKE_PERSON) == "signed_out", "half a second later the stores are asked again"
    assert door.asked == [1, 1, 7]


def test_it_does_not_remember_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "REMEMBERED", 3)
    door = Door(PATIENT)
    for n in range(10):
        door.call(TAKE_PERSON, session=str(n))
    assert list(door.keeper.admitted) == ["7", "8", "9"]
