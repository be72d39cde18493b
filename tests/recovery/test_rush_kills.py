"""kill -9 of the web server, a worker, Redis and MariaDB at random moments of a rush over REST.

`make test` kills ten times, `make soak` two hundred times (HOSPITAL_TEST_RUSH_KILLS), from HOSPITAL_TEST_SEED on.
"""

import os
import time
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app import clock
from hospital_app import container as containers
from hospital_app.flows import sandbox
from hospital_app.models.booking import Appointment, Slot
from tests.recovery.rush import Rush
from tests.recovery.settlement import Settlement, settled, settlement
from tests.support.builders import a_doctor
from tests.support.waiting import wait_until

__all__ = ["settlement"]

PARTS = ("web", "worker", "redis", "mariadb")
PER_PERIOD, PERIODS = 5, 8
NUMBERS, PEOPLE = PER_PERIOD * PERIODS, 50
HALF_HOUR = timedelta(minutes=30)


def survive(settlement: Settlement, seed: int, parts: list[str]) -> None:
    town, chance = settlement.town, Random(seed)
    containers.use(town.house.container)
    doctor_id = a_doctor(town.house.sessions)
    clinic = town.clinic(numbers=PER_PERIOD, doctor_id=doctor_id)
    starts = [clinic.starts_at + period * HALF_HOUR for period in range(PERIODS)]
    crowd = Rush(settlement.url, doctor_id, clinic.schedule_id, starts, sandbox.accounts(count=PEOPLE), seed)
    with crowd.flowing():
        for part in parts:
            answered = min(len(crowd.told) + chance.randrange(2, 12), PEOPLE - 1)
            wait_until(lambda: len(crowd.told) >= answered, seconds=100, what="people")  # noqa: B023
            settlement.supervise()
            settlement.kill(part)
            time.sleep(chance.uniform(0, 0.5))  # how long it is away; no condition to wait for
            settlement.start(part)
    check_promises(settlement, crowd)
    print(f"seed {seed}: {'+'.join(parts)} final after {settled(settlement):.1f} s")
    everybody_lets_go(settlement, crowd)
    settled(settlement)
    assert free_numbers(settlement, crowd) == NUMBERS, "every number is free again, once"
    wait_until(lambda: town.unlike_the_his() == [], seconds=120, what="the HIS to be told")
    assert town.house.broken() == []


def check_promises(settlement: Settlement, crowd: Rush) -> None:
    """Nothing oversold, nothing lost, nobody twice, nobody has what they were not told of, and everything is sold."""
    with settlement.town.house.sessions() as session:
        query = select(Appointment).where(
            col(Appointment.schedule_id) == crowd.schedule_id, col(Appointment.status) != "cancelled"
        )
        held = {row.no: row for row in session.scalars(query)}
    told = {no: account for account, no in crowd.told.items() if no}
    assert {no: row.account_id for no, row in held.items()} == told
    assert len({row.slot_id for row in held.values()}) == len(held) == NUMBERS
    assert len(told) == NUMBERS and list(crowd.told.values()).count("") == PEOPLE - NUMBERS


def everybody_lets_go(settlement: Settlement, crowd: Rush) -> None:
    """All holds end in this very second."""
    now = clock.now()
    with settlement.town.house.sessions.begin() as session:
        mine = col(Appointment.schedule_id) == crowd.schedule_id
        session.execute(
            update(Slot)
            .where(col(Slot.schedule_id) == crowd.schedule_id, col(Slot.held_until).is_not(None))
            .values(held_until=now)
        )
        session.execute(update(Appointment).where(mine, col(Appointment.status) == "pending").values(held_until=now))


def free_numbers(settlement: Settlement, crowd: Rush) -> int:
    with settlement.town.house.sessions() as session:
        query = select(col(Slot.id)).where(
            col(Slot.schedule_id) == crowd.schedule_id, col(Slot.status) == "free", col(Slot.held_until).is_(None)
        )
        return len(session.scalars(query).all())


def kill(settlement: Settlement, *, kills: int, seed: int) -> None:
    while kills > 0:
        parts = Random(seed).choices(PARTS, k=min(kills, Random(seed).choice([1, 2, 2, 3])))
        survive(settlement, seed, parts)
        kills -= len(parts)
        seed += 1


@pytest.mark.timeout(600)
def test_killed_in_the_rush(settlement: Settlement) -> None:
    kill(settlement, kills=10, seed=7)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_killed_in_the_rush_again_and_again(settlement: Settlement) -> None:
    kills = int(os.environ.get("HOSPITAL_TEST_RUSH_KILLS", "200"))
    kill(settlement, kills=kills, seed=int(os.environ.get("HOSPITAL_TEST_SEED", "1000")))
