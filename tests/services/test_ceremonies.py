"""Between two steps of a sign-in: kept for one client, once, five minutes."""

import json
from threading import Barrier

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.models.identity import Ceremony
from hospital_app.services import ceremonies
from hospital_app.services.ceremonies import Remembered
from hospital_app.work import Work
from tests.support.house import House
from tests.support.race import codes, granted, race


def begun(house: House, **more: int) -> str:
    return house.do(ceremonies.begin, kind="test", payload={"secret": "守口如瓶"}, **more)


def refused(house: House, handle: str, *, kind: str = "test") -> str:
    with pytest.raises(Refusal) as refusal:
        house.do(ceremonies.use_up, kind=kind, handle=handle)
    return refusal.value.code


def test_what_was_kept_comes_back_once(house: House) -> None:
    handle = begun(house, account_id=7)
    again = house.do(ceremonies.use_up, kind="test", handle=handle)
    assert again == Remembered({"secret": "守口如瓶"}, account_id=7, staff_id=None)
    assert refused(house, handle) == "ceremony_over"


def test_it_is_over_after_five_minutes_and_serves_no_other_purpose(house: House) -> None:
    early, late = begun(house), begun(house)
    assert refused(house, early, kind="another") == "ceremony_over"
    house.later(minutes=5, seconds=-1)
    house.do(ceremonies.use_up, kind="test", handle=early)
    house.later(seconds=1)
    assert refused(house, late) == "ceremony_over"


@pytest.mark.parametrize("handle", ["", "nonsense", "x" * 5000, "号", "\x00", "\ud800"])
def test_what_is_no_handle_continues_nothing(house: House, handle: str) -> None:
    begun(house)
    assert refused(house, handle) == "ceremony_over"


def test_neither_handle_nor_payload_can_be_read_from_the_database(house: House) -> None:
    handle = begun(house)
    with house.engine.connect() as connection:
        row = str(connection.execute(select(Ceremony.__table__.c["handle_hash"])).all())
        row += str(connection.exec_driver_sql("SELECT payload FROM ceremony").all())
    assert handle not in row and "守口如瓶" not in row and "secret" not in row


def test_of_two_who_bring_the_same_handle_one_goes_on(house: House) -> None:
    handle = begun(house)
    answers = race([handle] * 8, lambda h: house.do(ceremonies.use_up, kind="test", handle=h))
    assert len(granted(answers)) == 1 and codes(answers) == {"ceremony_over"}


def remembered(house: House) -> list[str]:
    """What is kept, by whom."""
    with house.sessions() as session:
        return [json.loads(row.payload)["who"] for row in session.scalars(select(Ceremony))]


def remember(house: House, who: str) -> str:
    house.do(ceremonies.remember, kind="test", name="7", payload={"who": who}, account_id=7, minutes=5)
    return who


@pytest.mark.parametrize("before", [[], ["before"]])
def test_of_eight_who_remember_under_one_name_at_one_moment_nobody_fails(
    mariadb_house: House, before: list[str]
) -> None:
    """Two tabs of one session come back from WeChat in the same instant."""
    house, tabs = mariadb_house, [f"tab {number}" for number in range(8)]
    for who in before:
        remember(house, who)
    for _ in range(5):
        assert race(tabs, lambda who: remember(house, who)) == tabs
        (kept,) = remembered(house)
        assert kept in tabs
    recalled = house.do(ceremonies.recall, kind="test", name="7")
    assert recalled == Remembered({"who": kept}, account_id=7, staff_id=None)


def test_dropped_and_written_anew_one_of_two_fails(mariadb_house: House) -> None:
    """The control: two statements find nothing to drop, both, and then one row stands in the other's way."""
    both_looked = Barrier(2)

    def in_two_steps(work: Work, who: str) -> None:
        work.session.execute(delete(Ceremony).where(col(Ceremony.handle_hash) == "0" * 64))
        both_looked.wait(timeout=60)
        row = Ceremony(handle_hash="0" * 64, kind="test", payload=f'{{"who": "{who}"}}')
        row.created_at = row.expires_at = work.now
        work.session.add(row)

    def attempt(who: str) -> str:
        try:
            mariadb_house.do(in_two_steps, who=who)
        except IntegrityError:
            return "failed"
        return who

    answers = race(["one", "other"], attempt)
    assert answers.count("failed") == 1
    assert remembered(mariadb_house) == [who for who in answers if who != "failed"]


def test_what_is_remembered_anew_lasts_from_now(house: House) -> None:
    remember(house, "first")
    house.later(minutes=4)
    remember(house, "second")
    house.later(minutes=4)
    kept = house.do(ceremonies.recall, kind="test", name="7")
    assert kept is not None and kept.payload == {"who": "second"}
    house.later(minutes=1)
    assert house.do(ceremonies.recall, kind="test", name="7") is None


def test_old_ones_are_forgotten_after_a_day(house: House) -> None:
    begun(house)
    house.later(hours=24)
    fresh = begun(house)
    house.later(minutes=4)
    assert house.do(ceremonies.forget_old) == 0
    house.later(minutes=2)
    assert house.do(ceremonies.forget_old) == 1
    with house.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Ceremony)) == 1
    assert len(fresh) >= 43
