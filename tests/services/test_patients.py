"""就诊人: one record for one real person, whoever's list they stand in."""

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.flows import booking, family, privacy
from hospital_app.models.identity import Patient
from hospital_app.models.operation import AuditEntry
from hospital_app.services.families import PatientView
from tests.support.builders import a_schedule, an_account, first_period
from tests.support.house import House, patient_actor
from tests.support.people import resident_id
from tests.support.race import race

WOMAN = resident_id(born="19740301", order="112")
MAN = resident_id(born="19800229", order="113")
CHILD = resident_id(born="20150101", order="101")


def somebody(house: House) -> Actor:
    return patient_actor(an_account(house.sessions))


def me(actor: Actor, **details: Any) -> PatientView:
    return family.add(actor, **{"name": "王秀芳", "relation": "self", "document_number": WOMAN, **details})


def refusal_of(call: Any, *args: Any, **kwargs: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        call(*args, **kwargs)
    return refused.value


def records(house: House) -> int:
    with house.sessions() as session:
        return session.scalar(select(func.count(col(Patient.id)))) or 0


def test_a_resident_id_gives_birth_date_and_gender(house: House) -> None:
    seen = me(somebody(house))
    assert (seen.born_on, seen.gender, seen.age) == (date(1974, 3, 1), "female", 52)
    assert seen.missing == ()


def test_names_and_numbers_are_masked(house: House) -> None:
    actor = somebody(house)
    me(actor, insurance_number="310 1234 5678 9012")
    shown = str(family.listing(actor))
    assert "王**芳" not in shown and "王*芳" in shown
    for secret in ("王秀芳", WOMAN, WOMAN[6:14], "310123456789012"):
        assert secret not in shown
    assert f"110***********{WOMAN[-4:]}" in shown


def test_nothing_personal_is_readable_in_the_database(house: House) -> None:
    me(somebody(house), insurance_number="310123456789012")
    with house.sessions() as session:
        row = str(session.execute(text("SELECT * FROM patient")).one())
    for secret in ("王秀芳", WOMAN, "310123456789012"):
        assert secret not in row


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("resident-id", WOMAN[:-1] + ("0" if WOMAN[-1] != "0" else "1")),
        ("resident-id", "911101199001010011"),
        ("foreign-permanent-resident", "911101199001010010"),
        ("resident-id", resident_id(born="20991231")),
        ("passport", "!"),
    ],
)
def test_a_wrong_check_digit_is_refused(house: House, kind: str, number: str) -> None:
    refused = refusal_of(me, somebody(house), document_kind=kind, document_number=number)
    assert (refused.code, refused.status) == ("bad_document", 422)
    assert records(house) == 0


def test_a_county_that_no_table_knows_is_still_a_county(house: House) -> None:
    assert me(somebody(house), document_number=resident_id(region="659999")).missing == ()


def test_a_passport_needs_birth_date_and_gender_from_the_form(house: House) -> None:
    actor = somebody(house)
    seen = me(actor, document_kind="passport", document_number="E12345678")
    assert seen.missing == ("born_on", "gender")
    seen = family.edit(actor, patient_id=seen.id, born_on=date(1990, 5, 5), gender="male")
    assert seen.missing == ()


def test_a_newborn_is_known_by_the_birth_certificate_and_a_grown_up_is_not(house: House) -> None:
    actor = somebody(house)
    me(actor)
    certificate = {"document_kind": "birth-certificate", "document_number": "q110123456", "gender": "male"}
    newborn = family.add(actor, name="王新", relation="child", guardian_agrees=True, **certificate)
    assert newborn.missing == ("born_on",)
    refused = refusal_of(family.edit, actor, patient_id=newborn.id, born_on=date(2012, 11, 24))
    assert (refused.code, refused.status) == ("bad_document", 422)
    seen = family.edit(actor, patient_id=newborn.id, born_on=date(2026, 11, 24))
    assert (seen.missing, seen.age, seen.document) == ((), 0, "******3456")


def test_an_edit_stands_on_the_trail_masked(house: House) -> None:
    actor = somebody(house)
    unfinished = me(actor, document_number=None)
    family.edit(actor, patient_id=unfinished.id, document_number=WOMAN)
    with house.sessions() as session:
        (detail,) = session.scalars(select(col(AuditEntry.detail)).where(col(AuditEntry.action) == "patient.edit"))
    assert json.loads(detail)["after"] == {
        "relation": "self",
        "name": "王*芳",
        "document": f"110***********{WOMAN[-4:]}",
        "insurance": "",
    }
    assert json.loads(detail)["before"]["document"] == "" and WOMAN not in detail and "王秀芳" not in detail


@pytest.mark.parametrize("born_on", [date(1700, 1, 1), date(2999, 1, 1)])
def test_impossible_birth_dates_are_refused(house: House, born_on: date) -> None:
    assert refusal_of(me, somebody(house), document_number=None, born_on=born_on).code == "bad_birth_date"


def test_only_a_name_is_needed_at_first(house: House) -> None:
    actor = somebody(house)
    seen = me(actor, document_number=None)
    assert seen.missing == ("document_number", "born_on", "gender")
    seen = family.edit(actor, patient_id=seen.id, document_number=WOMAN)
    assert seen.missing == ()


def test_two_accounts_share_one_person(house: House) -> None:
    one, other = somebody(house), somebody(house)
    first = me(one)
    second = family.add(other, name="王秀芳", relation="parent", document_number=WOMAN.lower())
    assert first.id == second.id and records(house) == 1
    family.remove(one, patient_id=first.id)
    assert family.listing(one) == []
    assert [member.id for member in family.listing(other)] == [first.id]


def test_another_name_on_the_same_document_is_refused(house: House) -> None:
    me(somebody(house))
    refused = refusal_of(me, somebody(house), name="李雷")
    assert (refused.code, refused.status) == ("document_taken", 409)
    assert records(house) == 1


def test_a_passport_of_others_is_shared_only_with_whom_knows_the_birth_date(house: House) -> None:
    passport = {"document_kind": "passport", "document_number": "E12345678"}
    me(somebody(house), **passport, born_on=date(1990, 5, 5), gender="male")
    stranger = somebody(house)
    assert refusal_of(me, stranger, **passport).code == "document_taken"
    assert refusal_of(me, stranger, **passport, born_on=date(1990, 5, 6)).code == "document_taken"
    assert me(stranger, **passport, born_on=date(1990, 5, 5)).missing == ()
    assert records(house) == 1


def test_completing_with_a_known_document_leads_to_that_person(house: House) -> None:
    known = me(somebody(house))
    actor = somebody(house)
    unfinished = me(actor, document_number=None)
    seen = family.edit(actor, patient_id=unfinished.id, document_number=WOMAN)
    assert seen.id == known.id and seen.id != unfinished.id
    assert [member.id for member in family.listing(actor)] == [known.id]
    assert records(house) == 1
    assert refusal_of(family.one, actor, patient_id=unfinished.id).status == 404


def test_a_person_stands_in_a_list_once(house: House) -> None:
    actor = somebody(house)
    me(actor)
    assert (
        refusal_of(family.add, actor, name="王秀芳", relation="other", document_number=WOMAN).code == "already_member"
    )
    double = family.add(actor, name="王秀芳", relation="other")
    assert refusal_of(family.edit, actor, patient_id=double.id, document_number=WOMAN).code == "already_member"
    assert len(family.listing(actor)) == 2 and records(house) == 2


def test_who_was_named_by_a_document_cannot_become_somebody_else(house: House) -> None:
    actor = somebody(house)
    seen = me(actor)
    for change in (
        {"name": "李雷"},
        {"document_number": MAN},
        {"document_kind": "passport", "document_number": "E12345678"},
        {"born_on": date(1980, 1, 1)},
        {"gender": "male"},
    ):
        assert refusal_of(family.edit, actor, patient_id=seen.id, **change).code == "document_fixed", change
    again = family.edit(actor, patient_id=seen.id, name="王秀芳", document_number=WOMAN, insurance_number="31012345")
    assert again.insurance_number == "****2345"


def test_an_unfinished_person_may_be_renamed(house: House) -> None:
    actor = somebody(house)
    seen = me(actor, document_number=None)
    assert family.edit(actor, patient_id=seen.id, name="李雷").name == "李*"


def test_the_holder_and_five_others(house: House) -> None:
    actor = somebody(house)
    for index in range(5):
        family.add(actor, name=f"王{'一二三四五'[index]}", relation="other")
    me(actor)
    refused = refusal_of(family.add, actor, name="王六", relation="child")
    assert (refused.code, refused.status) == ("too_many_members", 409)
    assert refusal_of(me, actor, document_number=None).code == "self_exists"
    members = family.listing(actor)
    assert [member.relation for member in members] == ["self"] + ["other"] * 5
    family.remove(actor, patient_id=members[1].id)
    family.add(actor, name="王六", relation="child")


def test_a_relation_may_be_corrected_within_the_same_limits(house: House) -> None:
    actor = somebody(house)
    mother = family.add(actor, name="王一", relation="self")
    assert family.edit(actor, patient_id=mother.id, relation="parent").relation == "parent"
    me(actor)
    assert refusal_of(family.edit, actor, patient_id=mother.id, relation="self").code == "self_exists"


def test_ten_additions_at_once_stay_within_the_limit(mariadb_house: House) -> None:
    actor = somebody(mariadb_house)
    names = [f"王{sign}" for sign in "一二三四五六七八九十"]
    answers = race(names, lambda name: family.add(actor, name=name, relation="other"))
    assert sum(not isinstance(answer, Refusal) for answer in answers) == 5
    assert len(family.listing(actor)) == 5


def test_one_document_given_by_ten_accounts_at_once_is_one_person(mariadb_house: House) -> None:
    actors = [somebody(mariadb_house) for _ in range(10)]
    answers = race(actors, me)
    assert len({answer.id for answer in answers if isinstance(answer, PatientView)}) == 1
    assert not any(isinstance(answer, Refusal) for answer in answers)
    assert records(mariadb_house) == 1


def test_a_child_needs_a_complete_grown_up_holder(house: House) -> None:
    actor = somebody(house)
    child = family.add(actor, name="王小", relation="child", document_number=CHILD, guardian_agrees=True)
    assert child.missing == ("guardian",)
    holder = me(actor, document_number=None)
    assert family.one(actor, patient_id=child.id).missing == ("guardian",)
    family.edit(actor, patient_id=holder.id, document_number=WOMAN)
    assert family.one(actor, patient_id=child.id).missing == ()


def test_a_child_is_no_guardian_even_of_itself(house: House) -> None:
    actor = somebody(house)
    assert me(actor, name="王小", document_number=CHILD).missing == ("guardian", "consent")
    sibling = family.add(actor, name="王二", relation="other", document_number=resident_id(born="20160101"))
    assert sibling.missing == ("guardian", "consent")


def test_booking_asks_for_what_is_missing(house: House) -> None:
    schedule_id = a_schedule(house.sessions)
    actor = somebody(house)
    child = family.add(actor, name="王小", relation="child", document_number=CHILD)
    wish = {"schedule_id": schedule_id, "starts_at": first_period(), "patient_id": child.id, "key": "k"}
    refused = refusal_of(booking.hold, actor, **wish)
    assert refused.code == "patient_incomplete" and refused.extra["missing"] == ["guardian", "consent"]
    me(actor)
    refused = refusal_of(booking.hold, actor, **wish)
    assert refused.code == "patient_incomplete" and refused.extra["missing"] == ["consent"]
    privacy.agree(actor, kind="guardian", patient_id=child.id)
    assert booking.hold(actor, **wish).status == "pending"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("actor", "status"),
    [
        (ANONYMOUS, 401),
        (Actor(Role.DOCTOR, staff_id=1, doctor_id=1), 403),
        (Actor(Role.HOSPITAL_ADMIN, staff_id=1), 403),
    ],
)
def test_only_accounts_have_a_family(house: House, actor: Actor, status: int) -> None:
    theirs = me(somebody(house))
    calls = [
        (family.listing, {}),
        (family.add, {"name": "王一", "relation": "self"}),
        (family.edit, {"patient_id": theirs.id, "name": "王一"}),
        (family.remove, {"patient_id": theirs.id}),
    ]
    assert [refusal_of(call, actor, **given).status for call, given in calls] == [status] * 4  # type: ignore[arg-type]
    assert records(house) == 1


def test_anothers_family_member_does_not_exist(house: House) -> None:
    theirs = me(somebody(house), document_number=None)
    stranger = somebody(house)
    for call, given in (
        (family.one, {}),
        (family.edit, {"name": "李雷"}),
        (family.edit, {"document_number": MAN}),
        (family.remove, {}),
    ):
        for patient_id in (theirs.id, 0, -1, 10**30):
            assert refusal_of(call, stranger, patient_id=patient_id, **given).code == "not_found"
    assert records(house) == 1


@pytest.mark.parametrize("wrong", [{"relation": "boss"}, {"document_kind": "library-card"}, {"gender": "yes"}])
def test_words_that_no_form_of_ours_sends_are_refused(house: House, wrong: dict[str, str]) -> None:
    assert refusal_of(me, somebody(house), **wrong).code == "malformed"
