"""Relays and workers at the outbox: each row handed out once, carried out by one at a time, in order per lane."""

import time
from collections.abc import Callable
from threading import Lock

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import outbox
from hospital_app.flows.unit import perform
from hospital_app.models.operation import OutboxRow
from hospital_app.ports import Rejected, Unreachable
from hospital_app.services import outbox as bookkeeping
from hospital_app.work import Work
from tests.support.house import House
from tests.support.race import race
from tests.support.statements import statements

pytestmark = pytest.mark.timeout(120)

AGAIN = 30


def owe(house: House, count: int, *, lane: str | None = None) -> list[int]:
    """So many rows of kind "note", in order; their ids."""

    def write(work: Work) -> None:
        for which in range(count):
            work.later("note", lane=lane, which=which)

    house.do(write)
    with house.sessions() as session:
        query = select(col(OutboxRow.id)).where(col(OutboxRow.kind) == "note", col(OutboxRow.lane) == lane)
        return [row_id or 0 for row_id in session.scalars(query.order_by(col(OutboxRow.id)))][-count:]


def row(house: House, row_id: int) -> OutboxRow:
    with house.sessions() as session:
        return session.get_one(OutboxRow, row_id)


def handed_out(limit: int = 500) -> list[int]:
    return [row_id for row_id, _, _ in perform(SYSTEM, bookkeeping.hand_out, limit=limit, again_after_seconds=AGAIN)]


class Notes:
    """Carries out rows of kind "note", and notices who else does at the same time."""

    def __init__(self, carry_out: Callable[[int], None] = lambda which: None) -> None:
        self.done: list[int] = []
        self.most_at_once = 0
        self._at_once = 0
        self._carry_out = carry_out
        self._lock = Lock()

    def work_off(self, row_id: int) -> None:
        outbox.work_off(row_id, {"note": self._note})

    def _note(self, *, which: int) -> None:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            time.sleep(0.002)  # long enough for others to come in between
            self._carry_out(which)
            self.done.append(which)
        finally:
            with self._lock:
                self._at_once -= 1


def test_four_relays_at_once_hand_out_each_row_once(mariadb_house: House) -> None:
    ids = owe(mariadb_house, 300)

    def hand_out_until_empty(_: int) -> list[int]:
        mine: list[int] = []
        for _ in range(60):
            mine += handed_out(limit=20)
        return mine

    answers = race(range(4), hand_out_until_empty)
    given = sorted(row_id for answer in answers if isinstance(answer, list) for row_id in answer)
    assert given == ids
    assert [row(mariadb_house, row_id).attempts for row_id in ids[:5]] == [1] * 5


def test_a_quiet_house_is_asked_once_and_without_a_lock(house: House) -> None:
    """The relay looks five times a second: what it asks in vain must cost next to nothing."""
    owe(house, 1)
    house.do(lambda work: work.change(update(OutboxRow).values(done_at=work.now)))
    assert outbox.relay() == 0
    with statements(house.engine) as said:
        assert outbox.relay() == 0
    asked = [each for each in said if each != "BEGIN"]
    assert len(asked) == 1 and asked[0].startswith("SELECT") and "FOR UPDATE" not in asked[0]


def test_twelve_workers_with_one_row_carry_it_out_once(mariadb_house: House) -> None:
    (row_id,) = owe(mariadb_house, 1)
    notes = Notes()
    race([row_id] * 12, notes.work_off)
    assert notes.done == [0]
    assert row(mariadb_house, row_id).done_at is not None


def test_a_lane_is_worked_off_in_order_by_one_at_a_time_whoever_comes_first(mariadb_house: House) -> None:
    ids = owe(mariadb_house, 40, lane="lane")
    notes = Notes()
    race(list(reversed(ids)), notes.work_off, threads=8)
    for row_id in ids:  # what a worker found claimed comes again by itself
        notes.work_off(row_id)
    assert notes.done == list(range(40))
    assert notes.most_at_once == 1


def test_without_the_claim_the_same_race_repeats_work(mariadb_house: House) -> None:
    """Negative control: read that it is not done, then do it."""
    (row_id,) = owe(mariadb_house, 1)
    done: list[int] = []

    def read_then_do(_: int) -> None:
        if row(mariadb_house, row_id).done_at is None:
            time.sleep(0.01)
            done.append(row_id)
            mariadb_house.do(bookkeeping.finish, row_id=row_id)

    race(range(12), read_then_do)
    assert len(done) > 1, "the control must repeat the work, or the race is no race"


def test_a_dead_workers_claim_ends_by_itself(house: House) -> None:
    (row_id,) = owe(house, 1)
    assert house.do(bookkeeping.claim, row_id=row_id, seconds=60) is not None
    notes = Notes()
    house.later(seconds=59)
    notes.work_off(row_id)
    assert notes.done == []
    house.later(seconds=1)
    notes.work_off(row_id)
    assert notes.done == [0]


def test_what_the_queue_lost_comes_again(house: House) -> None:
    (row_id,) = owe(house, 1)
    assert handed_out() == [row_id]
    assert handed_out() == []
    house.later(seconds=AGAIN)
    assert handed_out() == [row_id]
    assert row(house, row_id).attempts == 2


def test_pauses_grow_with_each_failure_and_end_with_success(house: House) -> None:
    (row_id,) = owe(house, 1)
    failing = Notes(lambda which: (_ for _ in ()).throw(Unreachable("down")))
    pauses = []
    for _ in range(6):
        assert handed_out() == [row_id]
        failing.work_off(row_id)
        pauses.append(int((row(house, row_id).run_at - house.now).total_seconds()))
        assert row(house, row_id).last_error == "down"
        house.at(row(house, row_id).run_at)
    assert pauses == [1, 2, 4, 8, 16, 32]
    assert handed_out() == [row_id]
    notes = Notes()
    notes.work_off(row_id)
    assert notes.done == [0]
    assert row(house, row_id).last_error == ""


def test_a_bug_in_a_job_is_written_down_and_tried_again(house: House) -> None:
    (row_id,) = owe(house, 1)
    handed_out()
    Notes(lambda which: (_ for _ in ()).throw(KeyError("oops\nsecond line"))).work_off(row_id)
    assert row(house, row_id).last_error == "KeyError: 'oops\\nsecond line'"
    assert row(house, row_id).failed_at is None


def test_what_is_refused_for_good_is_not_repeated_and_its_lane_goes_on(house: House) -> None:
    first, second = owe(house, 2, lane="lane")
    refusing = Notes(lambda which: (_ for _ in ()).throw(Rejected("400", "never")))
    refusing.work_off(first)
    assert row(house, first).failed_at is not None
    notes = Notes()
    notes.work_off(first)
    assert notes.done == []
    house.later(seconds=AGAIN)
    assert handed_out() == [second]
    notes.work_off(second)
    assert notes.done == [1]
    assert [line for line in house.broken() if f"row {first} " in line] == house.broken() != []


def test_behind_a_stuck_row_nothing_of_its_lane_is_handed_out_and_nothing_else_waits(house: House) -> None:
    """A long outage must not fill the queue with jobs that can only look and go away."""
    stuck = owe(house, 5, lane="stuck")
    free = owe(house, 5, lane="free")
    assert handed_out() == [stuck[0], free[0]]
    Notes(lambda which: (_ for _ in ()).throw(Unreachable("down"))).work_off(stuck[0])
    notes = Notes()
    notes.work_off(free[0])
    assert notes.done == [0, 1, 2, 3, 4], "who finishes a row goes on with its lane"
    assert {row(house, row_id).run_at for row_id in stuck} == {row(house, stuck[0]).run_at}
    house.later(seconds=AGAIN)
    assert handed_out() == [stuck[0]]
    assert [row(house, row_id).attempts for row_id in stuck] == [2, 0, 0, 0, 0]
    notes.work_off(stuck[0])
    assert notes.done[5:] == [0, 1, 2, 3, 4]
