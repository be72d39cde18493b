"""冻结与申诉: who may, for how long, what a frozen account still can, what it is told, and how it ends."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import booking, messages, misuse, signin
from hospital_app.models.identity import Account, AccountFreeze
from hospital_app.models.operation import AuditEntry, OutboxRow
from hospital_app.vault import vault
from tests.support.booked import CLERK, HOSPITAL_ADMIN, a_booked_appointment, department_admin, doctor_actor
from tests.support.builders import a_patient, a_schedule, an_account, first_period
from tests.support.house import House, patient_actor
from tests.support.people import signed_in

REASON = "30 天内退号再约 14 次"


def frozen(house: House, account_id: int, *, hours: int = 24) -> int:
    return misuse.freeze(HOSPITAL_ADMIN, account_id=account_id, reason=REASON, hours=hours).id


def code_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    return refusal.value.code


def test_only_the_hospital_admin_may(house: House) -> None:
    account = an_account(house.sessions)
    for actor in (CLERK, department_admin(), doctor_actor(1), patient_actor(account), Actor(Role.ANONYMOUS)):
        for call in (
            lambda actor=actor: misuse.freeze(actor, account_id=account, reason=REASON, hours=24),
            lambda actor=actor: misuse.unfreeze(actor, account_id=account),
            lambda actor=actor: misuse.decide(actor, freeze_id=1, decision="lifted", answer="x"),
            lambda actor=actor: misuse.suspects(actor),
            lambda actor=actor: misuse.freezes(actor),
        ):
            with pytest.raises(Refusal) as refusal:
                call()
            assert code_of(refusal) in {"forbidden", "signed_out"}


@pytest.mark.parametrize(
    ("reason", "hours", "code"),
    [("", 24, "bad_reason"), (" ", 24, "bad_reason"), ("长" * 201, 24, "bad_reason"), (REASON, 0, "bad_span"),
     (REASON, -5, "bad_span"), (REASON, 24 * 367, "bad_span"), (REASON, 2**70, "bad_span")],
)  # fmt: skip
def test_a_freeze_needs_a_reason_and_an_end(house: House, reason: str, hours: int, code: str) -> None:
    account = an_account(house.sessions)
    with pytest.raises(Refusal) as refusal:
        misuse.freeze(HOSPITAL_ADMIN, account_id=account, reason=reason, hours=hours)
    assert code_of(refusal) == code


def test_unknown_accounts_are_not_found(house: House) -> None:
    for account_id in (0, -1, 999_999, 2**40):
        with pytest.raises(Refusal) as refusal:
            misuse.freeze(HOSPITAL_ADMIN, account_id=account_id, reason=REASON, hours=1)
        assert code_of(refusal) == "not_found"


def test_it_holds_from_the_next_call_until_its_end(house: House) -> None:
    session = signed_in(house)
    assert session.account_id is not None
    token = session.token
    assert not signin.actor_of_token(token).frozen
    frozen(house, session.account_id, hours=2)
    actor = signin.actor_of_token(token)
    assert actor.frozen
    assert authority.may(actor, Right.SEE_APPOINTMENT) and authority.may(actor, Right.CANCEL)
    assert authority.may(actor, Right.CHECK_IN) and authority.may(actor, Right.APPEAL)
    with pytest.raises(Refusal) as refusal:
        authority.check(actor, Right.BOOK)
    assert code_of(refusal) == "account_frozen"
    house.later(hours=2)  # nobody has to come and lift it
    assert not signin.actor_of_token(token).frozen
    assert not misuse.own_freeze(patient_actor(session.account_id)).active  # type: ignore[union-attr]


def test_the_books_refuse_too_what_passed_the_door_before(house: House) -> None:
    """The actor was let in a moment before the freeze: the transaction looks for itself."""
    account = an_account(house.sessions)
    patient = a_patient(house.sessions, account_id=account)
    schedule = a_schedule(house.sessions)
    before = patient_actor(account)
    frozen(house, account)
    authority.check(before, Right.BOOK)  # what the door knew
    with pytest.raises(Refusal) as refusal:
        booking.hold(before, schedule_id=schedule, starts_at=first_period(), patient_id=patient, key="k")
    assert refusal.value.message == authority.account_frozen().message


def test_what_is_booked_stays_and_can_be_cancelled(house: House) -> None:
    account = an_account(house.sessions)
    schedule = a_schedule(house.sessions)
    booked = a_booked_appointment(house.sessions, schedule_id=schedule, account_id=account)
    frozen(house, account)
    actor = replace(patient_actor(account), frozen=True)
    assert [seen.no for seen in booking.listing(actor)] == [booked.no]
    assert booking.cancel(actor, no=booked.no).status == "cancelled"


def test_the_patient_is_told_without_details(house: House) -> None:
    account = an_account(house.sessions)
    frozen(house, account)
    inbox = messages.inbox(patient_actor(account))
    assert [message.kind for message in inbox.messages] == ["frozen"]
    with house.sessions() as session:
        row = session.scalars(select(OutboxRow).where(col(OutboxRow.kind) == "sms.notice")).one()
        phone = session.get_one(Account, account).phone
    letter = json.loads(row.payload)
    assert vault().decrypt(letter["phone_sealed"]) == phone
    assert (letter["template"], letter["sealed"]) == ("account_frozen", {})
    assert phone not in row.payload and REASON not in row.payload


def test_a_second_freeze_meets_the_first(house: House) -> None:
    account = an_account(house.sessions)
    frozen(house, account)
    with pytest.raises(Refusal) as refusal:
        frozen(house, account)
    assert code_of(refusal) == "already_frozen"
    misuse.unfreeze(HOSPITAL_ADMIN, account_id=account)
    with pytest.raises(Refusal) as refusal:
        misuse.unfreeze(HOSPITAL_ADMIN, account_id=account)
    assert code_of(refusal) == "not_frozen"
    frozen(house, account)


def test_an_appeal_is_heard_once_and_answered_once(house: House) -> None:
    account = an_account(house.sessions)
    patient = patient_actor(account)
    with pytest.raises(Refusal) as refusal:
        misuse.appeal(patient, text="没有被冻结")
    assert code_of(refusal) == "not_frozen"
    freeze_id = frozen(house, account)
    for text in ("", "  ", "长" * 501):
        with pytest.raises(Refusal) as refusal:
            misuse.appeal(patient, text=text)
        assert code_of(refusal) == "bad_appeal"
    with pytest.raises(Refusal) as refusal:
        misuse.decide(HOSPITAL_ADMIN, freeze_id=freeze_id, decision="kept", answer="还没有申诉")
    assert code_of(refusal) == "not_appealed"
    assert misuse.appeal(patient, text="是给全家人挂的号").appeal == "是给全家人挂的号"
    with pytest.raises(Refusal) as refusal:
        misuse.appeal(patient, text="再说一遍")
    assert code_of(refusal) == "already_appealed"
    assert [view.id for view in misuse.freezes(HOSPITAL_ADMIN)] == [freeze_id]
    kept = misuse.decide(HOSPITAL_ADMIN, freeze_id=freeze_id, decision="kept", answer="核实后维持")
    assert (kept.active, kept.decision) == (True, "kept")
    with pytest.raises(Refusal) as refusal:
        misuse.decide(HOSPITAL_ADMIN, freeze_id=freeze_id, decision="lifted", answer="又改主意")
    assert code_of(refusal) == "not_appealed"
    own = misuse.own_freeze(patient)
    assert own is not None and (own.active, own.answer) == (True, "核实后维持")


def test_a_granted_appeal_ends_the_freeze_and_is_told(house: House) -> None:
    account = an_account(house.sessions)
    freeze_id = frozen(house, account)
    misuse.appeal(patient_actor(account), text="请核实")
    lifted = misuse.decide(HOSPITAL_ADMIN, freeze_id=freeze_id, decision="lifted", answer="抱歉给您添麻烦")
    assert (lifted.active, lifted.decision, lifted.answer) == (False, "lifted", "抱歉给您添麻烦")
    with house.sessions() as session:
        assert session.get_one(Account, account).frozen_until is None
    assert messages.inbox(patient_actor(account)).messages[0].kind == "unfrozen"
    own = misuse.own_freeze(patient_actor(account))
    assert own is not None and own.answer == "抱歉给您添麻烦"
    house.later(days=31)
    assert misuse.own_freeze(patient_actor(account)) is None


def test_everything_is_on_record_and_nothing_personal(house: House) -> None:
    account = an_account(house.sessions)
    freeze_id = frozen(house, account)
    misuse.appeal(patient_actor(account), text="我叫王秀芳，电话 13912345678")
    misuse.decide(HOSPITAL_ADMIN, freeze_id=freeze_id, decision="lifted", answer="同意")
    with house.sessions() as session:
        entries = session.scalars(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        row = session.get_one(AccountFreeze, freeze_id)
    assert [entry.action for entry in entries] == [
        "account.freeze", "freeze.appeal", "freeze.decide", "account.unfreeze",
    ]  # fmt: skip
    assert {entry.subject for entry in entries} == {f"account:{account}"}
    assert json.loads(entries[0].detail)["after"]["frozen_until"] == row.until.isoformat()
    assert "王秀芳" not in "".join(entry.detail for entry in entries)
    assert row.decided_by == HOSPITAL_ADMIN.subject
