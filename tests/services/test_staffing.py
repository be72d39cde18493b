"""员工管理: who may make, see, move and end whom; and what that does to the one it is done to."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.domain.staffing import StaffEntry
from hospital_app.flows import booking, records, signin, staffing
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.hospital import Doctor
from hospital_app.models.identity import Staff
from hospital_app.models.operation import AuditEntry
from hospital_app.services.department_records import Details
from hospital_app.services.doctors import DoctorEntry
from hospital_app.services.staff_directory import Wanted
from tests.support.booked import a_booked_appointment
from tests.support.builders import AREA, DEPARTMENT, a_department, a_doctor, a_schedule
from tests.support.house import House, patient_actor
from tests.support.people import PASSWORD, a_member_of_staff
from tests.support.race import race

OTHER = "04.03"


def refused(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Refusal) as refusal:
        call()
    return refusal.value.status, refusal.value.code


def boss(house: House, staff_no: str = "M1") -> Actor:
    return Actor(Role.HOSPITAL_ADMIN, staff_id=a_member_of_staff(house, staff_no=staff_no))


def head_of(house: House, department: str = DEPARTMENT) -> Actor:
    staff_id = a_member_of_staff(
        house, staff_no=f"H{department}", role=Role.DEPARTMENT_ADMIN, department_code=department
    )
    return Actor(Role.DEPARTMENT_ADMIN, staff_id=staff_id, department_code=department)


def a_doctor_with_account(house: House, staff_no: str, department: str = DEPARTMENT) -> tuple[int, int]:
    """(staff, doctor)."""
    doctor_id = a_doctor(house.sessions, department=department)
    staff_id = a_member_of_staff(
        house, staff_no=staff_no, role=Role.DOCTOR, doctor_id=doctor_id, department_code=department
    )
    return staff_id, doctor_id


@pytest.fixture
def two_departments(house: House) -> House:
    a_department(house.sessions)
    a_department(house.sessions, code=OTHER, name="骨科")
    return house


def test_each_role_is_hired_and_must_change_the_first_password(two_departments: House) -> None:
    admin = boss(two_departments)
    entries = [
        StaffEntry("C1", "王敏", Role.CLERK),
        StaffEntry("D1", "单国强", Role.DOCTOR, DEPARTMENT, "主治医师", "male", "哮喘"),
        StaffEntry("H1", "吴建平", Role.DEPARTMENT_ADMIN, DEPARTMENT),
        StaffEntry("M2", "周海燕", Role.HOSPITAL_ADMIN),
    ]
    for entry in entries:
        hired = staffing.hire(admin, entry=entry)
        given = {"staff_no": entry.staff_no, "password": hired.password}
        assert refused(lambda given=given: signin.sign_in_staff(ANONYMOUS, **given)) == (  # type: ignore[misc]
            403,
            "password_change_required",
        )
        opened = signin.sign_in_staff(ANONYMOUS, **given, new_password="a much better one")
        assert opened.role is entry.role
    found = records.doctor_list(admin, q="shanguo")[0]
    assert (found.name, found.staff_no) == ("单国强", "D1")
    assert refused(lambda: staffing.hire(admin, entry=entries[0])) == (409, "staff_no_taken")


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (StaffEntry("工号", "王敏", Role.CLERK), "bad_staff_no"),
        (StaffEntry("C1", " ", Role.CLERK), "name_missing"),
        (StaffEntry("D1", "王敏", Role.DOCTOR, None, "主治医师"), "department_missing"),
        (StaffEntry("D1", "王敏", Role.DOCTOR, DEPARTMENT, "神医"), "title_missing"),
        (StaffEntry("C1", "王敏", Role.CLERK, "99"), "not_found"),
        (StaffEntry("C1", "王敏", Role.PATIENT), "forbidden"),
    ],
)
def test_what_no_entry_may_be(two_departments: House, entry: StaffEntry, code: str) -> None:
    admin = boss(two_departments)
    assert refused(lambda: staffing.hire(admin, entry=entry))[1] == code


def test_a_department_admin_reaches_doctors_and_clerks_of_the_own_department(two_departments: House) -> None:
    house, head = two_departments, head_of(two_departments)
    own, _ = a_doctor_with_account(house, "D1")
    theirs, their_doctor = a_doctor_with_account(house, "D2", OTHER)
    clerk = a_member_of_staff(house, staff_no="C1", role=Role.CLERK, department_code=DEPARTMENT)
    admin = boss(house).staff_id or 0
    rows = staffing.listing(head, wanted=Wanted()).rows
    assert [row.id for row in rows] == [clerk, own]
    assert staffing.listing(head, wanted=Wanted(department=OTHER)).rows == ()
    assert [choice.code for choice in staffing.departments(head)] == [DEPARTMENT]
    for out_of_reach in (theirs, admin, head.staff_id or 0, 2**31 - 1, 2**70):
        for act in (staffing.one, staffing.deactivate, staffing.reactivate, staffing.reset_password):
            assert refused(lambda act=act, i=out_of_reach: act(head, staff_id=i))[0] in (403, 404)  # type: ignore[misc]
    assert refused(lambda: staffing.rename(head, staff_id=theirs, name="冒名")) == (404, "not_found")
    assert refused(lambda: staffing.transfer(head, staff_id=own, department_code=OTHER)) == (403, "forbidden")
    assert refused(lambda: staffing.change_role(head, staff_id=clerk, role=Role.HOSPITAL_ADMIN)) == (403, "forbidden")
    for entry in (
        StaffEntry("X1", "王敏", Role.CLERK, OTHER),
        StaffEntry("X1", "王敏", Role.CLERK),
        StaffEntry("X1", "王敏", Role.DEPARTMENT_ADMIN, DEPARTMENT),
    ):
        assert refused(lambda entry=entry: staffing.hire(head, entry=entry)) == (403, "forbidden")  # type: ignore[misc]
    assert refused(lambda: records.doctor(head, doctor_id=their_doctor)) == (404, "not_found")
    moved = DoctorEntry("张国立", "male", "主任医师", "", "", DEPARTMENT)
    assert refused(lambda: records.correct_doctor(head, doctor_id=their_doctor, entry=moved)) == (403, "forbidden")
    details = Details("骨科", "", "", "", AREA)
    assert refused(lambda: records.correct_department(head, code=OTHER, details=details)) == (404, "not_found")
    assert refused(lambda: records.close_department(head, code=DEPARTMENT)) == (403, "forbidden")
    assert staffing.hire(head, entry=StaffEntry("C2", "王敏", Role.CLERK, DEPARTMENT)).password


@pytest.mark.parametrize("role", [Role.CLERK, Role.DOCTOR, Role.PATIENT, Role.ANONYMOUS])
def test_nobody_else_sees_the_list(sqlite_house: House, role: Role) -> None:
    who = Actor(role, staff_id=1, department_code=DEPARTMENT)
    assert refused(lambda: staffing.listing(who, wanted=Wanted()))[0] in (401, 403)
    assert refused(lambda: records.departments(who))[0] in (401, 403)


def test_search_filters_and_pages(two_departments: House) -> None:
    house, admin = two_departments, boss(two_departments)
    for number in range(25):
        a_member_of_staff(house, staff_no=f"C{number:02d}", role=Role.CLERK)
    first = staffing.listing(admin, wanted=Wanted())
    assert (first.total, first.pages, len(first.rows)) == (26, 2, 20)
    assert len(staffing.listing(admin, wanted=Wanted(page=99)).rows) == 6
    assert [row.staff_no for row in staffing.listing(admin, wanted=Wanted(q="C0", role="clerk")).rows][:2] == [
        "C00",
        "C01",
    ]
    assert staffing.listing(admin, wanted=Wanted(q="100%")).total == 0
    assert staffing.listing(admin, wanted=Wanted(standing="inactive")).total == 0


def test_what_changes_rights_ends_sessions(two_departments: House) -> None:
    house, admin = two_departments, boss(two_departments)
    staff_id = a_member_of_staff(house, staff_no="C1", role=Role.CLERK)

    def enter() -> str:
        house.later(minutes=10)
        return signin.sign_in_staff(ANONYMOUS, staff_no="C1", password=PASSWORD).token

    changes: list[Callable[[], object]] = [
        lambda: staffing.transfer(admin, staff_id=staff_id, department_code=OTHER),
        lambda: staffing.change_role(admin, staff_id=staff_id, role=Role.DEPARTMENT_ADMIN),
        lambda: staffing.change_role(admin, staff_id=staff_id, role=Role.DOCTOR, title="主治医师"),
        lambda: staffing.change_role(admin, staff_id=staff_id, role=Role.CLERK),
        lambda: staffing.deactivate(admin, staff_id=staff_id),
    ]
    for change in changes:
        token = enter()
        change()
        assert signin.actor_of_token(token).role is Role.ANONYMOUS
    assert refused(enter)[1] == "wrong_password"
    staffing.reactivate(admin, staff_id=staff_id)
    token = enter()
    password = staffing.reset_password(admin, staff_id=staff_id)
    assert signin.actor_of_token(token).role is Role.ANONYMOUS and password != PASSWORD
    assert refused(enter)[1] == "wrong_password"
    with house.sessions() as session:
        actions = set(session.scalars(select(AuditEntry.action).where(col(AuditEntry.subject) == f"staff:{staff_id}")))
        assert {
            "staff.transfer",
            "staff.role",
            "staff.deactivate",
            "staff.reactivate",
            "staff.password-reset",
        } <= actions
        assert session.scalars(select(Doctor)).one().active is False


def test_an_admin_does_not_lock_the_door_from_outside(two_departments: House) -> None:
    house, admin = two_departments, boss(two_departments)
    me = admin.staff_id or 0
    assert refused(lambda: staffing.deactivate(admin, staff_id=me)) == (403, "not_oneself")
    assert refused(lambda: staffing.change_role(admin, staff_id=me, role=Role.CLERK)) == (403, "not_oneself")
    gone = Actor(Role.HOSPITAL_ADMIN, staff_id=999)  # one who has just been ended elsewhere
    assert refused(lambda: staffing.deactivate(gone, staff_id=me)) == (409, "last_admin")
    assert refused(lambda: staffing.change_role(gone, staff_id=me, role=Role.CLERK)) == (409, "last_admin")
    other = boss(house, "M2")
    staffing.deactivate(admin, staff_id=other.staff_id or 0)
    assert not staffing.one(admin, staff_id=other.staff_id or 0).active


def test_two_admins_cannot_end_each_other(mariadb_house: House) -> None:
    one, two = boss(mariadb_house), boss(mariadb_house, "M2")
    race([(one, two), (two, one)], lambda pair: staffing.deactivate(pair[0], staff_id=pair[1].staff_id or 0))
    with mariadb_house.sessions() as session:
        assert len(session.scalars(select(Staff).where(col(Staff.active))).all()) == 1


def test_who_has_patients_to_come_stays(two_departments: House) -> None:
    house, admin = two_departments, boss(two_departments)
    staff_id, doctor_id = a_doctor_with_account(house, "D1")
    schedule_id = a_schedule(house.sessions, doctor_id=doctor_id)
    appointment = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    for act in (
        lambda: staffing.deactivate(admin, staff_id=staff_id),
        lambda: staffing.transfer(admin, staff_id=staff_id, department_code=OTHER),
        lambda: records.close_department(admin, code=DEPARTMENT),
    ):
        assert refused(act) == (409, "future_bookings")
    with house.sessions.begin() as session:
        assert not session.get_one(Schedule, schedule_id).suspended
        assert "free" in set(session.scalars(select(Slot.status)))
    booking.cancel(patient_actor(appointment.account_id), no=appointment.no)
    records.close_department(admin, code=DEPARTMENT)
    with house.sessions() as session:
        assert set(session.scalars(select(Slot.status))) == {"busy-unavailable"}
    assert house.broken() == []


def test_a_department_is_described_and_opened(two_departments: House) -> None:
    house, admin, head = two_departments, boss(two_departments), head_of(two_departments)
    a_schedule(house.sessions)
    details = Details("呼吸与危重症医学科", "门诊楼 3 层", "咳嗽、气喘", "周一至周五 8:00-17:30", AREA)
    records.correct_department(head, code=DEPARTMENT, details=details)
    seen = records.department(head, code=DEPARTMENT)
    assert (seen.name, seen.opening, seen.open) == (details.name, details.opening, True)
    long = Details("呼吸内科", "长" * 81, "", "", AREA)
    assert refused(lambda: records.correct_department(head, code=DEPARTMENT, details=long)) == (422, "bad_department")
    nowhere = Details("呼吸内科", "", "", "", "")
    assert refused(lambda: records.correct_department(head, code=DEPARTMENT, details=nowhere)) == (422, "area_missing")
    records.close_department(admin, code=DEPARTMENT)
    assert not records.department(admin, code=DEPARTMENT).open
    records.open_department(admin, code=DEPARTMENT)
    assert records.department(admin, code=DEPARTMENT).open
