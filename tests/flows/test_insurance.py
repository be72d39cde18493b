"""医保号: confirmed by the bureau, refused in a sentence, or kept until the bureau is back; never another's affair."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.flows import family, messages
from hospital_app.models.operation import AuditEntry, OutboxRow
from hospital_app.services.families import PatientView
from tests.support.builders import an_account
from tests.support.bureau import Bureau
from tests.support.house import House, patient_actor
from tests.support.house_fixtures import house
from tests.support.people import resident_id
from tests.support.processes import running

__all__ = ["house"]

CARD, NOBODYS, PAUSED = "31012345678", "99000000001", "98000000001"


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    world = Bureau(tmp_path_factory.mktemp("insurance"))
    with running(world):
        yield world


@pytest.fixture
def insured(house: House, bureau: Bureau) -> House:
    """A house with a bureau that knows nobody yet."""
    bureau.switch(up=True)
    bureau.forget()
    house.container = replace(house.container, insurance=bureau.registry())
    containers.use(house.container)
    return house


def somebody(house: House) -> Actor:
    return patient_actor(an_account(house.sessions))


def add(actor: Actor, *, number: str | None = CARD, name: str = "王秀芳") -> PatientView:
    return family.add(actor, name=name, relation="self", document_number=resident_id(), insurance_number=number)


def refused(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(Refusal) as refusal:
        call(*args, **kwargs)  # type: ignore[operator]
    return refusal.value.code


def test_a_number_that_the_bureau_knows_is_verified_with_its_region(insured: House) -> None:
    seen = add(somebody(insured))
    assert (seen.insurance_number, seen.insurance_verified) == ("*******5678", True)
    assert seen.insurance_region == "北京市"


def test_a_number_of_nobody_or_somebody_else_is_refused_and_nothing_is_saved(insured: House) -> None:
    actor = somebody(insured)
    assert refused(add, actor, number=NOBODYS) == "insurance_mismatch"
    assert refused(add, actor, number=PAUSED) == "not_insured"
    assert family.listing(actor) == []
    other = resident_id(born="19800229", order="113")
    family.add(somebody(insured), name="李雷", relation="self", document_number=other, insurance_number=CARD)
    assert refused(add, actor) == "insurance_mismatch"
    me = add(actor, number=None)
    assert refused(family.edit, actor, patient_id=me.id, insurance_number=CARD) == "insurance_mismatch"
    assert family.one(actor, patient_id=me.id).insurance_number == ""


def test_while_the_bureau_is_away_a_number_is_kept_and_verified_later(insured: House, bureau: Bureau) -> None:
    bureau.switch(up=False)
    actor = somebody(insured)
    me = add(actor)
    assert (me.insurance_number, me.insurance_verified, me.insurance_region) == ("*******5678", False, "")
    insured.work_off(rounds=1)
    assert not family.one(actor, patient_id=me.id).insurance_verified
    bureau.switch(up=True)
    insured.later(minutes=10)
    insured.work_off()
    assert family.one(actor, patient_id=me.id).insurance_region == "北京市"
    with insured.sessions() as session:
        payloads = "".join(session.scalars(select(col(OutboxRow.payload))))
    assert CARD not in payloads and "王秀芳" not in payloads


def test_what_the_bureau_then_refuses_goes_and_its_account_is_told(insured: House, bureau: Bureau) -> None:
    bureau.switch(up=False)
    actor = somebody(insured)
    me = add(actor, number=NOBODYS)
    bureau.switch(up=True)
    insured.later(minutes=10)
    insured.work_off()
    assert family.one(actor, patient_id=me.id).insurance_number == ""
    (told,) = messages.inbox(actor).messages
    assert (told.kind, told.params) == ("insurance-refused", {"name": "王*芳"})


def test_a_number_given_before_the_document_is_verified_with_it(insured: House) -> None:
    actor = somebody(insured)
    me = family.add(actor, name="王秀芳", relation="self", insurance_number=CARD)
    assert not me.insurance_verified
    assert family.edit(actor, patient_id=me.id, document_number=resident_id()).insurance_verified


def test_another_account_changes_nothing_that_nobody_confirmed(insured: House, bureau: Bureau) -> None:
    one, other = somebody(insured), somebody(insured)
    me = add(one)
    add(other, number=None)
    bureau.switch(up=False)
    before = family.listing(one)
    for number in ("55512345", NOBODYS):
        assert refused(family.edit, other, patient_id=me.id, insurance_number=number) == "insurance_unconfirmed"
    assert family.listing(one) == before
    bureau.switch(up=True)
    assert refused(family.edit, other, patient_id=me.id, insurance_number=NOBODYS) == "insurance_mismatch"
    assert family.listing(one) == before
    renewed = family.edit(other, patient_id=me.id, insurance_number="55512345")
    assert renewed.insurance_verified and family.listing(one)[0].insurance_number == "****2345"


def test_an_unconfirmed_number_is_not_put_into_anothers_list(insured: House, bureau: Bureau) -> None:
    one, other = somebody(insured), somebody(insured)
    me = add(one, number=None)
    bureau.switch(up=False)
    assert refused(add, other) == "insurance_unconfirmed"
    assert family.one(one, patient_id=me.id).insurance_number == "" and family.listing(other) == []


def test_no_number_is_readable_anywhere(insured: House) -> None:
    add(somebody(insured))
    with insured.sessions() as session:
        rows = str(session.execute(text("SELECT * FROM patient")).all())
        details = "".join(session.scalars(select(col(AuditEntry.detail))))
    assert CARD not in rows + details


def test_without_a_bureau_numbers_stay_unverified(house: House) -> None:
    actor = somebody(house)
    me = add(actor)
    house.work_off()
    assert (me.insurance_number, me.insurance_verified) == ("*******5678", False)
