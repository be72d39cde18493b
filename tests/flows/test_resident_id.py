"""孩子领到身份证: the birth certificate gives way to the resident ID, once, if all agrees and the bureau says so."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.flows import family, trail
from hospital_app.models.identity import Patient
from hospital_app.services.families import PatientView
from hospital_app.services.trail_search import Wanted
from tests.support.booked import HOSPITAL_ADMIN
from tests.support.builders import an_account
from tests.support.bureau import Bureau
from tests.support.house import House, patient_actor
from tests.support.house_fixtures import house
from tests.support.people import resident_id
from tests.support.processes import running

__all__ = ["house"]

BORN = date(2024, 5, 1)
#: The 17th digit is even: a girl.
OWN = resident_id(born="20240501", order="002")


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    world = Bureau(tmp_path_factory.mktemp("insurance"))
    with running(world):
        yield world


@pytest.fixture
def insured(house: House, bureau: Bureau) -> House:
    bureau.switch(up=True)
    bureau.forget()
    house.container = replace(house.container, insurance=bureau.registry())
    containers.use(house.container)
    return house


def a_guardian(house: House) -> Actor:
    mother = patient_actor(an_account(house.sessions))
    family.add(mother, name="王秀芳", relation="self", document_number=resident_id(born="19900101", order="002"))
    return mother


def a_newborn(mother: Actor, *, certificate: str = "T440123456", agrees: bool = True) -> PatientView:
    return family.add(
        mother,
        name="王小满",
        relation="child",
        document_kind="birth-certificate",
        document_number=certificate,
        born_on=BORN,
        gender="female",
        guardian_agrees=agrees,
    )


def refused(actor: Actor, child: PatientView, **given: object) -> str:
    with pytest.raises(Refusal) as refusal:
        family.edit(actor, patient_id=child.id, **given)  # type: ignore[arg-type]
    return refusal.value.code


def kind_of(house: House, child: PatientView) -> str:
    with house.sessions() as session:
        return session.scalars(select(col(Patient.document_kind)).where(col(Patient.id) == child.id)).one()


def test_the_guardian_does_it_once_and_the_trail_tells(insured: House) -> None:
    mother = a_guardian(insured)
    child = a_newborn(mother)
    seen = family.edit(mother, patient_id=child.id, document_number=OWN)
    assert (seen.id, seen.document_kind, seen.missing) == (child.id, "resident-id", ())
    [entry, *_] = trail.search(HOSPITAL_ADMIN, wanted=Wanted(action="patient.edit")).entries
    assert entry.detail["before"]["document"] == child.document
    assert entry.detail["after"]["document"] == seen.document
    assert OWN not in str(entry.detail) and "T440123456" not in str(entry.detail)
    back = {"document_kind": "birth-certificate", "document_number": "T440123456"}
    assert refused(mother, child, **back) == "document_fixed"
    assert refused(mother, child, document_number=resident_id(born="20240501", order="004")) == "document_fixed"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"document_number": resident_id(born="20240502", order="002")}, "document_fixed"),
        ({"document_number": resident_id(born="20240501", order="001")}, "document_fixed"),
        ({"document_number": OWN, "name": "王大满"}, "document_fixed"),
        ({"document_number": OWN[:-1] + ("0" if OWN[-1] != "0" else "1")}, "bad_document"),
    ],
    ids=["another day", "a boy", "another name", "check digit"],
)
def test_what_does_not_agree_is_refused(insured: House, given: dict[str, str], code: str) -> None:
    mother = a_guardian(insured)
    child = a_newborn(mother)
    assert refused(mother, child, **given) == code
    assert kind_of(insured, child) == "birth-certificate"


def test_an_id_of_another_name_is_refused_by_the_bureau(insured: House) -> None:
    family.add(a_guardian(insured), name="赵小满", relation="child", document_number=OWN, insurance_number=OWN)
    mother = patient_actor(an_account(insured.sessions))
    family.add(mother, name="王大明", relation="self", document_number=resident_id(born="19880101", order="001"))
    assert refused(mother, a_newborn(mother), document_number=OWN) == "document_mismatch"


def test_nothing_happens_while_nobody_can_confirm_it(insured: House, bureau: Bureau, house: House) -> None:
    mother = a_guardian(insured)
    child = a_newborn(mother)
    bureau.switch(up=False)
    assert refused(mother, child, document_number=OWN) == "document_unconfirmed"
    containers.use(replace(house.container, insurance=None))
    assert refused(mother, child, document_number=OWN) == "document_unconfirmed"
    assert kind_of(insured, child) == "birth-certificate"


def test_only_who_answers_for_the_child_does_it(insured: House) -> None:
    other = patient_actor(an_account(insured.sessions))
    child = a_newborn(other, agrees=False)
    assert refused(other, child, document_number=OWN) == "patient_incomplete"
    assert refused(patient_actor(an_account(insured.sessions)), child, document_number=OWN) == "not_found"
    assert kind_of(insured, child) == "birth-certificate"


def test_two_records_are_never_merged_in_the_app(insured: House) -> None:
    """Both may have visits: the list takes the other record instead."""
    father, mother = a_guardian(insured), patient_actor(an_account(insured.sessions))
    known = family.add(father, name="王小满", relation="child", document_number=OWN)
    family.add(mother, name="王秀丽", relation="self", document_number=resident_id(born="19910101", order="002"))
    child = a_newborn(mother)
    assert refused(mother, child, document_number=OWN) == "document_taken"
    family.remove(mother, patient_id=child.id)
    again = family.add(mother, name="王小满", relation="child", document_number=OWN, guardian_agrees=True)
    assert again.id == known.id
