"""科室和医生的资料, for those who keep them."""

from datetime import time
from hashlib import sha256

from hospital_app.adapters import pictures
from hospital_app.domain.identity import ANONYMOUS, Actor
from hospital_app.flows import schedules
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.models.hospital import Photo
from hospital_app.services import department_records, doctor_records, doctors, photos, releases
from hospital_app.services.department_records import DepartmentView, Details
from hospital_app.services.doctor_records import DoctorView
from hospital_app.services.doctors import DoctorEntry


def departments(actor: Actor) -> list[DepartmentView]:
    return look(actor, department_records.listing)


def department(actor: Actor, *, code: str) -> DepartmentView:
    return look(actor, department_records.one, code=code)


def areas(actor: Actor) -> list[tuple[str, str, str]]:
    return look(actor, department_records.areas)


def correct_department(actor: Actor, *, code: str, details: Details) -> None:
    perform(actor, department_records.correct, code=code, details=details)


def open_department(actor: Actor, *, code: str) -> None:
    perform(actor, department_records.open_up, code=code)
    schedules.generate_ahead()


def close_department(actor: Actor, *, code: str) -> None:
    perform(actor, department_records.close, code=code)


def set_release(actor: Actor, *, code: str, release: time | None) -> int:
    """How many clinics to come open at another time now."""
    return perform(actor, releases.set_time, department_code=code, release=release)


def doctor_list(actor: Actor, *, q: str = "", department: str = "") -> list[DoctorView]:
    return look(actor, doctor_records.listing, q=q, department=department)


def doctor(actor: Actor, *, doctor_id: int) -> DoctorView:
    return look(actor, doctor_records.one, doctor_id=doctor_id)


def correct_doctor(actor: Actor, *, doctor_id: int, entry: DoctorEntry) -> None:
    perform(actor, doctors.correct, doctor_id=doctor_id, entry=entry)


def put_photo(actor: Actor, *, doctor_id: int, content: bytes) -> str:
    """The name of the picture as patients see it. Raises Refusal bad_picture, picture_too_large, not_found."""
    look(actor, photos.check_may, doctor_id=doctor_id)
    drawn = pictures.redrawn(content)
    name = sha256(drawn).hexdigest()
    perform(actor, photos.put, doctor_id=doctor_id, sha256=name, content_type=pictures.MEDIA_TYPE, content=drawn)
    return name


def remove_photo(actor: Actor, *, doctor_id: int) -> None:
    perform(actor, photos.remove, doctor_id=doctor_id)


def photo(sha256: str) -> Photo:
    return look(ANONYMOUS, photos.find, sha256=sha256)
