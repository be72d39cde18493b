"""支付：open one, see how it stands."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.errors import language_of
from hospital_app.api.on_behalf import Acting, reason_of
from hospital_app.api.shapes import Answer, AppointmentNo, Instant
from hospital_app.api.visitor import Caller
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found
from hospital_app.domain.exchange import Method
from hospital_app.domain.refund_pace import PACE
from hospital_app.flows import booking, payment
from hospital_app.services.payment_views import PaymentView

router = APIRouter(prefix="/api/v1/appointments", tags=["payments"])


class Wanted(Acting):
    """How the payer wants to pay. `cash` null: nothing is left to pay in cash.

    `method`: how the cashier is opened; left out, as in a phone's browser. WeChat knows h5, jsapi (with the payer's
    openid as `payer_id`) and native; Alipay wap, page and qr.
    """

    insurance: bool = False
    use_account: bool = False
    cash: Literal["wechat", "alipay", "onsite"] | None = None
    method: Annotated[Method | None, Field(strict=False)] = None  # JSON has words, no members of ours
    payer_id: Annotated[str, Field(max_length=128, pattern=r"^[0-9A-Za-z_-]*$")] = ""


class Split(Answer):
    """统筹 / 个账 / 自付; the three sum to the whole."""

    fund_fen: int
    account_fen: int
    cash_fen: int


class Payment(Answer):
    """`cashier_url` is where the payer goes, relative to our origin for a sandbox.

    `jsapi`: what a page inside WeChat hands to WeixinJSBridge; `code_url`: what is drawn as a QR code. One of the three
    is there, as `method` says.
    """

    payment_no: str
    appointment_no: str
    purpose: str
    channel: str
    status: str
    method: str
    cashier_url: str
    jsapi: dict[str, str] | None
    code_url: str
    split: Split
    expires_at: Instant


class Step(Answer):
    """`step`: asked, accepted (by the channel), arrived; `at` is null while it is ahead."""

    step: str
    at: Instant | None


class RefundProgress(Answer):
    """`way`: wechat, alipay, onsite (to be fetched at the counter) or insurance. `usual`: how long it usually takes.

    `stuck`: refused, or slower than usual; the hospital's finance office sees it too.
    """

    no: str
    way: str
    status: str
    amount_fen: int
    steps: list[Step]
    usual: str
    stuck: bool


@router.post("/{no}/payments", status_code=201, summary="发起支付")
@allows(Right.BOOK)
def start(no: AppointmentNo, wanted: Wanted, caller: Caller) -> Payment:
    """The same open payment if asked again. 409 `hold_expired`, `already_paid`; 422 `channel_unavailable`,
    `method_unavailable`, `payer_needed`. Another channel or method than before closes the earlier one.

    With `insurance` the bureau computes the split first, and `cash` says how its cash part is paid. 422
    `insurance_unknown`, `insurance_refused`, `insurance_nothing`, `cash_needed`; 503 `insurance_down`. Where
    `split.cash_fen` is 0, the same call with `cash` null agrees to it, and the status is `settling` until the bureau
    has settled.

    A clerk says why it is done for the patient: 422 `reason_needed`.
    """
    opened = payment.start(
        caller.actor(),
        no=no,
        channel=wanted.cash,
        method=wanted.method,
        payer_id=wanted.payer_id,
        insurance=wanted.insurance,
        use_account=wanted.use_account,
        reason=reason_of(wanted),
    )
    return payment_of(opened)


@router.get("/{no}/payments", summary="最近一次支付")
@allows(Right.SEE_APPOINTMENT)
def latest(no: AppointmentNo, caller: Caller) -> Payment:
    """The newest payment of an own appointment."""
    newest = payment.latest(caller.actor(), no=no)
    if newest is None:
        raise not_found("支付记录")
    return payment_of(newest)


@router.get("/{no}/refunds", summary="退款进度")
@allows(Right.SEE_APPOINTMENT)
def refunds(no: AppointmentNo, caller: Caller, request: Request) -> list[RefundProgress]:
    """Each refund of an own appointment, step by step; money and insurance go back on their own ways."""
    lang = language_of(request)
    return [
        RefundProgress(
            no=refund.no,
            way=refund.way,
            status=refund.status,
            amount_fen=refund.amount_fen,
            steps=[Step(step=each.step, at=each.at) for each in refund.steps],
            usual=say(PACE[refund.way].usual, lang),
            stuck=refund.stuck,
        )
        for refund in booking.one(caller.actor(), no=no).refunds
    ]


def payment_of(view: PaymentView) -> Payment:
    return Payment(
        payment_no=view.no,
        appointment_no=view.appointment_no,
        purpose=view.purpose,
        channel=view.channel,
        status=view.status,
        method=view.method,
        cashier_url=view.cashier_url,
        jsapi=dict(view.parameters) or None,
        code_url=view.code_url,
        split=Split(fund_fen=view.fund_fen, account_fen=view.insurance_account_fen, cash_fen=view.cash_fen),
        expires_at=view.expires_at,
    )
