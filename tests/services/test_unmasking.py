"""凭理由查看: masked until a reason is given, on the trail, and so often a day."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.flows import family, unmasking
from hospital_app.models.identity import Account
from hospital_app.models.operation import AuditEntry
from hospital_app.vault import vault
from tests.support.booked import CLERK, HOSPITAL_ADMIN, a_booked_appointment
from tests.support.builders import NOON_BEFORE, a_schedule
from tests.support.house import House, patient_actor
from tests.support.people import a_member_of_staff, resident_id
from tests.support.race import race

WOMAN, PHONE = resident_id(), "13800138000"


def a_woman(house: House) -> tuple[Actor, int]:
    with house.sessions.begin() as session:
        account = Account(phone=PHONE, phone_index=vault().blind_index("phone", PHONE), created_at=NOON_BEFORE)
        session.add(account)
        session.flush()
        actor = patient_actor(account.id or 0)
    me = family.add(actor, name="王秀芳", relation="self", document_number=WOMAN, insurance_number="31012345678")
    return actor, me.id


def refused(call: Any, *args: Any, **kwargs: Any) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        call(*args, **kwargs)
    return refusal.value


def trail(house: House, action: str) -> list[AuditEntry]:
    with house.sessions() as session:
        return list(session.scalars(select(AuditEntry).where(col(AuditEntry.action) == action)))


def look(actor: Actor, patient_id: int, *, note: str = "窗口核对身份", reason: str = "identity") -> Any:
    return unmasking.unmask(actor, patient_id=patient_id, reason=reason, note=note)


def test_a_person_is_found_by_what_they_hold_and_shown_masked(house: House) -> None:
    actor, me = a_woman(house)
    booked = a_booked_appointment(
        house.sessions, schedule_id=a_schedule(house.sessions), account_id=actor.account_id, patient_id=me
    )
    for given in (
        {"appointment_no": booked.no},
        {"document_number": WOMAN.lower()},
        {"phone": "+86 138-0013-8000"},
    ):
        (found,) = unmasking.find(CLERK, **given)
        assert (found.id, found.name, found.phones) == (me, "王*芳", ("138****8000",)), given
        assert found.document == f"110***********{WOMAN[-4:]}"
    details = "".join(entry.detail for entry in trail(house, "patient.find"))
    assert WOMAN not in details and PHONE not in details and len(trail(house, "patient.find")) == 3


@pytest.mark.parametrize(
    "given",
    [
        {"appointment_no": "GH26112400000001"},
        {"document_number": "王秀芳"},
        {"document_number": WOMAN[:-4]},
        {"phone": "13900139000"},
        {"document_number": "%"},
    ],
)
def test_nobody_is_found_by_a_part_or_a_name(house: House, given: dict[str, str]) -> None:
    a_woman(house)
    assert unmasking.find(CLERK, **given) == []


def test_with_a_reason_everything_is_shown_and_the_trail_says_why(house: House) -> None:
    _, me = a_woman(house)
    seen = look(CLERK, me, note="患者 忘带 证件，尾号 13800138000 核对")
    assert (seen.name, seen.document_number, seen.insurance_number) == ("王秀芳", WOMAN, "31012345678")
    assert seen.phones == (PHONE,) and seen.left == house.container.settings.rules.unmaskings_per_day - 1
    (entry,) = trail(house, "patient.unmask")
    assert (entry.actor, entry.subject) == (CLERK.subject, f"patient:{me}")
    assert '"reason":"identity"' in entry.detail and "忘带" in entry.detail
    for secret in ("王秀芳", WOMAN, PHONE, "31012345678"):
        assert secret not in entry.detail


@pytest.mark.parametrize("note", ["", "   ", "看一下", " 看 一 ", "很" * 201])
def test_a_look_needs_words(house: House, note: str) -> None:
    _, me = a_woman(house)
    refusal = refused(look, CLERK, me, note=note)
    assert (refusal.code, refusal.status) == ("reason_needed", 422)
    assert refused(look, CLERK, me, reason="because").code == "malformed"
    assert trail(house, "patient.unmask") == []


def test_so_many_looks_a_day(house: House) -> None:
    rules = replace(house.container.settings.rules, unmaskings_per_day=2)
    house.container = replace(house.container, settings=house.container.settings.model_copy(update={"rules": rules}))
    containers.use(house.container)
    _, me = a_woman(house)
    assert [look(CLERK, me).left, look(CLERK, me).left] == [1, 0]
    assert refused(look, CLERK, me).code == "too_many_unmaskings"
    assert look(HOSPITAL_ADMIN, me).left == 1
    house.later(hours=24)
    assert look(CLERK, me).left == 1


def test_ten_looks_at_once_stay_within_the_limit(mariadb_house: House) -> None:
    house = mariadb_house
    rules = replace(house.container.settings.rules, unmaskings_per_day=3)
    house.container = replace(house.container, settings=house.container.settings.model_copy(update={"rules": rules}))
    containers.use(house.container)
    _, me = a_woman(house)
    clerk = Actor(Role.CLERK, staff_id=a_member_of_staff(house, staff_no="C1", role=Role.CLERK))
    answers = race(range(10), lambda _: look(clerk, me))
    assert sum(not isinstance(answer, Refusal) for answer in answers) == 3


@pytest.mark.parametrize(
    ("actor", "status"),
    [
        (ANONYMOUS, 401),
        (patient_actor(1), 403),
        (Actor(Role.DOCTOR, staff_id=1, doctor_id=1), 403),
        (Actor(Role.DEPARTMENT_ADMIN, staff_id=1, department_code="03.01"), 403),
        (Actor(Role.KIOSK, staff_id=1), 403),
        (Actor(Role.HOSPITAL_ADMIN, staff_id=1, incomplete=True), 403),
    ],
)
def test_only_the_counter_and_the_hospitals_admin_look(house: House, actor: Actor, status: int) -> None:
    _, me = a_woman(house)
    assert refused(look, actor, me).status == status
    assert refused(unmasking.find, actor, phone=PHONE).status == status


def test_nothing_to_look_for_and_nobody_to_see(house: House) -> None:
    assert refused(unmasking.find, CLERK).code == "malformed"
    for patient_id in (0, 10**12):
        assert refused(look, CLERK, patient_id).code == "not_found"
