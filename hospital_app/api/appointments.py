"""挂号、退号、改签：the caller's own appointments; another's is 404."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from hospital_app.api.access import allows
from hospital_app.api.lobby import LET_IN
from hospital_app.api.on_behalf import Acting, UsualReason, reason_of, usual
from hospital_app.api.payments import Payment, payment_of
from hospital_app.api.proofs import PROVEN
from hospital_app.api.shapes import Answer, AppointmentNo, Body, GivenInstant, Id, Instant
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import booking, payment

router = APIRouter(prefix="/api/v1/appointments", tags=["appointments"])

IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=80)]


class Period(Body):
    """A half hour of the calendar."""

    schedule_id: Id
    starts_at: GivenInstant


class OtherPeriod(Period, Acting):
    """The half hour to move to."""


class NewAppointment(Period):
    patient_id: Id


class Refund(Answer):
    no: str
    status: str
    amount_fen: int
    created_at: Instant
    done_at: Instant | None


class Appointment(Answer):
    """`actions`: what its owner may do now. `held_until` only while it is pending.

    `displaced`: its clinic was suspended and the patient may choose until `decide_until` (open), moved, refunded; else
    empty.
    """

    no: str
    status: str
    cancel_reason: str
    patient_id: int
    patient_name: str
    doctor_id: int | None
    doctor_name: str
    doctor_title: str
    department_code: str
    department_name: str
    schedule_id: int
    service_type: str
    session: str
    seq: int
    starts_at: Instant
    ends_at: Instant
    room: str
    area_code: str
    location: str
    fee_fen: int
    paid_fen: int
    due_fen: int  # 到院付: at the window, before check-in
    held_until: Instant | None
    changes_left: int
    code: str
    created_at: Instant
    rescheduling: bool
    actions: list[str]
    refunds: list[Refund]
    displaced: str
    decide_until: Instant | None


class Quote(Answer):
    """What cancelling costs now; `until` is when it becomes dearer, null if it does not."""

    tier: str
    percent: int
    fee_fen: int
    refund_fen: int
    until: Instant | None


class Cancelled(Answer):
    no: str
    status: str
    refund_no: str | None
    refund_fen: int
    fee_fen: int


@router.post("", status_code=201, summary="锁号", dependencies=[*LET_IN, PROVEN], response_model=Appointment)
@allows(Right.BOOK)
async def hold(wanted: NewAppointment, key: IdempotencyKey, caller: Caller) -> Response:
    """Locks one number until `held_until`. The same key gives the same appointment; with another body it is 422.

    409 `slot_taken`, `limit_reached`, `duplicate_booking`, `patient_incomplete` (with `missing`), `consent_required`
    (agree by POST /api/v1/consents, then send the same again), `unreleased`, `period_over`, `suspended`;
    `department_limit`, `week_limit` where the hospital limits these.
    428 `proof_needed`: solve POST /api/v1/proofs, send the same again with `X-Guahao-Proof`.
    429 `wait_in_line`: a crowd is before you, see POST /api/v1/lobby. 503 `busy`: your turn did not come in time; send
    the same again.
    """
    held = await booking.hold_soon(
        caller.actor(),  # known: the guard looked it up
        schedule_id=wanted.schedule_id,
        starts_at=wanted.starts_at,
        patient_id=wanted.patient_id,
        key=key,
    )
    answer = Appointment.model_validate(held).model_dump_json()  # once: in a rush every validation counts
    return Response(answer, 201, media_type="application/json")


@router.get("", summary="我的挂号")
@allows(Right.SEE_APPOINTMENT)
def listing(caller: Caller) -> list[Appointment]:
    return [Appointment.model_validate(found) for found in booking.listing(caller.actor())]


@router.get("/{no}", summary="挂号详情")
@allows(Right.SEE_APPOINTMENT)
def one(no: AppointmentNo, caller: Caller) -> Appointment:
    return Appointment.model_validate(booking.one(caller.actor(), no=no))


@router.get("/{no}/cancellation", summary="退号费用")
@allows(Right.SEE_APPOINTMENT)
def quote(no: AppointmentNo, caller: Caller) -> Quote:
    return Quote.model_validate(booking.quote(caller.actor(), no=no))


@router.post("/{no}/cancellation", summary="退号")
@allows(Right.CANCEL)
def cancel(no: AppointmentNo, caller: Caller, said: Acting | None = None) -> Cancelled:
    """Frees the number at once; the refund follows by itself. Asking again gives the same answer.

    A clerk says why it is done for the patient: 422 `reason_needed`.
    """
    return Cancelled.model_validate(booking.cancel(caller.actor(), no=no, reason=reason_of(said)))


@router.post("/{no}/rescheduling", summary="改签", responses={202: {"model": Payment}}, dependencies=[*LET_IN, PROVEN])
@allows(Right.BOOK)
def reschedule(no: AppointmentNo, wanted: OtherPeriod, caller: Caller, response: Response) -> Appointment | Payment:
    """200: moved. 202: the new number is dearer and held; paying the difference moves it. 409: nothing changed.

    It takes a number, so 428 `proof_needed` and 429 `wait_in_line` as for POST /api/v1/appointments.
    A clerk says why it is done for the patient: 422 `reason_needed`.
    """
    actor = caller.actor()
    moved, done = booking.reschedule(
        actor, no=no, schedule_id=wanted.schedule_id, starts_at=wanted.starts_at, reason=reason_of(wanted)
    )
    if done.payment is None:
        return Appointment.model_validate(moved)
    response.status_code = 202
    return payment_of(payment.latest(actor, no=no) or done.payment)


@router.delete("/{no}/rescheduling", summary="放弃改签")
@allows(Right.BOOK)
def abandon_rescheduling(no: AppointmentNo, caller: Caller, why: UsualReason = None) -> Appointment:
    """Lets go of the dearer number that was held; the appointment stays as it was.

    A clerk says why it is done for the patient: 422 `reason_needed`.
    """
    return Appointment.model_validate(booking.abandon_reschedule(caller.actor(), no=no, reason=usual(why)))
