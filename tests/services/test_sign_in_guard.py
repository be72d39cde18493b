"""失败与锁定: by account and by address, for known and unknown phones alike, and no burst gets round it."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS
from hospital_app.domain.policy import Rules
from hospital_app.flows import signin
from hospital_app.flows.unit import perform
from hospital_app.models.identity import Account, SignInGuard
from hospital_app.services import accounts, passwords, sign_in_guard
from hospital_app.services.sms_codes import phone_index
from hospital_app.work import Work
from tests.support.house import House
from tests.support.people import code_sent, signed_in
from tests.support.race import race

PHONE, UNKNOWN = "13800138000", "13700137000"
PASSWORD = "a lighthouse in may"
HASH = passwords.hash_password(PASSWORD, least=8)
HOME = replace(ANONYMOUS, address="203.0.113.7")
KEY = sign_in_guard.account_key


def an_account(house: House) -> None:
    signed_in(house, PHONE)
    with house.sessions.begin() as session:
        session.execute(update(Account).values(password_hash=HASH))


def attempt(password: str, *, phone: str = PHONE, address: str = "203.0.113.7") -> str:
    try:
        signin.sign_in_by_password(replace(ANONYMOUS, address=address), phone=phone, password=password)
    except Refusal as refusal:
        return f"{refusal.code} {refusal.extra.get('retry_after_seconds', '')}".strip()
    return "in"


def failures(house: House, key: str) -> int | None:
    with house.sessions() as session:
        return session.scalar(select(col(SignInGuard.failures)).where(col(SignInGuard.key) == key))


@pytest.mark.parametrize("phone", [PHONE, UNKNOWN])
def test_five_failures_lock_and_each_further_one_for_longer(house: House, phone: str) -> None:
    an_account(house)
    assert [attempt("wrong", phone=phone) for _ in range(5)] == ["wrong_password"] * 5
    assert attempt(PASSWORD, phone=phone) == "locked 30"
    house.later(seconds=29)
    assert attempt(PASSWORD, phone=phone) == "locked 1"
    house.later(seconds=1)
    assert attempt("wrong", phone=phone) == "wrong_password"
    assert attempt("wrong", phone=phone) == "locked 60"


def test_the_longest_wait() -> None:
    waits = [sign_in_guard.wait_seconds(Rules(), failures=n, free=5) for n in (1, 4, 5, 6, 9, 10, 1000)]
    assert waits == [0, 0, 30, 60, 480, 900, 900]


def test_the_refusal_says_how_to_go_on(house: House) -> None:
    an_account(house)
    for _ in range(5):
        attempt("wrong")
    with pytest.raises(Refusal) as locked:
        signin.sign_in_by_password(HOME, phone=PHONE, password=PASSWORD)
    assert locked.value.status == 429
    assert "30 秒" in locked.value.message and "短信验证码" in locked.value.message and "服务台" in locked.value.message


def test_a_code_still_lets_a_locked_account_in_and_ends_the_wait(house: House) -> None:
    an_account(house)
    for _ in range(5):
        attempt("wrong")
    house.later(seconds=70)
    attempt("wrong")
    signin.request_code(HOME, phone=PHONE)
    signin.sign_in(HOME, phone=PHONE, code=code_sent(house, PHONE) or "")
    assert failures(house, KEY(phone_index(PHONE))) == 0
    assert attempt(PASSWORD) == "in"


def test_success_forgets_the_accounts_failures_and_gives_the_address_its_try_back(house: House) -> None:
    an_account(house)
    for _ in range(4):
        attempt("wrong")
    assert attempt(PASSWORD) == "in"
    assert failures(house, KEY(phone_index(PHONE))) == 0
    assert failures(house, "address:203.0.113.7") == 4


def test_failures_of_yesterday_are_forgotten(house: House) -> None:
    an_account(house)
    for _ in range(4):
        attempt("wrong")
    house.later(hours=24)
    assert [attempt("wrong") for _ in range(4)] == ["wrong_password"] * 4
    assert attempt(PASSWORD) == "in"


def test_an_address_is_locked_far_later_for_every_phone_and_for_codes_too(house: House) -> None:
    an_account(house)
    free = Rules().sign_in_address_failures
    with house.sessions.begin() as session:
        session.add(SignInGuard(key="address:203.0.113.7", failures=free - 1, failed_at=house.now))
    assert attempt("wrong", phone=UNKNOWN) == "wrong_password"
    assert attempt(PASSWORD) == "locked 30"
    assert failures(house, KEY(phone_index(PHONE))) is None  # what is not compared is not counted
    house.later(seconds=2)
    signin.request_code(HOME, phone=UNKNOWN)
    with pytest.raises(Refusal) as locked:
        signin.sign_in(HOME, phone=UNKNOWN, code=code_sent(house, UNKNOWN) or "")
    assert locked.value.code == "locked" and "网络" in locked.value.message
    assert attempt(PASSWORD, address="198.51.100.1") == "in"
    house.later(hours=1)
    assert attempt("wrong", phone=UNKNOWN) == "wrong_password" == attempt("wrong", phone=UNKNOWN)


def test_wrong_codes_count_for_account_and_address(house: House) -> None:
    signin.request_code(HOME, phone=PHONE)
    wrong = f"{(int(code_sent(house, PHONE) or '0') + 1) % 10**6:06d}"
    for _ in range(3):
        with pytest.raises(Refusal):
            signin.sign_in(HOME, phone=PHONE, code=wrong)
    assert failures(house, KEY(phone_index(PHONE))) == failures(house, "address:203.0.113.7") == 3


def test_no_phone_and_no_staff_number_stands_in_the_table(house: House) -> None:
    attempt("wrong", phone=UNKNOWN)
    with pytest.raises(Refusal):
        signin.sign_in_staff(HOME, staff_no="张三的密码", password="wrong")
    with house.sessions() as session:
        keys = " ".join(session.scalars(select(col(SignInGuard.key))))
    assert UNKNOWN not in keys and "张三" not in keys


def test_a_burst_is_counted_one_by_one_and_the_lock_holds(mariadb_house: House) -> None:
    house = mariadb_house
    an_account(house)
    answers = race(["wrong"] * 50, lambda guess: attempt(guess), threads=16)
    assert answers.count("wrong_password") == 5
    assert sum(str(answer).startswith("locked") for answer in answers) == 45
    assert attempt(PASSWORD).startswith("locked")


def test_fifty_at_once_count_fifty(mariadb_house: House) -> None:
    """Without a limit in the way, and beside a count that reads and writes back: the guard is what makes it exact."""
    house = mariadb_house
    key, careless = "account:guarded", "account:careless"
    roomy = replace(house.container.settings.rules, sign_in_failures=1000)
    with house.sessions.begin() as session:
        session.add(SignInGuard(key=careless, failures=0))

    race([key] * 50, lambda each: perform(HOME, _with(roomy, sign_in_guard.begin), key=each), threads=16)
    race([careless] * 50, lambda each: perform(HOME, read_and_write_back, key=each), threads=16)
    assert failures(house, key) == 50
    assert (failures(house, careless) or 0) < 50


def _with(rules: Rules, service: object) -> object:
    def run(work: Work, **arguments: object) -> object:
        return service(replace(work, rules=rules), **arguments)  # type: ignore[operator]

    return run


def read_and_write_back(work: Work, *, key: str) -> None:
    """What the guard must not do."""
    seen = work.session.scalar(select(col(SignInGuard.failures)).where(col(SignInGuard.key) == key)) or 0
    work.session.execute(update(SignInGuard).where(col(SignInGuard.key) == key).values(failures=seen + 1))


def test_counting_is_not_undone_by_the_refusal(house: House) -> None:
    with pytest.raises(Refusal):
        signin.sign_in_by_password(HOME, phone=UNKNOWN, password="wrong")
    assert failures(house, KEY(phone_index(UNKNOWN))) == 1
    assert house.do(accounts.begin_attempt, actor=HOME, phone=UNKNOWN).account_id is None
    assert failures(house, KEY(phone_index(UNKNOWN))) == 2
