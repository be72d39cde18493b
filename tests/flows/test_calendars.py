"""号源日历 kept ready in a real Redis: no database while nothing changes, and never older than what was committed."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from hospital_app.adapters.redis_calendars import BUILDS_A_SECOND, BUILDS_IN_A_ROW, KEPT_SECONDS
from hospital_app.api.catalog import Calendar as Answered
from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import ANONYMOUS
from hospital_app.flows import booking, calendar_reads, calendars, catalog
from hospital_app.flows.reading import look
from hospital_app.models.booking import Slot
from hospital_app.services import calendars as truth
from tests.support.builders import a_doctor, a_patient, a_schedule, an_account, first_period
from tests.support.house import House, patient_actor
from tests.support.servers import restart, start_redis
from tests.support.statements import statements
from tests.support.waiting import wait_until


def clinic(house: House, **wanted: int) -> tuple[str, int]:
    """A provider and its schedule of tomorrow morning."""
    doctor_id = a_doctor(house.sessions)
    return f"doctor:{doctor_id}", a_schedule(house.sessions, doctor_id=doctor_id, **wanted)


def first_left(provider: str) -> int:
    return catalog.calendar(provider=provider).cells[0].left


def hold(house: House, schedule_id: int) -> str:
    account_id = an_account(house.sessions)
    patient_id = a_patient(house.sessions, account_id=account_id)
    wish = HoldRequest(account_id, patient_id, schedule_id, first_period(), key="k")
    return booking.hold_one(patient_actor(account_id), wish)


def test_who_asks_again_asks_no_database(sqlite_house: House) -> None:
    provider, _ = clinic(sqlite_house)
    first = catalog.calendar(provider=provider)
    with statements(sqlite_house.engine) as seen:
        assert catalog.calendar(provider=provider) == first
    assert seen == []
    assert first == look(ANONYMOUS, truth.calendar, provider=provider)


def test_bytes_are_what_the_documented_shape_says(sqlite_house: House) -> None:
    provider, _ = clinic(sqlite_house)
    body = catalog.kept_calendar(provider=provider, days=7).body
    answered = Answered.model_validate_json(body, strict=False)
    assert json.loads(body) == answered.model_dump(mode="json")


def test_a_hold_shows_at_once_and_its_end_too(sqlite_house: House) -> None:
    house = sqlite_house
    provider, schedule_id = clinic(house, per_period=2)
    assert first_left(provider) == 2
    no = hold(house, schedule_id)
    assert first_left(provider) == 1
    house.later(minutes=15)  # nobody has tidied up
    assert first_left(provider) == 2
    booking.expire(nos=[no])
    assert first_left(provider) == 2


def test_a_change_while_it_is_built_makes_it_old(sqlite_house: House) -> None:
    house = sqlite_house
    provider, schedule_id = clinic(house)
    shelf = house.container.calendars
    for known_before in (False, True):
        seen = shelf.look(provider, 7)
        assert seen is not None
        kept, found = calendars._built(provider, 7, version=seen.version)
        shelf.changed([schedule_id])
        shelf.keep(provider, 7, kept, found.schedule_ids)
        after = shelf.look(provider, 7)
        assert after is not None and not after.fresh, known_before
    assert calendars.current(provider, 7).version == 1


def test_a_change_that_nobody_told_shows_within_two_seconds(sqlite_house: House) -> None:
    house = sqlite_house
    provider, schedule_id = clinic(house)
    before = first_left(provider)
    with house.sessions.begin() as session:
        session.execute(update(Slot).where(col(Slot.schedule_id) == schedule_id).values(status="busy"))
    wait_until(lambda: first_left(provider) != before, seconds=KEPT_SECONDS + 0.5, what="the change in the calendar")


def test_an_opening_is_not_missed(sqlite_house: House) -> None:
    house = sqlite_house
    doctor_id = a_doctor(house.sessions)
    a_schedule(house.sessions, doctor_id=doctor_id, released_at=house.now + timedelta(seconds=5))
    states = lambda: {c.state for c in catalog.calendar(doctor_id=doctor_id).cells}  # noqa: E731
    assert states() == {"unreleased"}
    house.later(seconds=4)
    assert states() == {"unreleased"}
    house.later(seconds=1)
    assert states() == {"free"}


def test_a_crowd_builds_it_once(mariadb_house: House) -> None:
    provider, _ = clinic(mariadb_house)
    with statements(mariadb_house.engine) as seen, ThreadPoolExecutor(16) as threads:
        bodies = set(threads.map(lambda _: calendars.current(provider, 7).body, range(64)))
    assert len(bodies) == 1
    assert sum("GROUP BY schedule.id" in statement for statement in seen) == 1


def test_a_rush_of_changes_is_not_a_rush_of_building(sqlite_house: House) -> None:
    house = sqlite_house
    provider, schedule_id = clinic(house)
    first_left(provider)
    with statements(house.engine) as seen:
        began = time.monotonic()
        for _ in range(300):
            house.container.calendars.changed([schedule_id])
            first_left(provider)
        took = time.monotonic() - began
    built = sum("GROUP BY schedule.id" in statement for statement in seen)
    assert built <= BUILDS_IN_A_ROW + took * BUILDS_A_SECOND + took / KEPT_SECONDS + 2


def test_in_a_rush_nobody_waits_for_the_building(sqlite_house: House) -> None:
    house = sqlite_house
    provider, schedule_id = clinic(house, per_period=2)
    shelf = house.container.calendars

    async def scene() -> None:
        async with calendar_reads.open_reads():
            first = await calendar_reads.current(provider, 7)
            while shelf.may_build(provider, 7):
                pass
            await asyncio.to_thread(hold, house, schedule_id)
            assert await calendar_reads.current(provider, 7) == first, "what was the newest a moment ago"
            began = time.monotonic()
            while await calendar_reads.current(provider, 7) == first:
                assert time.monotonic() - began < 1
                await asyncio.sleep(0.01)

    asyncio.run(scene())


def test_hot_calendars_are_built_before_somebody_asks(sqlite_house: House) -> None:
    house = sqlite_house
    provider, schedule_id = clinic(house)
    first_left(provider)
    house.container.calendars.changed([schedule_id])
    assert calendars.refresh_hot() == 1
    with statements(house.engine) as seen:
        first_left(provider)
    assert seen == []


def test_web_workers_gather_what_is_asked_at_once(sqlite_house: House) -> None:
    house = sqlite_house
    provider, _ = clinic(house)

    async def scene() -> None:
        assert await calendar_reads.current(provider, 7) is None, "not opened: the ordinary way"
        async with calendar_reads.open_reads():
            both = await asyncio.gather(*(calendar_reads.current(provider, 7) for _ in range(50)))
            assert len({kept.body for kept in both if kept}) == 1
            with statements(house.engine) as seen:
                await asyncio.gather(*(calendar_reads.current(provider, 7) for _ in range(50)))
            assert seen == []
            with pytest.raises(Refusal, match="医生"):
                await calendar_reads.current("doctor:999999", 7)

    asyncio.run(scene())


def test_who_asks_alone_sees_what_was_committed_a_crowd_sees_it_within_a_second(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_reads, "OLDEST_SECONDS", 60)  # the hold itself may take long here
    house = sqlite_house
    provider, schedule_id = clinic(house, per_period=3)

    async def left() -> int:
        kept = await calendar_reads.current(provider, 7)
        assert kept is not None
        return int(json.loads(kept.body)["cells"][0]["left"])

    async def scene() -> None:
        async with calendar_reads.open_reads():
            assert await left() == 3
            await asyncio.to_thread(hold, house, schedule_id)
            assert await left() == 2
            for _ in range(calendar_reads.CROWD):
                await left()
            await asyncio.to_thread(hold, house, schedule_id)
            began = time.monotonic()
            with statements(house.engine) as said:
                assert await left() == 2, "from memory"
            assert said == []
            while await left() != 1:
                assert time.monotonic() - began < 1
                await asyncio.sleep(0.01)

    asyncio.run(scene())


def test_without_redis_they_come_from_the_database(sqlite_house: House, tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    house = House(sqlite_house.engine, server.redis_url)
    provider, schedule_id = clinic(house, per_period=2)
    try:
        assert first_left(provider) == 2
        server.stop()
        hold(house, schedule_id)
        assert first_left(provider) == 1
        server = restart(server)  # with what it had before the hold, for KEPT_SECONDS at most
        wait_until(lambda: first_left(provider) == 1, seconds=KEPT_SECONDS + 0.5, what="the hold in the calendar")
    finally:
        server.stop()
