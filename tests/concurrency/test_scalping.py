"""黄牛预警 by many watchers at once: one row, one freeze; and a number that an accomplice waits for under an alert."""

import time
from contextlib import suppress

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.scalping import Counts
from hospital_app.flows import booking, gate
from hospital_app.models.changing import ScalpingAlert
from hospital_app.models.identity import AccountFreeze
from hospital_app.services import scalping
from hospital_app.work import Work
from tests.support.builders import a_schedule, an_account, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import granted, race

pytestmark = pytest.mark.timeout(120)
BLATANT = Counts(unseen=40, early=12, bursts=4, devices=5)


def count(house: House, table: type) -> int:
    with house.sessions() as session:
        return session.scalar(select(func.count(col(table.id)))) or 0


def test_many_watchers_write_one_alert_and_freeze_once(mariadb_house: House) -> None:
    house = mariadb_house
    account = an_account(house.sessions)
    answers = race(
        range(24), lambda _: house.do(scalping.raise_alert, account_id=account, counts=BLATANT, schedules=())
    )
    assert len([answer for answer in answers if answer is not None]) == 1
    assert (count(house, ScalpingAlert), count(house, AccountFreeze)) == (1, 1)


def test_looking_before_writing_is_not_enough(mariadb_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the same without the lock on the account's row."""
    house = mariadb_house
    account = an_account(house.sessions)
    lately = scalping._lately

    def look_and_dawdle(work: Work, account_id: int) -> ScalpingAlert | None:
        found = lately(work, account_id)
        time.sleep(0.05)
        return found

    monkeypatch.setattr(scalping, "_lately", look_and_dawdle)
    monkeypatch.setattr(scalping, "_lock", lambda work, account_id: True)
    mild = Counts(unseen=9, bursts=4)  # no freeze, whose own condition would lock
    race(range(8), lambda _: house.do(scalping.raise_alert, account_id=account, counts=mild, schedules=()))
    assert count(house, ScalpingAlert) > 1


def test_accomplices_at_the_door_get_nothing_while_an_alert_is_open(mariadb_house: House) -> None:
    """Twelve accounts ask without pause for numbers that six others give back at the same time."""
    house = mariadb_house
    schedule = a_schedule(house.sessions, per_period=6, period_count=1)
    sellers, buyers = people(house.sessions, 6), people(house.sessions, 12)
    nos = [hold(account, patient, schedule, "sell") for account, patient in sellers]
    house.do(
        scalping.raise_alert,
        account_id=sellers[0][0],
        counts=Counts(unseen=9, bursts=4),
        schedules=(schedule,),
    )
    gate.rebuild([schedule])

    def turn(number: int) -> str | None:
        if number < len(sellers):
            booking.cancel(patient_actor(sellers[number][0]), no=nos[number])
            return None
        account, patient = buyers[number - len(sellers)]
        for attempt in range(30):
            with suppress(Refusal):
                return hold(account, patient, schedule, f"buy-{attempt}")
        raise Refusal("nothing", "一个也没抢到。")

    answers = race(range(18), turn)
    assert [no for no in granted(answers) if no is not None] == []
    house.later(minutes=10)
    assert hold(*buyers[0], schedule, "later")
    assert house.broken() == []


def hold(account: int, patient: int, schedule: int, key: str) -> str:
    return booking.hold_one(
        patient_actor(account), HoldRequest(account, patient, schedule, first_period(), key=f"{key}-{account}")
    )
