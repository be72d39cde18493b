"""登录密码: what may be one, who may set it, and that no answer tells whether a phone has an account."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.flows import account, messages, signin
from hospital_app.models.identity import Account
from hospital_app.models.operation import AuditEntry
from hospital_app.services import accounts, passwords
from hospital_app.settings import get_settings
from tests.support.house import House
from tests.support.people import code_sent, signed_in

PHONE, UNKNOWN = "13800138000", "13700137000"
GOOD, BETTER = "梧桐树 下 三点半", "a lighthouse in may"
SOMEWHERE = replace(ANONYMOUS, address="203.0.113.7")


def with_password(house: House, password: str = GOOD) -> Actor:
    """Signed in, with a password set by a code; the actor of the fresh session."""
    actor = signin.actor_of_token(signed_in(house, PHONE).token)
    house.later(minutes=2)
    account.request_code(actor)
    opened = account.set_password(actor, new_password=password, code=code_sent(house, PHONE))
    house.later(minutes=2)
    return signin.actor_of_token(opened.token)


def refused(password: str, *, phone: str = PHONE) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        signin.sign_in_by_password(SOMEWHERE, phone=phone, password=password)
    return refusal.value


@pytest.mark.parametrize(
    "password",
    [
        "short7!",
        "x" * 129,
        "password1",
        "Password123",
        "woaini1314",
        "5201314abc",
        "zhang19900101",
        "1qaz2wsx3edc",
        "abcdefghij",
        "aaaabbbb1111aaaa",
        "my13800138000x",
        "市第一人民医院2026",
    ],
)
def test_what_a_stranger_would_try_first_is_no_password(password: str) -> None:
    with pytest.raises(Refusal) as refusal:
        accounts.hash_password(password, phone=PHONE, hospital="市第一人民医院")
    assert (refusal.value.code, refusal.value.status) == ("weak_password", 422)


@pytest.mark.parametrize("password", ["梧桐树下三点半等你", "alllowercaseyetlong", "84621397405", "x3$k P!q"])
def test_nothing_is_demanded_of_what_it_is_made_of(password: str) -> None:
    assert accounts.hash_password(password, phone=PHONE).startswith("$argon2id$")


def test_wide_and_narrow_letters_are_the_same_password() -> None:
    assert passwords.fits("ｌｉｇｈｔhouse ２３", passwords.hash_password("lighthouse 23", least=8))


def test_the_leaked_list_is_large_and_lies_beside_us() -> None:
    assert len(passwords._short_ones()) > 20_000
    assert passwords.is_leaked("iloveyou12345") or passwords.is_leaked("iloveyou123")


def test_a_password_is_set_by_a_code_and_signs_in(house: House) -> None:
    actor = with_password(house)
    assert account.own(actor).password_set_at is not None
    opened = signin.sign_in_by_password(SOMEWHERE, phone=PHONE, password=GOOD)
    assert opened.account_id == actor.account_id
    with house.sessions() as session:
        assert GOOD not in (session.scalars(select(col(Account.password_hash))).one() or "")


def test_a_new_password_needs_the_old_one_or_a_code(house: House) -> None:
    actor = with_password(house)
    with pytest.raises(Refusal) as wrong:
        account.set_password(actor, new_password=BETTER, password="not the old one")
    assert (wrong.value.code, wrong.value.status) == ("wrong_password", 401)
    with pytest.raises(Refusal) as guessed:
        account.set_password(actor, new_password=BETTER, code="000000")
    assert guessed.value.code == "wrong_code"
    account.set_password(actor, new_password=BETTER, password=GOOD)
    assert refused(GOOD).code == "wrong_password"
    assert signin.sign_in_by_password(SOMEWHERE, phone=PHONE, password=BETTER).token


def test_a_new_password_ends_every_other_session_and_changes_ones_own_token(house: House) -> None:
    old = signed_in(house, PHONE).token
    house.later(minutes=2)
    actor = with_password(house)
    assert signin.actor_of_token(old).role is Role.ANONYMOUS
    other = signin.sign_in_by_password(SOMEWHERE, phone=PHONE, password=GOOD).token
    fresh = account.set_password(actor, new_password=BETTER, password=GOOD).token
    assert signin.actor_of_token(other).role is Role.ANONYMOUS
    assert signin.actor_of_token(fresh).account_id == actor.account_id
    assert [each.current for each in account.devices(signin.actor_of_token(fresh))] == [True]


def test_a_forgotten_password_is_set_anew_by_a_code(house: House) -> None:
    actor = with_password(house)
    signin.request_code(ANONYMOUS, phone=PHONE)
    code = code_sent(house, PHONE) or ""
    with pytest.raises(Refusal) as weak:
        signin.sign_in(ANONYMOUS, phone=PHONE, code=code, new_password="12345678")
    assert weak.value.code == "weak_password"  # and the code is not used up
    opened = signin.sign_in(ANONYMOUS, phone=PHONE, code=code, new_password=BETTER)
    assert signin.actor_of_token(opened.token).account_id == actor.account_id
    assert refused(GOOD).code == "wrong_password"
    told = [message.kind for message in messages.inbox(signin.actor_of_token(opened.token)).messages]
    assert told.count("password") == 2


def test_a_wrong_code_sets_nothing(house: House) -> None:
    with_password(house)
    signin.request_code(ANONYMOUS, phone=PHONE)
    wrong = f"{(int(code_sent(house, PHONE) or '0') + 1) % 10**6:06d}"
    with pytest.raises(Refusal):
        signin.sign_in(ANONYMOUS, phone=PHONE, code=wrong, new_password=BETTER)
    assert signin.sign_in_by_password(SOMEWHERE, phone=PHONE, password=GOOD).token


def test_unknown_phones_accounts_without_password_and_wrong_ones_get_one_answer(
    house: House, compared: list[str]
) -> None:
    with_password(house)
    signed_in(house, "13600136000")
    with house.sessions() as session:
        audited = session.scalar(select(func.count(col(AuditEntry.id)))) or 0
    answers = []
    for phone in (PHONE, UNKNOWN, "13600136000"):
        compared.clear()
        refusal = refused("not the password", phone=phone)
        answers.append((refusal.code, refusal.status, refusal.message, refusal.extra, len(compared)))
        assert compared[0].startswith("$argon2id$")
    assert len(set(map(str, answers))) == 1
    with house.sessions() as session:  # even the writing is the same
        assert (session.scalar(select(func.count(col(AuditEntry.id)))) or 0) == audited + 3


def test_nobodys_hash_opens_nothing(house: House) -> None:
    signed_in(house, PHONE)
    assert refused("nobody has this password").code == "wrong_password"


def test_staff_have_no_password_here(house: House) -> None:
    clerk = Actor(Role.CLERK, staff_id=1, session_id=1)
    with pytest.raises(Refusal) as refusal:
        account.set_password(clerk, new_password=BETTER, password="x")
    assert refusal.value.code == "forbidden"


def test_a_generated_password_is_hashed_cheaply_and_opens_like_any_other() -> None:
    password = "k7Qm-3vXz-9bTr"
    cheap = passwords.hash_generated(password)
    assert passwords.OF_OURS in cheap and password not in cheap
    assert passwords.fits(password, cheap) and not passwords.fits(password[:-1], cheap)


def test_each_guess_costs_what_the_settings_say() -> None:
    hashed = passwords.hash_password("lighthouse 23", least=8)
    assert f"m={get_settings().password_memory_kib}," in hashed and hashed.startswith("$argon2id$")
