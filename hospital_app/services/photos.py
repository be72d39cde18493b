"""医生照片: kept once by their content, thrown away when nobody shows them any more."""

from sqlalchemy import delete, func, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.hospital import Doctor, Photo
from hospital_app.work import Work


def put(work: Work, *, doctor_id: int, sha256: str, content_type: str, content: bytes) -> None:
    """This is what the doctor looks like from now on."""
    doctor = _own(work, doctor_id)
    if doctor.photo == sha256:
        return
    if work.session.get(Photo, sha256) is None:
        work.session.add(Photo(sha256=sha256, content_type=content_type, content=content, created_at=work.now))
        work.session.flush()
    _show(work, doctor, sha256)


def remove(work: Work, *, doctor_id: int) -> None:
    doctor = _own(work, doctor_id)
    if doctor.photo is not None:
        _show(work, doctor, None)


def check_may(work: Work, *, doctor_id: int) -> None:
    """Before any work is spent on a picture. Raises Refusal not_found for another department's doctor."""
    doctor = work.session.get(Doctor, min(doctor_id, ID_MAX))
    own = authority.own_department(work.actor, Right.MANAGE_DOCTOR)
    if doctor is None or own not in (None, doctor.department_code):
        raise not_found("这位医生")


def find(work: Work, *, sha256: str) -> Photo:
    """For everybody: who has its name has seen it."""
    photo = work.session.get(Photo, sha256)
    if photo is None:
        raise not_found("这张照片")
    return photo


def _own(work: Work, doctor_id: int) -> Doctor:
    check_may(work, doctor_id=doctor_id)
    return work.session.get_one(Doctor, doctor_id, with_for_update=True, populate_existing=True)


def _show(work: Work, doctor: Doctor, sha256: str | None) -> None:
    before, doctor.photo = doctor.photo, sha256
    work.session.flush()
    shown = select(func.count(col(Doctor.id))).where(col(Doctor.photo) == before)
    if before is not None and not work.session.scalar(shown):
        work.session.execute(delete(Photo).where(col(Photo.sha256) == before))
    work.record("doctor.photo", f"doctor:{doctor.id}", before=before, after=sha256)
