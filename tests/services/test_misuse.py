"""可疑账号: what the books say, and only that."""

from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy.orm import Session, sessionmaker

from hospital_app.domain.appointment import CancelReason, Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.policy import Rules
from hospital_app.flows import misuse
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import LoginSession
from hospital_app.services import freezing
from hospital_app.services.misuse import Suspect
from tests.support.booked import HOSPITAL_ADMIN, a_booked_appointment
from tests.support.builders import a_doctor, a_patient, a_schedule, an_account
from tests.support.house import House
from tests.support.statements import statements

RULES = Rules()


def booked(house: House, account: int, patients: list[int], *, count: int, **changes: object) -> list[int]:
    """So many appointments of the account, for each of its people in turn, at a doctor of each own; their ids."""
    ids = []
    for number in range(count):
        schedule = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=1, period_count=1)
        row = a_booked_appointment(
            house.sessions, schedule_id=schedule, account_id=account, patient_id=patients[number % len(patients)]
        )
        change(house.sessions, row.id or 0, **changes)
        ids.append(row.id or 0)
    return ids


def change(sessions: sessionmaker[Session], appointment_id: int, **values: object) -> None:
    with sessions.begin() as session:
        row = session.get_one(Appointment, appointment_id)
        for name, value in values.items():
            setattr(row, name, value)


def signed_in(house: House, account: int, *, device: str = "", address: str = "") -> None:
    with house.sessions.begin() as session:
        session.add(
            LoginSession(
                token_hash=sha256(f"{account}{device}{address}".encode()).hexdigest(),
                account_id=account,
                created_at=house.now,
                seen_at=house.now,
                expires_at=house.now + timedelta(days=1),
                device=device,
                address=address,
            )
        )


def found(house: House) -> dict[int, dict[str, int]]:
    """Account → what is too much of it."""
    return {s.account_id: {signal.name: signal.count for signal in s.signals} for s in misuse.suspects(HOSPITAL_ADMIN)}


def of(account: int) -> Suspect:
    return misuse.suspect(HOSPITAL_ADMIN, account_id=account)


def test_an_offer_that_ran_out_is_nobodys_cancel(house: House) -> None:
    """A number held that long by hand and let go is one."""
    account = an_account(house.sessions)
    person = a_patient(house.sessions, account_id=account)
    lapsed = {"status": Status.CANCELLED.value, "cancel_reason": CancelReason.EXPIRED.value}
    booked(house, account, [person], count=3, terminal="waitlist", **lapsed)
    assert of(account).evidence.get("cancels", 0) == 0
    booked(house, account, [person], count=2, **lapsed)
    assert of(account).evidence["cancels"] == 2


def test_a_family_is_no_suspect(house: House) -> None:
    account = an_account(house.sessions)
    family = [a_patient(house.sessions, account_id=account) for _ in range(6)]
    booked(house, account, family, count=10)
    signed_in(house, account, device="phone", address="192.0.2.1")
    assert found(house) == {}
    assert of(account).evidence == {"bookings": 10, "patients": 6, "devices": 1, "addresses": 1}
    assert of(account).severity == 0


def test_cancelling_and_booking_again_is_seen(house: House) -> None:
    account = an_account(house.sessions)
    patients = [a_patient(house.sessions, account_id=account) for _ in range(2)]
    given = {"status": Status.CANCELLED, "cancelled_at": house.now}
    for reason, count in ((CancelReason.PATIENT, 5), (CancelReason.EXPIRED, 4), (CancelReason.RELEASED, 3)):
        booked(house, account, patients, count=count, cancel_reason=reason, **given)
    booked(house, account, patients, count=9, cancel_reason=CancelReason.SUSPENDED, **given)  # the hospital's doing
    assert found(house) == {account: {"cancels": 12}}


def test_handing_a_number_on_is_seen(house: House) -> None:
    account = an_account(house.sessions)
    seller, buyer = (a_patient(house.sessions, account_id=account) for _ in range(2))
    for _ in range(3):
        schedule = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=2, period_count=1)
        one = a_booked_appointment(house.sessions, schedule_id=schedule, account_id=account, patient_id=seller)
        other = a_booked_appointment(house.sessions, schedule_id=schedule, seq=2, account_id=account, patient_id=buyer)
        change(
            house.sessions,
            one.id or 0,
            status=Status.CANCELLED,
            cancel_reason=CancelReason.PATIENT,
            cancelled_at=other.created_at - timedelta(minutes=5),
        )
    house.later(days=1)
    assert found(house) == {account: {"rebooked": 3}}


def test_many_people_and_no_shows_are_seen(house: House) -> None:
    account = an_account(house.sessions)
    strangers = [a_patient(house.sessions, account_id=account) for _ in range(RULES.misuse_patients)]
    booked(house, account, strangers, count=len(strangers))
    booked(house, account, strangers[:1], count=3, status=Status.NOSHOW)
    assert found(house) == {account: {"patients": 8, "noshows": 3}}


def test_devices_and_addresses_are_seen(house: House) -> None:
    account = an_account(house.sessions)
    for number in range(RULES.misuse_devices):
        signed_in(house, account, device=f"d{number}", address="192.0.2.1")
    roaming = an_account(house.sessions)
    for number in range(RULES.misuse_addresses):
        signed_in(house, roaming, address=f"192.0.2.{number}")
    assert found(house) == {account: {"devices": 6}, roaming: {"addresses": 40}}


def test_many_accounts_on_one_device_are_seen(house: House) -> None:
    accounts = [an_account(house.sessions) for _ in range(5)]
    for account in accounts[:4]:
        signed_in(house, account, device="farm")
    signed_in(house, accounts[4], device="own")
    assert found(house) == {account: {"shared_device": 4} for account in accounts[:4]}


def test_the_heaviest_comes_first_and_the_old_is_forgotten(house: House) -> None:
    mild, wild = an_account(house.sessions), an_account(house.sessions)
    for account, count in ((mild, 3), (wild, 6)):
        booked(house, account, [a_patient(house.sessions, account_id=account)], count=count, status=Status.NOSHOW)
    assert [each.account_id for each in misuse.suspects(HOSPITAL_ADMIN)] == [wild, mild]
    assert [each.severity for each in misuse.suspects(HOSPITAL_ADMIN)] == [2.0, 1.0]
    house.later(days=RULES.misuse_window_days + 3)
    assert found(house) == {}


def test_evidence_holds_nothing_personal(house: House) -> None:
    account = an_account(house.sessions)
    booked(house, account, [a_patient(house.sessions, account_id=account)], count=3, status=Status.NOSHOW)
    suspect = misuse.suspects(HOSPITAL_ADMIN)[0]
    assert "****" in suspect.phone
    assert all(isinstance(value, int) for value in suspect.evidence.values())
    frozen = misuse.freeze(HOSPITAL_ADMIN, account_id=account, reason="多次爽约", hours=24)
    assert frozen.evidence == suspect.evidence
    assert misuse.suspects(HOSPITAL_ADMIN)[0].frozen_until == frozen.until


def test_however_many_are_frozen_their_freezes_are_one_question(house: House) -> None:
    accounts = [an_account(house.sessions) for _ in range(4)]
    for account in accounts:
        booked(house, account, [a_patient(house.sessions, account_id=account)], count=3, status=Status.NOSHOW)
    by_itself, by_hand, both = accounts[:3]
    evidence = {"noshows": 3}
    for account in (by_itself, both):
        house.do(freezing.freeze, account_id=account, reason="转手", hours=24, evidence=evidence)
    for account in (by_hand, both):
        misuse.freeze(HOSPITAL_ADMIN, account_id=account, reason="多次爽约", hours=24)
    with statements(house.engine) as said:
        seen = {each.account_id: each.frozen_by_itself for each in misuse.suspects(HOSPITAL_ADMIN)}
    assert seen == dict.fromkeys(accounts, False) | {by_itself: True}
    assert sum("account_freeze" in each for each in said) == 1
    assert {account: of(account).frozen_by_itself for account in accounts} == seen
    house.later(hours=25)
    assert not any(each.frozen_by_itself for each in misuse.suspects(HOSPITAL_ADMIN))


def test_an_account_that_is_not_there(house: House) -> None:
    for account_id in (0, 999_999, 2**40):
        with pytest.raises(Refusal) as refusal:
            of(account_id)
        assert refusal.value.code == "not_found"
