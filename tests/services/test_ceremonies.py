"""Between two steps of a sign-in: kept for one client, once, five minutes."""

import pytest
from sqlalchemy import func, select

from hospital_app.domain.errors import Refusal
from hospital_app.models.identity import Ceremony
from hospital_app.services import ceremonies
from hospital_app.services.ceremonies import Remembered
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
