"""支付单, as its payer sees it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from hospital_app.models.payment import Payment
from hospital_app.services.appointments import own
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class PaymentView:
    """支付单. Until the channel has accepted the order it cannot be `opened`.

    That is by `cashier_url`, by `parameters` (a page inside WeChat) or by `code_url` (drawn as a QR), as `method` says.
    """

    no: str
    appointment_no: str
    purpose: str
    channel: str
    status: str
    amount_fen: int
    fund_fen: int
    insurance_account_fen: int
    cash_fen: int
    cashier_url: str
    expires_at: datetime
    method: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    code_url: str = ""

    @property
    def opened(self) -> bool:
        return bool(self.cashier_url or self.parameters or self.code_url)


def latest(work: Work, *, no: str) -> PaymentView | None:
    """The newest payment of an own appointment, for the cashier page."""
    appointment = own(work, no=no)
    payment = work.session.scalar(
        select(Payment)
        .where(col(Payment.appointment_id) == appointment.id)
        .order_by(col(Payment.id).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return None if payment is None else view(payment, no)


def view(payment: Payment, appointment_no: str) -> PaymentView:
    prepay = json.loads(payment.prepay or "{}")
    return PaymentView(
        no=payment.no,
        appointment_no=appointment_no,
        purpose=payment.purpose,
        channel=payment.channel,
        status=payment.status,
        amount_fen=payment.amount_fen,
        fund_fen=payment.fund_fen,
        insurance_account_fen=payment.insurance_account_fen,
        cash_fen=payment.cash_fen,
        cashier_url=payment.cashier_url,
        expires_at=payment.expires_at,
        method=payment.method,
        parameters=prepay.get("parameters", {}),
        code_url=prepay.get("code_url", ""),
    )
