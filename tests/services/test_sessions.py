"""Sessions end by time, by wish, and with the member of staff; the database holds no token."""

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Role
from hospital_app.flows import signin
from hospital_app.models.identity import LoginSession, Staff
from tests.support.builders import a_doctor
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff, signed_in


def role_of(token: str | None) -> Role:
    return signin.actor_of_token(token).role


def staff_token(house: House, **member: object) -> str:
    a_member_of_staff(house, **member)  # type: ignore[arg-type]
    opened = signin.sign_in_staff(signin.ANONYMOUS, staff_no=str(member.get("staff_no", "D1001")), password=PASSWORD)
    return opened.token


def test_a_token_is_long_random_and_not_in_the_database(house: House) -> None:
    tokens = {signed_in(house, f"1380013800{last}").token for last in range(3)}
    assert len(tokens) == 3 and all(len(token) >= 43 for token in tokens)
    with house.sessions() as session:
        rows = str([row.model_dump() for row in session.scalars(select(LoginSession))])
    assert not any(token in rows for token in tokens)


def test_who_a_token_is(house: House) -> None:
    opened = signed_in(house)
    actor = signin.actor_of_token(opened.token, address="203.0.113.7", terminal="api")
    assert (actor.role, actor.account_id, actor.address, actor.terminal) == (
        Role.PATIENT,
        opened.account_id,
        "203.0.113.7",
        "api",
    )
    assert actor.session_id is not None and actor.staff_id is None


@pytest.mark.parametrize("token", [None, "", "nonsense", "x" * 5000, "'; DROP TABLE staff; --", "中文"])
def test_what_is_no_token_is_nobody(house: House, token: str | None) -> None:
    actor = signin.actor_of_token(token, address="203.0.113.7")
    assert (actor.role, actor.address) == (Role.ANONYMOUS, "203.0.113.7")


def test_idle_for_two_weeks_is_signed_out(house: House) -> None:
    token = signed_in(house).token
    house.later(days=13)
    assert role_of(token) is Role.PATIENT
    house.later(days=13)
    assert role_of(token) is Role.PATIENT  # the visit in between counts
    house.later(days=14)
    assert role_of(token) is Role.ANONYMOUS


def test_no_session_lives_longer_than_sixty_days(house: House) -> None:
    token = signed_in(house).token
    for _ in range(5):
        house.later(days=10)
        assert role_of(token) is Role.PATIENT
    house.later(days=10)
    assert role_of(token) is Role.ANONYMOUS


def test_use_is_noted_at_most_once_a_minute(house: House) -> None:
    token = signed_in(house).token
    seen = []
    for _ in range(3):
        house.later(seconds=30)
        role_of(token)
        with house.sessions() as session:
            seen.append(session.scalars(select(LoginSession.seen_at)).one())
    assert seen[0] < seen[1] == seen[2]


def test_signing_out_ends_this_session_only(house: House) -> None:
    one = signed_in(house).token
    house.later(minutes=2)
    other = signed_in(house).token
    signin.sign_out(signin.actor_of_token(one))
    assert (role_of(one), role_of(other)) == (Role.ANONYMOUS, Role.PATIENT)
    with pytest.raises(Refusal) as refused:
        signin.sign_out(signin.actor_of_token(one))
    assert refused.value.status == 401


def test_staff_are_signed_out_after_half_a_day_and_a_kiosk_is_not(house: House) -> None:
    clerk = staff_token(house, staff_no="C1", role=Role.CLERK)
    kiosk = staff_token(house, staff_no="K1", role=Role.KIOSK)
    house.later(hours=12)
    assert (role_of(clerk), role_of(kiosk)) == (Role.ANONYMOUS, Role.KIOSK)


def test_a_doctor_comes_with_desk_and_department(house: House) -> None:
    doctor_id = a_doctor(house.sessions)
    token = staff_token(house, role=Role.DOCTOR, doctor_id=doctor_id, department_code="03.01")
    actor = signin.actor_of_token(token)
    assert (actor.role, actor.doctor_id, actor.department_code) == (Role.DOCTOR, doctor_id, "03.01")
    assert actor.account_id is None


def test_who_left_is_signed_out_at_once(house: House) -> None:
    token = staff_token(house)
    with house.sessions.begin() as session:
        session.execute(update(Staff).where(col(Staff.staff_no) == "D1001").values(active=False))
    assert role_of(token) is Role.ANONYMOUS
    with pytest.raises(Refusal) as refused:
        signin.sign_in_staff(signin.ANONYMOUS, staff_no="D1001", password=PASSWORD)
    assert refused.value.code == "wrong_password"
