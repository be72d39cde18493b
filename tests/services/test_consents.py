"""单独同意: separate, versioned, taken back at any time; without it nothing new is booked."""

from datetime import date

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.flows import booking, family, privacy
from hospital_app.models.identity import Account, Consent
from hospital_app.vault import vault
from tests.support.builders import NOON_BEFORE, a_patient, a_schedule, an_account, first_period
from tests.support.house import House, patient_actor
from tests.support.people import resident_id
from tests.support.race import race

WOMAN = resident_id()
CHILD = resident_id(born="20180101", order="101")


def a_newcomer(house: House, phone: str = "13700137000") -> Actor:
    """An account that has agreed to nothing yet."""
    with house.sessions.begin() as session:
        account = Account(phone=phone, phone_index=vault().blind_index("phone", phone), created_at=NOON_BEFORE)
        session.add(account)
        session.flush()
        assert account.id is not None
        return patient_actor(account.id)


def a_mother(house: House) -> tuple[Actor, int]:
    """A complete holder, and the id of her child of eight; no consent for the child."""
    actor = patient_actor(an_account(house.sessions))
    family.add(actor, name="王秀芳", relation="self", document_number=WOMAN)
    return actor, family.add(actor, name="王小", relation="child", document_number=CHILD).id


def hold(house: House, actor: Actor, patient_id: int, *, key: str = "k") -> str:
    schedule_id = a_schedule(house.sessions)
    held = booking.hold(actor, schedule_id=schedule_id, starts_at=first_period(), patient_id=patient_id, key=key)
    return held.status


def refused(call: object, *args: object, **kwargs: object) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        call(*args, **kwargs)  # type: ignore[operator]
    return refusal.value


def rows(house: House) -> list[Consent]:
    with house.sessions() as session:
        return list(session.scalars(select(Consent).order_by(col(Consent.id))))


def test_nothing_is_booked_before_the_consent_to_health_data(house: House) -> None:
    actor = a_newcomer(house)
    patient_id = a_patient(house.sessions, account_id=actor.account_id or 0)
    refusal = refused(hold, house, actor, patient_id)
    assert (refusal.code, refusal.status) == ("consent_required", 409)
    assert refusal.extra["kind"] == "health-data"
    assert not privacy.has_agreed(actor)
    given = privacy.agree(actor, kind="health-data")
    assert privacy.has_agreed(actor)
    assert hold(house, actor, patient_id) == "pending"
    (row,) = rows(house)
    assert (row.id, row.version, row.address) == (given.id, "2026-11", "127.0.0.1")


def test_a_consent_taken_back_stops_new_bookings_only(house: House) -> None:
    actor = a_newcomer(house)
    patient_id = a_patient(house.sessions, account_id=actor.account_id or 0)
    given = privacy.agree(actor, kind="health-data")
    hold(house, actor, patient_id)
    privacy.withdraw(actor, consent_id=given.id)
    privacy.withdraw(actor, consent_id=given.id)
    assert refused(hold, house, actor, patient_id, key="k2").code == "consent_required"
    assert [seen.status for seen in booking.listing(actor)] == ["pending"]
    again = privacy.agree(actor, kind="health-data")
    assert again.id != given.id and [seen.withdrawn_at is None for seen in privacy.listing(actor)] == [True, False]
    assert hold(house, actor, patient_id, key="k3") == "pending"


def test_a_new_wording_is_asked_again(house: House) -> None:
    actor = a_newcomer(house)
    given = privacy.agree(actor, kind="health-data")
    with house.sessions.begin() as session:
        session.execute(update(Consent).where(col(Consent.id) == given.id).values(version="2020-01"))
    assert not privacy.has_agreed(actor)
    assert privacy.agree(actor, kind="health-data").version == "2026-11"


def test_agreeing_ten_times_at_once_is_one_consent(mariadb_house: House) -> None:
    actor = a_newcomer(mariadb_house)
    answers = race(range(10), lambda _: privacy.agree(actor, kind="health-data"))
    assert not any(isinstance(answer, Exception) for answer in answers)
    assert len(rows(mariadb_house)) == 1


def test_a_guardian_agrees_for_each_child_by_itself(house: House) -> None:
    actor, child = a_mother(house)
    assert family.one(actor, patient_id=child).missing == ("consent",)
    sibling = family.add(
        actor,
        name="王二",
        relation="child",
        document_kind="birth-certificate",
        document_number="Q110123456",
        born_on=date(2026, 11, 20),
        gender="male",
        guardian_agrees=True,
    )
    assert sibling.missing == ()
    assert family.one(actor, patient_id=child).missing == ("consent",)
    assert hold(house, actor, sibling.id) == "pending"
    refusal = refused(hold, house, actor, child, key="k2")
    assert refusal.extra == {"missing": ["consent"], "patient_id": child} and "监护人" in refusal.message


def test_a_guardians_consent_taken_back_stops_new_bookings_for_that_child(house: House) -> None:
    actor, child = a_mother(house)
    given = privacy.agree(actor, kind="guardian", patient_id=child)
    assert hold(house, actor, child) == "pending"
    privacy.withdraw(actor, consent_id=given.id)
    assert refused(hold, house, actor, child, key="k2").extra["missing"] == ["consent"]
    assert given.patient_name == "王*"


def test_another_holder_has_to_agree_anew(house: House) -> None:
    actor, child = a_mother(house)
    privacy.agree(actor, kind="guardian", patient_id=child)
    mother = family.listing(actor)[0].id
    family.remove(actor, patient_id=mother)
    assert family.one(actor, patient_id=child).missing == ("guardian", "consent")
    family.add(actor, name="王父", relation="self", document_number=resident_id(born="19750301", order="113"))
    assert family.one(actor, patient_id=child).missing == ("consent",)


def test_a_child_that_was_removed_is_agreed_for_anew(house: House) -> None:
    actor, child = a_mother(house)
    privacy.agree(actor, kind="guardian", patient_id=child)
    family.remove(actor, patient_id=child)
    again = family.add(actor, name="王小", relation="child", document_number=CHILD)
    assert (again.id, again.missing) == (child, ("consent",))


def test_a_consent_follows_the_child_to_the_record_of_its_document(house: House) -> None:
    other, known = a_mother(house)
    actor = patient_actor(an_account(house.sessions))
    family.add(actor, name="王父", relation="self", document_number=resident_id(born="19750301", order="113"))
    unfinished = family.add(actor, name="王小", relation="child", guardian_agrees=True)
    seen = family.edit(actor, patient_id=unfinished.id, document_number=CHILD)
    assert (seen.id, seen.missing) == (known, ())
    assert family.one(other, patient_id=known).missing == ("consent",)  # that is the other account's own affair


def test_a_grown_up_needs_no_guardian(house: House) -> None:
    actor, _ = a_mother(house)
    spouse = family.add(
        actor,
        name="陈志明",
        relation="spouse",
        document_number=resident_id(born="19700301", order="113"),
        guardian_agrees=True,
    )
    assert spouse.missing == () and len(rows(house)) == 1
    assert refused(privacy.agree, actor, kind="guardian", patient_id=spouse.id).code == "no_guardian_needed"


def test_consents_are_ones_own(house: House) -> None:
    actor, child = a_mother(house)
    given = privacy.agree(actor, kind="guardian", patient_id=child)
    stranger = a_newcomer(house)
    assert privacy.listing(stranger) == []
    assert refused(privacy.withdraw, stranger, consent_id=given.id).code == "not_found"
    for patient_id in (child, 0, 10**12, None):
        assert refused(privacy.agree, stranger, kind="guardian", patient_id=patient_id).code == "not_found"
    assert refused(privacy.agree, actor, kind="everything").code == "malformed"
    assert refused(privacy.listing, ANONYMOUS).status == 401
    assert refused(privacy.listing, Actor(Role.HOSPITAL_ADMIN, staff_id=1)).status == 403
    assert family.one(actor, patient_id=child).missing == ()
