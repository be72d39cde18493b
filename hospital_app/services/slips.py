"""电子挂号单: the signed QR, made by a worker, good for one version of one appointment and for one check-in."""

from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.errors import Refusal
from hospital_app.models.booking import Appointment, Slip
from hospital_app.services.appointments import own
from hospital_app.vault import vault
from hospital_app.work import Work

PREFIX = "GH1"


@dataclass(frozen=True, slots=True)
class SlipView:
    """`png` is None until the worker has made it (a second or so after the payment)."""

    no: str
    code: str
    qr: str
    png: bytes | None


def qr_text(*, no: str, version: int) -> str:
    """`GH1.<no>.<version>.<signature>`."""
    body = f"{PREFIX}.{no}.{version}"
    return f"{body}.{vault().sign(body)}"


def read_qr(text: str) -> tuple[str, int]:
    """(appointment number, version) of a slip of ours; raises Refusal `bad_qr`."""
    parts = text.strip().split(".")
    shaped = len(parts) == 4 and parts[0] == PREFIX and parts[2].isascii() and parts[2].isdigit()
    if shaped and vault().verify(".".join(parts[:3]), parts[3]):
        return parts[1], int(parts[2])
    raise Refusal("bad_qr", "这个二维码不是本院的挂号单，请换一张或输入 8 位号码。", 400)


def wanted(work: Work, *, no: str) -> str | None:
    """The QR text that a worker should draw for this appointment, or None if its slip is up to date."""
    appointment = work.session.scalar(select(Appointment).where(col(Appointment.no) == no))
    if appointment is None or appointment.status != Status.BOOKED:
        return None
    slip = work.session.get(Slip, appointment.id)
    if slip is not None and slip.version == appointment.version:
        return None
    return qr_text(no=no, version=appointment.version)


def store(work: Work, *, qr: str, png: bytes) -> None:
    """Keep a drawn slip, unless the appointment has moved on meanwhile."""
    no, version = read_qr(qr)
    appointment = work.session.scalar(select(Appointment).where(col(Appointment.no) == no).with_for_update())
    if appointment is None or appointment.version != version or appointment.id is None:
        return
    work.session.execute(delete(Slip).where(col(Slip.appointment_id) == appointment.id))
    work.session.add(Slip(appointment_id=appointment.id, version=version, qr=qr, png=png, created_at=work.now))
    work.hint(f"appointment:{no}")


def view(work: Work, *, no: str) -> SlipView:
    """The caller's own slip; raises Refusal `not_booked` for one that is not paid or was cancelled."""
    appointment = own(work, no=no)
    if appointment.status in {Status.PENDING, Status.CANCELLED}:
        raise Refusal("not_booked", "这张挂号单还没有支付或已取消，没有电子挂号单。")
    slip = work.session.get(Slip, appointment.id)
    if slip is None or (slip.version != appointment.version and appointment.status == Status.BOOKED):
        return SlipView(no, appointment.code, "", None)
    return SlipView(no, appointment.code, slip.qr, slip.png)
