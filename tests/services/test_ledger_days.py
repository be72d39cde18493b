"""日结: a closed day stays as it was, whatever comes late or at the same moment."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, time, timedelta
from threading import Event as Signal

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from hospital_app.domain.calendar import instant
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import SYSTEM
from hospital_app.domain.ledger import Event, captured
from hospital_app.domain.policy import Rules
from hospital_app.flows import ledger as flow
from hospital_app.models.ledger import LedgerDay, LedgerEntry, LedgerLine
from hospital_app.services import ledger, ledger_audit, ledger_days
from hospital_app.work import transaction
from tests.support.booked import CLERK
from tests.support.house import House
from tests.support.race import race
from tests.support.waiting import wait_until

DAY = date(2026, 11, 24)
LAST_SECOND = instant(DAY, time(23, 59, 59))
MIDNIGHT = instant(DAY + timedelta(days=1), time(0, 0, 5))


def take(house: House, no: str, *, at: datetime = LAST_SECOND, fen: int = 100) -> None:
    with transaction(house.sessions, now=at, actor=SYSTEM, rules=Rules()) as work:
        ledger.enter(work, Event.CAPTURED, no, captured("wechat", fen), "03")


def days(house: House) -> dict[date, int]:
    with house.sessions() as session:
        query = select(col(LedgerEntry.on), func.count()).group_by(col(LedgerEntry.on))
        return {on: int(number) for on, number in session.execute(query)}


def books(house: House) -> list[str]:
    checks = (
        ledger_audit.entries_balance,
        ledger_audit.trial_balance_is_zero,
        ledger_audit.closed_days_stay_as_they_were,
    )
    return [line for check in checks for line in house.do(lambda work, check=check: list(check(work)))]


def test_days_close_in_order_and_what_comes_late_stands_on_the_first_open_one(house: House) -> None:
    take(house, "GP1", at=instant(DAY - timedelta(days=2), time(9)))
    take(house, "GP2", fen=50)
    house.at(LAST_SECOND)
    with pytest.raises(Refusal) as refusal:
        flow.close(SYSTEM, until=DAY)
    assert refusal.value.code == "day_not_over"
    house.at(MIDNIGHT)
    with pytest.raises(Refusal) as refusal:
        flow.close(CLERK, until=DAY)
    assert refusal.value.code == "forbidden"
    assert flow.close(SYSTEM, until=DAY) == [DAY - timedelta(days=2), DAY - timedelta(days=1), DAY]
    assert flow.close(SYSTEM, until=DAY) == []
    take(house, "GP3")
    take(house, "GP4", at=instant(DAY - timedelta(days=9), time(9)))
    assert days(house) == {DAY - timedelta(days=2): 1, DAY: 1, DAY + timedelta(days=1): 2}
    with house.sessions() as session:
        closed = session.get_one(LedgerDay, DAY)
        assert (closed.entries, json.loads(closed.balances)) == (1, {"channel:wechat": 150, "deposits": -150})
        assert session.scalars(select(func.count()).where(col(LedgerLine.on) > DAY)).one() == 4
    assert books(house) == []


def test_the_house_closes_by_itself_after_its_hour_and_after_the_history(house: House) -> None:
    flow._walks.clear()
    take(house, "GP1")
    house.at(instant(DAY + timedelta(days=1), time(0, 59)))
    flow.catch_up_some()
    assert flow.close_due() == []
    house.later(minutes=1)
    assert flow.close_due() == [DAY] and flow.close_due() == []
    flow._walks.clear()
    house.later(days=1)
    assert flow.close_due() == [], "a house that just began looks at its history first"


def test_a_close_that_was_cut_off_is_finished(house: House) -> None:
    take(house, "GP1")
    house.at(MIDNIGHT)
    house.do(ledger_days.mark, until=DAY)
    take(house, "GP2")
    assert flow.close(SYSTEM, until=DAY) == [DAY]
    assert days(house) == {DAY: 1, DAY + timedelta(days=1): 1} and books(house) == []


def test_a_close_waits_for_who_entered_before_it(mariadb_house: House) -> None:
    house = mariadb_house
    house.at(MIDNIGHT)
    entered, may_commit = Signal(), Signal()

    def slow() -> None:
        with transaction(house.sessions, now=LAST_SECOND, actor=SYSTEM, rules=Rules()) as work:
            ledger.enter(work, Event.CAPTURED, "GP1", captured("wechat", 100), "03")
            entered.set()
            may_commit.wait(30)

    take(house, "GP0")
    with ThreadPoolExecutor(2) as pool:
        slowly = pool.submit(slow)
        entered.wait(30)
        closing = pool.submit(flow.close, SYSTEM, until=DAY)
        wait_until(lambda: house.do(lambda work: work.session.get(LedgerDay, DAY)) is not None, what="the mark")
        assert not closing.done()
        may_commit.set()
        slowly.result(30)
        assert closing.result(30) == [DAY]
    with house.sessions() as session:
        assert session.get_one(LedgerDay, DAY).entries == 2
    assert books(house) == []


def test_a_close_amid_captures_leaves_no_entry_uncounted(mariadb_house: House) -> None:
    house = mariadb_house
    house.at(MIDNIGHT)
    take(house, "GP0")

    def act(number: int) -> object:
        return flow.close(SYSTEM, until=DAY) if number == 60 else take(house, f"GP{number}")

    race(list(range(1, 161)), act, threads=8)
    assert sum(days(house).values()) == 160
    with house.sessions() as session:
        assert session.get_one(LedgerDay, DAY).entries == days(house)[DAY]
    assert books(house) == []


HURT = {
    "UPDATE ledger_line SET amount_fen = 2 * amount_fen": "the totals of 2026-11-24 are not those of its lines",
    "UPDATE ledger_day SET balances = '{}'": "the balances of 2026-11-24 are not those of its lines",
    "INSERT INTO ledger_entry (kind, subject, `on`, at) VALUES ('captured', 'GP9', '2026-11-24', '2026-11-24')": (
        "2026-11-24 was closed with 1 entries and has 2"
    ),
}


@pytest.mark.parametrize("damage", HURT)
def test_the_audit_sees_a_closed_day_that_was_changed(mariadb_house: House, damage: str) -> None:
    take(mariadb_house, "GP1")
    mariadb_house.at(MIDNIGHT)
    flow.close(SYSTEM, until=DAY)
    assert books(mariadb_house) == []
    with mariadb_house.sessions.begin() as session:
        session.execute(text(damage))
    assert HURT[damage] in books(mariadb_house)
