"""窗口收退现金：what somebody has to pay or to get back at the window, and that the clerk has taken or given it."""

from typing import Annotated

from fastapi import APIRouter, Path

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, AppointmentNo, Instant, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import counter

router = APIRouter(prefix="/api/v1/counter", tags=["counter"])

RefundNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{1,32}$", examples=["GR2611240005129812"])]


class Due(Answer):
    """到院付：a number that was booked to be paid here."""

    no: str
    starts_at: Instant
    department_name: str
    amount_fen: int


class CashRefund(Answer):
    """Cash that waits for its patient; given back under `refund_no`."""

    refund_no: str
    appointment_no: str
    amount_fen: int
    created_at: Instant


class Receipt(Answer):
    """`payment_no` is the number of the receipt; it stands in the clerk's open shift."""

    no: str
    payment_no: str
    seq: int
    fee_fen: int


class PaidOut(Answer):
    """`already`: it had been recorded before; no cash is due any more."""

    refund_no: str
    already: bool


@router.get("/patients/{patient_id}/dues", summary="待收费用")
@allows(Right.REGISTER)
def dues(patient_id: PathId, caller: Caller) -> list[Due]:
    """What this person has to pay at the window before check-in."""
    return [Due.model_validate(each) for each in counter.dues(caller.actor(), patient_id=patient_id)]


@router.get("/patients/{patient_id}/cash-refunds", summary="待退现金")
@allows(Right.REGISTER)
def cash_refunds(patient_id: PathId, caller: Caller) -> list[CashRefund]:
    """What this person can have back at the window."""
    return [CashRefund.model_validate(each) for each in counter.cash_refunds(caller.actor(), patient_id=patient_id)]


@router.post("/appointments/{no}/collection", status_code=201, summary="窗口收现金")
@allows(Right.REGISTER)
def collect(no: AppointmentNo, caller: Caller) -> Receipt:
    """The clerk has the fee in hand: of a number booked to be paid here, or of one that is held. Into their open shift.

    404; 409 `wrong_status` (paid already, or nothing is due), `period_over`, `hold_expired`.
    """
    return Receipt.model_validate(counter.collect(caller.actor(), no=no))


@router.post("/cash-refunds/{refund_no}/payout", summary="窗口退现金")
@allows(Right.REGISTER)
def pay_out(refund_no: RefundNo, caller: Caller) -> PaidOut:
    """The clerk has given the cash back. Out of their open shift; said twice, it counts once. 404 if it is none of
    cash."""
    return PaidOut(refund_no=refund_no, already=not counter.pay_out(caller.actor(), refund_no=refund_no))
