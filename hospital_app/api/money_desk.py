"""财务台：today's payments and refunds, one payment found and told, refunds in trouble; for the hospital's admin."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, GivenDay, Instant
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import money_desk, payment

router = APIRouter(prefix="/api/v1/finance", tags=["finance"])

PaymentNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{1,32}$", examples=["GP2611240005129812"])]


class Search(Body):
    """Number of a payment, refund or appointment, or a complete phone or document: never in an address."""

    number: Annotated[str, Field(min_length=1, max_length=40)]


class Tally(Answer):
    """`kind`: payment or refund. `channel` insurance: what the fund and personal accounts settled."""

    kind: str
    channel: str
    status: str
    count: int
    fen: int


class PaymentRow(Answer):
    """`patient` is masked."""

    no: str
    appointment_no: str
    patient: str
    channel: str
    status: str
    amount_fen: int
    kept_fen: int
    created_at: Instant


class TroubledRefund(Answer):
    no: str
    payment_no: str
    appointment_no: str
    patient: str
    leg: str
    channel: str
    status: str
    amount_fen: int
    created_at: Instant
    attempts: int
    last_error: str


class Settlement(Answer):
    no: str
    status: str
    settlement_id: str
    fund_fen: int
    account_fen: int
    cash_fen: int
    quoted_at: Instant
    settled_at: Instant | None
    reversed_at: Instant | None
    attempts: int
    last_error: str


class Refund(Answer):
    no: str
    leg: str
    status: str
    reason: str
    amount_fen: int
    channel_refund_id: str
    created_at: Instant
    sent_at: Instant | None
    done_at: Instant | None
    attempts: int
    last_error: str


class Deed(Answer):
    """One entry of the audit trail."""

    at: Instant
    actor: str
    role: str
    name: str
    subject: str
    detail: dict[str, Any]


class History(Answer):
    no: str
    appointment_no: str
    appointment_status: str
    patient: str
    purpose: str
    channel: str
    method: str
    status: str
    amount_fen: int
    fund_fen: int
    insurance_account_fen: int
    cash_fen: int
    kept_fen: int
    transaction_id: str
    created_at: Instant
    expires_at: Instant
    cash_captured_at: Instant | None
    captured_at: Instant | None
    closed_at: Instant | None
    settlement: Settlement | None
    refunds: list[Refund]
    trail: list[Deed]


@router.get("/payments", summary="某日收退，按渠道和状态")
@allows(Right.SEE_FINANCE)
def today(caller: Caller, on: Annotated[GivenDay, Query()]) -> list[Tally]:
    """Captured and refunded on this day, tried in vain on it, and every refund that is still open."""
    return [Tally.model_validate(each) for each in money_desk.today(caller.actor(), on=on)]


@router.post("/payments/search", summary="查一笔支付")
@allows(Right.SEE_FINANCE)
def search(wanted: Search, caller: Caller) -> list[PaymentRow]:
    """The newest 50; that somebody looked is on the audit trail."""
    return [PaymentRow.model_validate(each) for each in money_desk.search(caller.actor(), number=wanted.number)]


@router.get("/payments/{payment_no}", summary="一笔支付的来龙去脉")
@allows(Right.SEE_FINANCE)
def history(payment_no: PaymentNo, caller: Caller) -> History:
    return History.model_validate(money_desk.history(caller.actor(), payment_no=payment_no))


@router.get("/refunds", summary="需要处理的退款")
@allows(Right.SEE_FINANCE)
def troubled(caller: Caller) -> list[TroubledRefund]:
    """Refused by their channel, or under way for longer than the payer was told."""
    return [TroubledRefund.model_validate(each) for each in money_desk.troubled(caller.actor())]


@router.post("/refunds/{refund_no}/retry", status_code=202, summary="重试退款")
@allows(Right.MANAGE_FINANCE)
def retry(refund_no: PaymentNo, caller: Caller) -> Response:
    """A refused refund is tried again, from the beginning, by a worker. 409 `wrong_status` for any other."""
    payment.retry_refund(caller.actor(), refund_no=refund_no)
    return Response(status_code=202)
