"""短信验证码: how often, how long, how many tries; and that nothing readable is kept."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import select

from hospital_app import container as containers
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS
from hospital_app.flows import signin
from hospital_app.models.identity import Account, SmsCode
from hospital_app.models.operation import AuditEntry, OutboxRow
from hospital_app.services.sms_codes import clean_phone
from tests.support.house import House
from tests.support.people import code_sent, messages_owed, signed_in
from tests.support.race import race
from tests.support.statements import statements

PHONE = "13800138000"
FROM_LOBBY = replace(ANONYMOUS, address="203.0.113.7")


def ask(phone: str = PHONE) -> None:
    signin.request_code(FROM_LOBBY, phone=phone)


def refusal_of(phone: str, code: str) -> Refusal:
    with pytest.raises(Refusal) as refused:
        signin.sign_in(FROM_LOBBY, phone=phone, code=code)
    return refused.value


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.mark.parametrize("typed", ["13800138000", "+86 138-0013-8000", "１３８００１３８０００", "0086(138)00138000"])
def test_a_phone_has_one_spelling(typed: str) -> None:
    assert clean_phone(typed) == PHONE


def test_numbers_that_look_like_prefixes_are_phones_too() -> None:
    assert clean_phone("17911001234") == "17911001234"


@pytest.mark.parametrize("typed", ["", "1380013800", "138001380001", "12800138000", "+1 2025550123", "a3800138000"])
def test_what_is_no_mobile_number_is_refused(typed: str) -> None:
    with pytest.raises(Refusal) as refused:
        clean_phone(typed)
    assert (refused.value.code, refused.value.status) == ("bad_phone", 422)


def test_nothing_readable_is_kept(house: House) -> None:
    ask()
    code = code_sent(house, PHONE)
    assert code is not None and len(code) == 6 and code.isdigit()
    with house.sessions() as session:
        kept = [
            *(str(row.model_dump()) for row in session.scalars(select(SmsCode))),
            *(row.payload for row in session.scalars(select(OutboxRow))),
            *(str(row.model_dump()) for row in session.scalars(select(AuditEntry))),
        ]
    assert len(kept) == 3
    for text in kept:
        assert PHONE not in text and code not in text


def test_known_and_unknown_phones_take_the_same_path(house: House) -> None:
    signed_in(house, "13900139000")
    before = messages_owed(house)
    house.later(minutes=2)
    ask("13900139000")
    known = messages_owed(house) - before
    ask("13700137000")
    assert (known, messages_owed(house) - before - known) == (1, 1)


def test_known_and_unknown_phones_cost_the_same_statements(house: House) -> None:
    """What takes as long for both: no statement more, no other one."""
    signed_in(house, "13900139000")
    ask("13700137000")
    house.later(minutes=2)
    with statements(house.engine) as known:
        ask("13900139000")
    with statements(house.engine) as unknown:
        ask("13700137000")
    shapes = [[each.partition(" VALUES ")[0] for each in said] for said in (known, unknown)]
    assert len(known) > 4 and shapes[0] == shapes[1]


def test_sixty_seconds_between_two_codes(house: House) -> None:
    ask()
    house.later(seconds=59)
    with pytest.raises(Refusal) as refused:
        ask()
    assert (refused.value.code, refused.value.status) == ("too_many_codes", 429)
    assert refused.value.extra["retry_after_seconds"] == 60
    ask("13700137000")
    house.later(seconds=1)
    ask()


def test_five_an_hour_and_ten_a_day(house: House) -> None:
    for _ in range(5):
        ask()
        house.later(minutes=2)
    with pytest.raises(Refusal):
        ask()
    house.later(hours=1)
    for _ in range(5):
        ask()
        house.later(minutes=2)
    house.later(hours=2)
    with pytest.raises(Refusal):
        ask()
    house.later(hours=21)
    ask()
    assert messages_owed(house) == 11


def test_one_address_cannot_write_to_everybody(house: House) -> None:
    rules = replace(house.container.settings.rules, sms_codes_per_address_hour=3)
    containers.use(replace(house.container, settings=house.container.settings.model_copy(update={"rules": rules})))
    for last in range(3):
        ask(f"1380013800{last}")
    with pytest.raises(Refusal) as refused:
        ask("13800138009")
    assert refused.value.code == "too_many_codes"
    signin.request_code(replace(ANONYMOUS, address="203.0.113.8"), phone="13800138009")


def test_twenty_requests_at_once_send_one_code(mariadb_house: House) -> None:
    answers = race([PHONE] * 20, ask)
    assert sum(not isinstance(answer, Refusal) for answer in answers) == 1
    assert messages_owed(mariadb_house) == 1


def test_the_right_code_signs_in_once(house: House) -> None:
    ask()
    code = code_sent(house, PHONE) or ""
    first = signin.sign_in(FROM_LOBBY, phone=PHONE, code=code)
    assert first.account_id is not None
    assert refusal_of(PHONE, code).extra["again"] is True
    house.later(minutes=2)
    ask()
    again = signin.sign_in(FROM_LOBBY, phone="+86 " + PHONE, code=code_sent(house, PHONE) or "")
    assert again.account_id == first.account_id


def test_the_same_code_at_once_from_ten_phones_opens_one_session(mariadb_house: House) -> None:
    ask()
    code = code_sent(mariadb_house, PHONE) or ""
    answers = race([code] * 10, lambda given: signin.sign_in(FROM_LOBBY, phone=PHONE, code=given))
    # Five tries in all; which of them was first is the database's affair.
    assert sum(not isinstance(answer, Refusal) for answer in answers) == 1
    with mariadb_house.sessions() as session:
        assert len(session.scalars(select(Account)).all()) == 1


def test_five_wrong_codes_and_the_right_one_is_dead(house: House) -> None:
    ask()
    code = code_sent(house, PHONE) or ""
    answers = [refusal_of(PHONE, another(code)) for _ in range(5)]
    assert [answer.code for answer in answers] == ["wrong_code"] * 5
    assert {answer.status for answer in answers} == {401}
    assert [answer.extra["again"] for answer in answers] == [False] * 4 + [True]
    assert refusal_of(PHONE, code).extra["again"] is True
    house.later(minutes=1)
    ask()
    assert signin.sign_in(FROM_LOBBY, phone=PHONE, code=code_sent(house, PHONE) or "").token


def test_parallel_guesses_are_counted_one_by_one(mariadb_house: House) -> None:
    ask()
    code = code_sent(mariadb_house, PHONE) or ""
    race([another(code)] * 20, lambda given: signin.sign_in(FROM_LOBBY, phone=PHONE, code=given))
    with mariadb_house.sessions() as session:
        assert session.scalars(select(SmsCode)).one().tries == 5


def test_a_code_lives_five_minutes(house: House) -> None:
    ask()
    code = code_sent(house, PHONE) or ""
    house.later(minutes=5)
    assert refusal_of(PHONE, code).extra["again"] is True


def test_a_new_code_voids_the_old_one(house: House) -> None:
    ask()
    old = code_sent(house, PHONE) or ""
    house.later(minutes=1)
    ask()
    new = code_sent(house, PHONE) or ""
    if old != new:
        refusal_of(PHONE, old)
    assert signin.sign_in(FROM_LOBBY, phone=PHONE, code=new).token


def test_a_code_belongs_to_its_phone(house: House) -> None:
    ask()
    code = code_sent(house, PHONE) or ""
    refusal_of("13700137000", code)
    assert signin.sign_in(FROM_LOBBY, phone=PHONE, code=code).token


class Letterbox:
    """An SMS vendor that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, dict[str, str]]] = []

    def send(self, phone: str, template: str, params: Mapping[str, str]) -> str:
        self.sent.append((phone, template, dict(params)))
        return str(len(self.sent))


def test_the_worker_sends_the_code_while_it_is_worth_sending(house: House) -> None:
    letterbox = Letterbox()
    containers.use(replace(house.container, sms=letterbox))
    ask()
    house.work_off()
    assert letterbox.sent == [(PHONE, "login_code", {"code": code_sent(house, PHONE)})]

    ask("13700137000")
    house.later(minutes=6)
    house.work_off()
    assert len(letterbox.sent) == 1


def test_the_audit_trail_names_no_phone(house: House) -> None:
    signed_in(house, agreeing=False)
    with house.sessions() as session:
        entries = session.scalars(select(AuditEntry)).all()
    assert [entry.action for entry in entries] == ["sms-code.issue", "account.create", "sign-in"]
    assert all(PHONE not in json.dumps(entry.model_dump(), default=str) for entry in entries)
