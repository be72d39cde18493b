"""员工登录: a wrong password makes the next try wait, and unknown numbers look the same."""

import pytest
from sqlalchemy import select

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.flows import signin, staffing
from hospital_app.models.identity import Staff
from tests.support.house import House
from tests.support.people import PASSWORD, PASSWORD_HASH, a_member_of_staff
from tests.support.race import race


def refusal_of(password: str, *, staff_no: str = "D1001", new_password: str | None = None) -> Refusal:
    with pytest.raises(Refusal) as refused:
        signin.sign_in_staff(ANONYMOUS, staff_no=staff_no, password=password, new_password=new_password)
    return refused.value


def test_a_password_is_kept_as_argon2id() -> None:
    assert PASSWORD_HASH.startswith("$argon2id$") and PASSWORD not in PASSWORD_HASH


def test_staff_sign_in(house: House) -> None:
    staff_id = a_member_of_staff(house)
    opened = signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD)
    assert (opened.staff_id, opened.role, opened.account_id) == (staff_id, Role.HOSPITAL_ADMIN, None)


def test_unknown_numbers_and_wrong_passwords_get_the_same_answer(house: House) -> None:
    a_member_of_staff(house)
    wrong, unknown = refusal_of("wrong"), refusal_of("wrong", staff_no="D9999")
    assert (wrong.code, wrong.status, wrong.message, wrong.extra) == (
        unknown.code,
        unknown.status,
        unknown.message,
        unknown.extra,
    )


@pytest.mark.parametrize("staff_no", ["D1001", "D9999"])
def test_each_try_costs_one_comparison(house: House, compared: list[str], staff_no: str) -> None:
    a_member_of_staff(house)
    refusal_of("wrong", staff_no=staff_no)
    assert len(compared) == 1 and compared[0].startswith("$argon2id$")


@pytest.mark.parametrize("staff_no", ["D1001", "D9999"])
def test_waiting_grows_with_each_failure_whether_or_not_the_number_exists(house: House, staff_no: str) -> None:
    a_member_of_staff(house)
    for _ in range(5):
        assert refusal_of("wrong", staff_no=staff_no).code == "wrong_password"
    locked = refusal_of(PASSWORD, staff_no=staff_no)
    assert (locked.code, locked.status, locked.extra["retry_after_seconds"]) == ("locked", 429, 30)
    house.later(seconds=30)
    refusal_of("wrong", staff_no=staff_no)
    assert refusal_of(PASSWORD, staff_no=staff_no).extra["retry_after_seconds"] == 60


def test_a_success_lets_the_count_start_again(house: House) -> None:
    a_member_of_staff(house)
    for _ in range(2):
        for _ in range(4):
            refusal_of("wrong")
        assert signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD).token


def test_parallel_guesses_are_few(mariadb_house: House) -> None:
    a_member_of_staff(mariadb_house)
    answers = race(["wrong"] * 8, lambda guess: signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=guess))
    codes = [answer.code for answer in answers if isinstance(answer, Refusal)]
    assert codes.count("wrong_password") == 5 and codes.count("locked") == 3


def test_the_first_password_must_be_changed(house: House) -> None:
    a_member_of_staff(house, must_change_password=True)
    assert (refusal_of(PASSWORD).code, refusal_of(PASSWORD).status) == ("password_change_required", 403)
    assert refusal_of(PASSWORD, new_password="short").code == "weak_password"
    assert refusal_of(PASSWORD, new_password=PASSWORD).code == "weak_password"
    assert refusal_of("wrong", new_password="a much better one").code == "wrong_password"
    signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD, new_password="a much better one")
    assert refusal_of(PASSWORD).code == "wrong_password"
    assert signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password="a much better one").token


def test_a_first_password_that_nobody_uses_runs_out(house: House) -> None:
    boss = Actor(Role.HOSPITAL_ADMIN, staff_id=a_member_of_staff(house, staff_no="M1001"))
    clerk = a_member_of_staff(house, role=Role.CLERK, must_change_password=True)
    house.later(days=14)
    assert refusal_of("wrong").code == "wrong_password"
    for new in (None, "a much better one"):
        over = refusal_of(PASSWORD, new_password=new)
        assert (over.code, over.status) == ("first_password_over", 403)
    first = staffing.reset_password(boss, staff_id=clerk)
    house.later(days=13, hours=23)
    signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=first, new_password="a much better one")
    house.later(days=400)
    assert signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password="a much better one").token


def test_a_new_password_ends_every_other_session(house: House) -> None:
    a_member_of_staff(house)
    old = signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD).token
    new = signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD, new_password="a much better one").token
    assert signin.actor_of_token(old).role is Role.ANONYMOUS
    assert signin.actor_of_token(new).role is Role.HOSPITAL_ADMIN


def test_a_staff_number_is_given_once(house: House) -> None:
    a_member_of_staff(house)
    with pytest.raises(Refusal) as refused:
        a_member_of_staff(house)
    assert refused.value.code == "staff_no_taken"
    with house.sessions() as session:
        assert len(session.scalars(select(Staff)).all()) == 1


@pytest.mark.parametrize(("role", "doctor_id"), [(Role.PATIENT, None), (Role.DOCTOR, None), (Role.CLERK, 1)])
def test_roles_that_are_no_staff_are_a_bug(house: House, role: Role, doctor_id: int | None) -> None:
    with pytest.raises(ValueError, match="not an account of staff"):
        a_member_of_staff(house, role=role, doctor_id=doctor_id)
