"""员工管理: hiring, moving, ending. Department admins manage the doctors and clerks of their own department.

Whatever changes what somebody may do ends their sessions.
"""

from dataclasses import asdict

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain import authority, staffing
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal, forbidden, not_found
from hospital_app.domain.identity import Role
from hospital_app.domain.staffing import IN_DEPARTMENT, MANAGED_BY_DEPARTMENT, ROLE_NAMES, StaffEntry
from hospital_app.models.booking import Schedule, ScheduleTemplate
from hospital_app.models.hospital import Department, Doctor
from hospital_app.models.identity import Staff
from hospital_app.services import doctors, returning, sign_in_guard, staff, vacating
from hospital_app.services.doctors import DoctorEntry
from hospital_app.services.sessions import revoke_all_of_staff
from hospital_app.services.staff_directory import reached
from hospital_app.work import Work


def check_entry(work: Work, *, entry: StaffEntry) -> None:
    """Raises Refusal in the words of a form: forbidden, staff_no_taken, department_missing and those of the domain."""
    own = authority.own_department(work.actor, Right.MANAGE_STAFF)
    if own is not None and (entry.role not in MANAGED_BY_DEPARTMENT or entry.department_code != own):
        raise Refusal("forbidden", "科室管理员只能为本科室添加医生和窗口人员，请联系医院管理员。", 403)
    if entry.role not in ROLE_NAMES:
        raise forbidden()
    staffing.check(entry)
    _check_department(work, entry.role, entry.department_code)
    if work.session.scalar(select(col(Staff.id)).where(col(Staff.staff_no) == entry.staff_no)) is not None:
        raise staff.number_taken()


def hire(work: Work, *, entry: StaffEntry, password_hash: str) -> int:
    """A new member of staff with a first password to be changed; a doctor's record comes with it. Their id."""
    check_entry(work, entry=entry)
    doctor_id = None
    if entry.role is Role.DOCTOR:
        doctor_id = doctors.add(work, entry=_record(entry.name, entry))
    return staff.create(
        work,
        staff_no=entry.staff_no,
        name=entry.name.strip(),
        role=entry.role,
        password_hash=password_hash,
        department_code=entry.department_code,
        doctor_id=doctor_id,
        must_change_password=entry.role is not Role.KIOSK,
    )


def rename(work: Work, *, staff_id: int, name: str) -> None:
    """A corrected name, also of the doctor's record."""
    staffing.check_name(name)
    member = reached(work, staff_id=staff_id)
    member.name = name.strip()
    if member.doctor_id is not None:
        doctor = work.session.get_one(Doctor, member.doctor_id)
        doctor.name = member.name
        doctor.pinyin, doctor.initials = doctors.name_words(member.name)
    work.record("staff.rename", f"staff:{staff_id}")


def reset_password(work: Work, *, staff_id: int, password_hash: str) -> None:
    """A first password again; their sessions and waits end."""
    member = _another(work, staff_id)
    member.password_hash, member.must_change_password = password_hash, member.role != Role.KIOSK
    member.password_changed_at = work.now
    sign_in_guard.clear(work, key=sign_in_guard.staff_key(member.staff_no))
    revoke_all_of_staff(work, staff_id=staff_id)
    work.record("staff.password-reset", f"staff:{staff_id}")


def deactivate(work: Work, *, staff_id: int) -> None:
    """离岗. Raises Refusal not_oneself, last_admin, future_bookings."""
    member = _another(work, staff_id)
    if not member.active:
        return
    _keep_an_admin(work, member)
    if member.doctor_id is not None:
        _retire_doctor(work, member.doctor_id)
    member.active = False
    _ended(work, member, "staff.deactivate")


def reactivate(work: Work, *, staff_id: int) -> None:
    """返岗. A doctor's templates hold again, and the clinics to come that were closed when they left."""
    member = reached(work, staff_id=staff_id)
    if member.active:
        return
    _check_department(work, Role(member.role), member.department_code)
    if member.doctor_id is not None:
        work.session.get_one(Doctor, member.doctor_id).active = True
    member.active = True
    work.record("staff.reactivate", f"staff:{staff_id}", **_open_clinics(work, member.doctor_id))


def transfer(work: Work, *, staff_id: int, department_code: str | None) -> None:
    """调动, by a hospital admin: nobody takes people of another department. Raises Refusal future_bookings.

    Back in a department where they worked before, a doctor's templates of then hold again.
    """
    _hospital_only(work)
    member = reached(work, staff_id=staff_id)
    code = department_code or None
    if code == member.department_code:
        return
    _check_department(work, Role(member.role), code)
    before = member.department_code
    if member.doctor_id is not None:
        _close_clinics(work, member.doctor_id)
        work.session.get_one(Doctor, member.doctor_id).department_code = code or ""
    member.department_code = code
    restored = _open_clinics(work, member.doctor_id)
    _ended(work, member, "staff.transfer", before={"department": before}, after={"department": code}, **restored)


def change_role(work: Work, *, staff_id: int, role: Role, department_code: str | None, title: str = "") -> None:
    """换岗, by a hospital admin. Raises Refusal not_oneself, last_admin, future_bookings."""
    _hospital_only(work)
    member = _another(work, staff_id)
    was = Role(member.role)
    if role not in ROLE_NAMES or Role.KIOSK in (role, was):
        raise forbidden()
    if role is was:
        return
    entry = StaffEntry(member.staff_no, member.name, role, department_code or member.department_code, title)
    staffing.check(entry)
    _check_department(work, role, entry.department_code)
    _keep_an_admin(work, member)
    if member.doctor_id is not None:
        _retire_doctor(work, member.doctor_id)
    member.doctor_id = doctors.add(work, entry=_record(member.name, entry)) if role is Role.DOCTOR else None
    member.role, member.department_code = role.value, entry.department_code
    _ended(work, member, "staff.role", before={"role": was.value}, after={"role": role.value})


def _record(name: str, entry: StaffEntry) -> DoctorEntry:
    return DoctorEntry(
        name.strip(), entry.gender, entry.title, entry.specialty, entry.introduction, entry.department_code or ""
    )


def _another(work: Work, staff_id: int) -> Staff:
    if staff_id == work.actor.staff_id:
        raise Refusal("not_oneself", "不能对自己的账号做这件事，请另一位管理员操作。", 403)
    return reached(work, staff_id=staff_id)


def _hospital_only(work: Work) -> None:
    if authority.own_department(work.actor, Right.MANAGE_STAFF) is not None:
        raise Refusal("forbidden", "跨科室的调动和换岗由医院管理员办理，请联系医院管理员。", 403)


def _check_department(work: Work, role: Role, code: str | None) -> None:
    if code is None:
        if role in IN_DEPARTMENT:
            raise Refusal("department_missing", "医生和科室管理员必须有所属科室，请填写。", 422)
        return
    department = work.session.get(Department, code)
    if department is None or not department.open:
        raise not_found("这个科室")


def _keep_an_admin(work: Work, member: Staff) -> None:
    """Somebody must be able to let others in. The rows are locked, so two admins cannot end each other."""
    if member.role != Role.HOSPITAL_ADMIN:
        return
    admins = work.session.scalars(
        select(col(Staff.id))
        .where(col(Staff.role) == Role.HOSPITAL_ADMIN, col(Staff.active))
        .order_by(col(Staff.id))
        .with_for_update()
    )
    if set(admins) <= {member.id}:
        raise Refusal("last_admin", "这是最后一位在岗的医院管理员，请先添加另一位。", 409)


def _retire_doctor(work: Work, doctor_id: int) -> None:
    _close_clinics(work, doctor_id)
    work.change(update(Doctor).where(col(Doctor.id) == doctor_id).values(active=False))


def _close_clinics(work: Work, doctor_id: int) -> None:
    vacating.vacate(
        work,
        schedules=col(Schedule.doctor_id) == doctor_id,
        templates=col(ScheduleTemplate.doctor_id) == doctor_id,
        who="这位医生",
    )


def _open_clinics(work: Work, doctor_id: int | None) -> dict[str, int]:
    """What takes place again, for the trail."""
    if doctor_id is None:
        return {}
    work.session.flush()
    restored = returning.bring_back(
        work,
        templates=col(ScheduleTemplate.doctor_id) == doctor_id,
        schedules=col(Schedule.doctor_id) == doctor_id,
    )
    return asdict(restored)


def _ended(work: Work, member: Staff, action: str, **detail: object) -> None:
    revoke_all_of_staff(work, staff_id=member.id or 0)
    work.record(action, f"staff:{member.id}", **detail)
