"""同一个人在两个账号里: rules count the person; what one account does is never seen by the other."""

from datetime import date
from typing import Any

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.flows import booking, family
from tests.support.builders import a_doctor, a_schedule, an_account, first_period
from tests.support.house import House, patient_actor
from tests.support.people import resident_id
from tests.support.race import race

WOMAN = resident_id()
PASSPORT = {"document_kind": "passport", "document_number": "E12345678"}
BORN = {"born_on": date(1990, 5, 5), "gender": "female"}


class Pair:
    """A daughter and her mother, who both have the mother in their list."""

    def __init__(self, house: House) -> None:
        self.mother, self.daughter = (patient_actor(an_account(house.sessions)) for _ in range(2))
        self.id = family.add(self.mother, name="王秀芳", relation="self", document_number=WOMAN).id
        again = family.add(self.daughter, name="王秀芳", relation="parent", document_number=WOMAN)
        assert again.id == self.id


def hold(actor: Actor, schedule_id: int, patient_id: int, key: str) -> str:
    wish = {"schedule_id": schedule_id, "starts_at": first_period(), "patient_id": patient_id, "key": key}
    return booking.hold(actor, **wish).no  # type: ignore[arg-type]


def refused(call: Any, *args: Any, **kwargs: Any) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        call(*args, **kwargs)
    return refusal.value


def test_one_doctor_and_day_holds_across_accounts_and_tells_nothing_of_the_other(house: House) -> None:
    pair = Pair(house)
    schedule_id = a_schedule(house.sessions)
    no = hold(pair.mother, schedule_id, pair.id, "k")
    refusal = refused(hold, pair.daughter, schedule_id, pair.id, "k")
    assert refusal.code == "duplicate_booking" and refusal.extra == {} and no not in refusal.message
    assert refused(hold, pair.mother, schedule_id, pair.id, "k2").extra == {"no": no}
    assert booking.listing(pair.daughter) == []
    assert refused(booking.one, pair.daughter, no=no).status == 404


def test_the_daily_limit_counts_the_person_across_accounts(house: House) -> None:
    pair = Pair(house)
    schedules = [a_schedule(house.sessions, doctor_id=a_doctor(house.sessions, name=f"医{n}")) for n in "甲乙丙丁"]
    hold(pair.mother, schedules[0], pair.id, "k0")
    hold(pair.daughter, schedules[1], pair.id, "k1")
    hold(pair.mother, schedules[2], pair.id, "k2")
    assert refused(hold, pair.daughter, schedules[3], pair.id, "k3").code == "limit_reached"
    other = family.add(pair.daughter, name="李雷", relation="self", document_number=resident_id(order="114"))
    assert hold(pair.daughter, schedules[3], other.id, "k4")


def test_both_at_once_book_the_person_once(mariadb_house: House) -> None:
    pair = Pair(mariadb_house)
    schedule_id = a_schedule(mariadb_house.sessions, per_period=5)
    answers = race([pair.mother, pair.daughter], lambda actor: hold(actor, schedule_id, pair.id, "k"))
    assert sum(isinstance(answer, str) for answer in answers) == 1
    (refusal,) = [answer for answer in answers if isinstance(answer, Refusal)]
    assert refusal.code == "duplicate_booking"


def test_no_edit_changes_what_the_other_sees(house: House) -> None:
    pair = Pair(house)
    before = family.listing(pair.mother)
    family.edit(pair.daughter, patient_id=pair.id, relation="other")
    assert refused(family.edit, pair.daughter, patient_id=pair.id, name="李雷").code == "document_fixed"
    assert refused(family.edit, pair.daughter, patient_id=pair.id, gender="male").code == "document_fixed"
    refusal = refused(family.edit, pair.daughter, patient_id=pair.id, insurance_number="31012345678")
    assert refusal.code == "insurance_unconfirmed"  # no bureau has confirmed it
    family.remove(pair.daughter, patient_id=pair.id)
    assert family.listing(pair.mother) == before


def test_another_spelling_of_the_same_name_stays_ones_own_affair(house: House) -> None:
    one, other = (patient_actor(an_account(house.sessions)) for _ in range(2))
    me = family.add(one, name="Jean-Luc Picard", relation="self", **PASSPORT, **BORN)
    family.add(other, name="JEAN-LUC PICARD", relation="parent", **PASSPORT, **BORN)
    family.edit(other, patient_id=me.id, name="jean-luc picard")
    family.edit(one, patient_id=me.id, name="Jean-Luc  Picard")
    assert family.listing(one)[0].name == family.listing(other)[0].name == "J**d"


def test_what_was_left_blank_may_be_filled_once_and_not_changed(house: House) -> None:
    """The one thing that another account may add: facts of the same person that nobody has given yet."""
    one, other = (patient_actor(an_account(house.sessions)) for _ in range(2))
    me = family.add(one, name="Anna Schmidt", relation="self", **PASSPORT)
    family.add(other, name="Anna Schmidt", relation="other", **PASSPORT, **BORN)
    seen = family.one(one, patient_id=me.id)
    assert (seen.born_on, seen.missing) == (date(1990, 5, 5), ())
    wrong = {"patient_id": me.id, "born_on": date(1991, 1, 1)}
    assert refused(family.edit, other, **wrong).code == "document_fixed"
