"""停诊之后：an own appointment whose clinic was suspended, and the choice of its patient; another's is 404."""

from fastapi import APIRouter

from hospital_app.api.access import allows
from hospital_app.api.appointments import Appointment, OtherPeriod
from hospital_app.api.on_behalf import reason_of
from hospital_app.api.shapes import Answer, AppointmentNo, Instant
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import changes

router = APIRouter(prefix="/api/v1/appointments/{no}/displacement", tags=["appointments"])


class Offer(Answer):
    """A half hour of an equal or more senior doctor, at the price already paid; `doctor_name` empty: 普通门诊."""

    schedule_id: int
    doctor_name: str
    doctor_title: str
    service_type: str
    session: str
    starts_at: Instant
    ends_at: Instant
    room: str
    left: int


class Displacement(Answer):
    """`status`: open (choose until `decide_until`), moved, refunded. `has_priority`: goes first on the waitlist of the
    same doctor or department until `priority_until`."""

    no: str
    status: str
    decide_until: Instant
    priority_until: Instant
    has_priority: bool
    offers: list[Offer]


@router.get("", summary="停诊后的选择")
@allows(Right.SEE_APPOINTMENT)
def displacement(no: AppointmentNo, caller: Caller) -> Displacement:
    """404 if its clinic takes place. The whole money back: POST /api/v1/appointments/{no}/cancellation, free of fee."""
    return Displacement.model_validate(changes.displacement(caller.actor(), no=no))


@router.post("", summary="改到同级医生")
@allows(Right.BOOK)
def move(no: AppointmentNo, wanted: OtherPeriod, caller: Caller) -> Appointment:
    """The same appointment with one of the offers, at once and at the price already paid; no change is counted.

    409 `slot_taken`, `not_equal`, `duplicate_booking`, `too_late_to_choose`, `wrong_status`: nothing changed.
    A clerk says why it is done for the patient: 422 `reason_needed`.
    """
    moved = changes.move(
        caller.actor(),
        no=no,
        schedule_id=wanted.schedule_id,
        starts_at=wanted.starts_at,
        reason=reason_of(wanted),
    )
    return Appointment.model_validate(moved)
