"""第二因素: asked for, taken once, guessed slowly, replaced only by who has it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.authority import Right, may
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.domain.policy import Rules
from hospital_app.flows import passkeys, signin
from hospital_app.flows import second_factor as factor
from hospital_app.flows.passkeys import Proof
from hospital_app.flows.signin import _prove_and_open
from hospital_app.launch.admins import hire_admin, reset_second_factor
from hospital_app.models.identity import RecoveryCode, Staff
from hospital_app.models.operation import AuditEntry
from hospital_app.services import second_factor, staff
from hospital_app.settings import Settings
from tests.support.authenticator import ORIGIN, SoftPasskey
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff
from tests.support.race import race
from tests.support.totp import SECRET, STEP_SECONDS, code_at


def enter(otp: str | None = None, *, staff_no: str = "D1001", new_password: str | None = None) -> Actor:
    opened = signin.sign_in_staff(ANONYMOUS, staff_no=staff_no, password=PASSWORD, new_password=new_password, otp=otp)
    return signin.actor_of_token(opened.token)


def refused(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Refusal) as refusal:
        call()
    return refusal.value.status, refusal.value.code


def an_admin(house: House) -> int:
    staff_id = a_member_of_staff(house)
    house.do(second_factor.install, staff_id=staff_id, secret=SECRET)
    return staff_id


def shown(house: House, *, steps: int = 0) -> str:
    return code_at(house.now.timestamp() + steps * STEP_SECONDS)


def test_an_admin_without_one_may_only_enrol(house: House) -> None:
    a_member_of_staff(house)
    actor = enter()
    assert actor.incomplete and not may(actor, Right.SEE_FIGURES) and may(actor, Right.OWN_ACCOUNT)
    offer = factor.begin(actor)
    assert offer.picture.startswith("data:image/png;base64,")
    wrong = f"{(int(code_at(house.now.timestamp(), secret=offer.secret)) + 1) % 10**6:06d}"
    assert refused(lambda: factor.confirm(actor, handle=offer.handle, code=wrong)) == (401, "wrong_code")
    code = code_at(house.now.timestamp(), secret=offer.secret)
    codes = factor.confirm(actor, handle=offer.handle, code=f"{code[:3]} {code[3:]}")
    assert len(set(codes)) == 10
    with house.sessions() as session:
        kept = set(session.scalars(select(RecoveryCode.code_hash)))
        secret = session.connection().exec_driver_sql("SELECT totp_secret FROM staff").scalar_one()
    assert not kept & {code.replace("-", "") for code in codes} and offer.secret not in secret
    again = factor.standing(actor)
    assert (again.enrolled, again.proved, again.recovery_codes) == (True, True, 10)
    assert refused(lambda: factor.confirm(actor, handle=offer.handle, code=code)) == (409, "enrolment_over")


def test_the_code_is_asked_for_and_taken_once(house: House) -> None:
    an_admin(house)
    assert refused(enter) == (403, "second_factor_required")
    actor = enter(shown(house))
    assert not actor.incomplete and may(actor, Right.SEE_FIGURES)
    assert refused(lambda: enter(shown(house))) == (401, "wrong_code")
    assert refused(lambda: enter(shown(house, steps=-1))) == (401, "wrong_code")  # older than the last one
    house.later(seconds=STEP_SECONDS)
    assert not enter(shown(house)).incomplete


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(sqlite_house: House, steps: int, taken: bool) -> None:
    an_admin(sqlite_house)
    if taken:
        assert not enter(shown(sqlite_house, steps=steps)).incomplete
    else:
        assert refused(lambda: enter(shown(sqlite_house, steps=steps))) == (401, "wrong_code")


def test_a_passkey_does_as_well(house: House) -> None:
    staff_id, device = an_admin(house), SoftPasskey()
    actor = enter(shown(house))
    offer = passkeys.begin_adding(actor, origin=ORIGIN)
    passkeys.add(actor, handle=offer.handle, credential=device.create(offer.options))
    with pytest.raises(Refusal) as asked:
        signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD, origin=ORIGIN)
    question = asked.value.extra["passkey"]
    proof = Proof(question["handle"], device.get(question["options"]))  # type: ignore[index]
    opened = signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD, passkey=proof)
    assert (opened.staff_id, opened.incomplete) == (staff_id, False)
    assert refused(lambda: signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD, passkey=proof)) == (
        409,
        "ceremony_over",
    )
    assert refused(lambda: signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password="wrong", passkey=proof)) == (
        401,
        "wrong_password",
    )


def test_two_at_once_with_one_code(mariadb_house: House) -> None:
    an_admin(mariadb_house)
    answers = race([shown(mariadb_house)] * 2, enter)
    assert sorted(type(answer) is Actor for answer in answers) == [False, True]


def test_a_right_password_does_not_forgive_wrong_codes(house: House) -> None:
    """Else whoever knows the password could guess codes without ever waiting."""
    an_admin(house)
    wrong = f"{(int(shown(house)) + 1) % 10**6:06d}"
    answers = []
    for _ in range(6):
        answers += [refused(lambda: enter(wrong)), refused(enter)]
    assert (429, "locked") in answers


def test_a_recovery_code_lets_in_once(house: House) -> None:
    staff_id = an_admin(house)
    first = factor.renew_codes(enter(shown(house)))[0]
    assert not enter(first.lower()).incomplete
    assert refused(lambda: enter(first)) == (401, "wrong_code")
    house.later(seconds=STEP_SECONDS)
    newer = factor.renew_codes(enter(shown(house)))
    assert len(newer) == 10 and first not in newer
    with house.sessions() as session:
        rows = session.scalars(select(AuditEntry.action).where(col(AuditEntry.subject) == f"staff:{staff_id}"))
        assert {"second-factor.recovery-code", "second-factor.recovery-codes"} <= set(rows)


def test_a_password_alone_puts_no_other_phone_in_place(house: House) -> None:
    """An enrolled admin never gets an incomplete session; one from before the enrolment is worth nothing either."""
    staff_id = a_member_of_staff(house)
    before = enter()
    house.do(second_factor.install, staff_id=staff_id, secret=SECRET)
    assert refused(lambda: factor.begin(before)) == (403, "second_factor_required")
    assert refused(lambda: factor.renew_codes(before)) == (403, "second_factor_required")


def test_a_new_phone_ends_the_other_sessions(house: House) -> None:
    an_admin(house)
    old = signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD, otp=shown(house, steps=-1)).token
    actor = enter(shown(house))
    offer = factor.begin(actor)
    factor.confirm(actor, handle=offer.handle, code=code_at(house.now.timestamp(), secret=offer.secret))
    assert signin.actor_of_token(old).role is Role.ANONYMOUS
    house.later(seconds=STEP_SECONDS)
    assert refused(lambda: enter(shown(house))) == (401, "wrong_code")
    assert not enter(code_at(house.now.timestamp(), secret=offer.secret)).incomplete


def test_a_hospital_admin_resets_it_for_somebody_else(house: House) -> None:
    boss = a_member_of_staff(house, staff_no="M1")
    staff_id = an_admin(house)
    token = signin.sign_in_staff(ANONYMOUS, staff_no="D1001", password=PASSWORD, otp=shown(house)).token
    me = Actor(Role.HOSPITAL_ADMIN, staff_id=boss)
    assert refused(lambda: factor.reset(me, staff_id=boss)) == (403, "not_oneself")
    theirs = Actor(Role.DEPARTMENT_ADMIN, staff_id=99, department_code="07")
    assert refused(lambda: factor.reset(theirs, staff_id=staff_id)) == (403, "forbidden")
    factor.reset(me, staff_id=staff_id)
    assert signin.actor_of_token(token).role is Role.ANONYMOUS
    assert enter().incomplete
    with house.sessions() as session:
        assert session.get_one(Staff, staff_id).totp_secret is None


def test_the_first_admin_comes_from_the_command_line(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """And the only one who lost everything gets in again."""
    assert hire_admin(["M1", "周海燕"]) == 0
    password = capsys.readouterr().out.split()[-1]
    opened = signin.sign_in_staff(ANONYMOUS, staff_no="M1", password=password, new_password="a much better one")
    assert (opened.role, opened.incomplete) == (Role.HOSPITAL_ADMIN, True)
    assert hire_admin(["M1", "周海燕"]) == 1
    house.do(second_factor.install, staff_id=opened.staff_id or 0, secret=SECRET)
    assert reset_second_factor(["M1"]) == 0 and reset_second_factor(["M9"]) == 1
    assert signin.actor_of_token(opened.token).role is Role.ANONYMOUS
    again = signin.sign_in_staff(ANONYMOUS, staff_no="M1", password="a much better one")
    assert again.incomplete


def test_a_first_password_and_a_code_come_together(house: House) -> None:
    staff_id = a_member_of_staff(house, must_change_password=True)
    house.do(second_factor.install, staff_id=staff_id, secret=SECRET)
    assert refused(enter) == (403, "password_change_required")
    assert refused(lambda: enter(new_password="a much better one")) == (403, "second_factor_required")
    assert not enter(shown(house), new_password="a much better one").incomplete


def test_whoever_enrols_while_a_sign_in_is_on_its_way_is_asked_all_the_same(house: House) -> None:
    """What a sign-in brought besides the password was not looked at, because nothing was asked for."""
    staff_id = a_member_of_staff(house)
    attempt = house.do(staff.begin_attempt, actor=ANONYMOUS, staff_no="D1001")
    house.do(second_factor.install, staff_id=staff_id, secret=SECRET)
    rest: dict[str, Any] = {"attempt": attempt, "by_passkey": False, "new_hash": None, "user_agent": ""}
    assert refused(lambda: house.do(_prove_and_open, otp="", **rest)) == (403, "second_factor_required")
    assert house.do(_prove_and_open, otp="000000", **rest) is None
    assert house.do(_prove_and_open, otp=shown(house), **rest) is not None


def test_others_are_not_asked(house: House) -> None:
    a_member_of_staff(house, role=Role.CLERK)
    assert not enter().incomplete


def test_a_hospital_may_ask_all_of_its_staff(sqlite_house: House, redis_url: str) -> None:
    """Whoever is signed in by a password alone when the rule comes is incomplete from then on; a kiosk is let be."""
    a_member_of_staff(sqlite_house, staff_no="C1001", role=Role.CLERK)
    a_member_of_staff(sqlite_house, staff_no="K1001", role=Role.KIOSK)
    before = signin.sign_in_staff(ANONYMOUS, staff_no="C1001", password=PASSWORD).token
    assert may(signin.actor_of_token(before), Right.REGISTER)
    strict = House(sqlite_house.engine, redis_url, rules=Rules(staff_second_factor=True))
    clerk = signin.actor_of_token(before)
    assert clerk.incomplete and not may(clerk, Right.REGISTER) and factor.standing(clerk).needed
    assert not enter(staff_no="K1001").incomplete
    offer = factor.begin(clerk)
    factor.confirm(clerk, handle=offer.handle, code=code_at(strict.now.timestamp(), secret=offer.secret))
    assert may(signin.actor_of_token(before), Right.REGISTER)
    assert refused(lambda: enter(staff_no="C1001")) == (403, "second_factor_required")


def test_production_does_not_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSPITAL_RULES__ADMIN_SECOND_FACTOR", "false")
    problems = Settings(_env_file=None, profile="production").problems()
    assert any("ADMIN_SECOND_FACTOR" in problem for problem in problems)
