"""The pretended payment channel hears of what was paid before it came into being: it refunds it, its bills agree."""

from datetime import timedelta

import httpx
from sqlalchemy import exists, or_, select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.payment import Channel, PaymentStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment, Refund
from hospital_app.seed.plan import Stage
from hospital_app.seed.rows import Row
from hospital_app.work import Work

ORDERS_PER_MESSAGE = 2000
#: The bills of so many days will be compared with our books (services/reconciling.py).
RECONCILED_DAYS = 3


def tell(stage: Stage, *, port: int) -> None:
    """Every payment whose appointment can still be cancelled, and what moved in the days whose bills are still to come.

    Without a sandbox (`port` 0) there is nobody to tell.
    """
    if not port:
        return
    told = [("orders", stage.do(_orders)), ("refunds", stage.do(_refunds))]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        for what, rows in told:
            for begin in range(0, len(rows), ORDERS_PER_MESSAGE):
                part = rows[begin : begin + ORDERS_PER_MESSAGE]
                client.post("/past-orders", json={"orders": [], what: part}).raise_for_status()


def _orders(work: Work) -> list[Row]:
    lately = work.now - timedelta(days=RECONCILED_DAYS)
    given_back = exists().where(col(Refund.payment_id) == col(Payment.id), col(Refund.done_at) >= lately)
    rows = work.session.execute(
        select(col(Payment.no), col(Payment.amount_fen), col(Payment.transaction_id), col(Payment.captured_at))
        .join(Appointment, col(Appointment.id) == Payment.appointment_id)
        .where(
            or_(
                col(Appointment.status).in_([Status.BOOKED.value, Status.CHECKED_IN.value]),
                col(Payment.captured_at) >= lately,
                given_back,
            ),
            col(Payment.status) == PaymentStatus.CAPTURED,
            col(Payment.channel) == Channel.WECHAT,
        )
        .order_by(col(Payment.id))
    )
    return [
        {
            "out_trade_no": no,
            "amount_fen": amount_fen,
            "transaction_id": transaction_id,
            "captured_at": captured_at.timestamp() if captured_at else 0,
            "description": "挂号诊查费",
        }
        for no, amount_fen, transaction_id, captured_at in rows
    ]


def _refunds(work: Work) -> list[Row]:
    rows = work.session.execute(
        select(
            col(Refund.no), col(Refund.channel_refund_id), col(Payment.no), col(Refund.amount_fen), col(Refund.done_at)
        )
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(
            col(Refund.done_at) >= work.now - timedelta(days=RECONCILED_DAYS),
            col(Payment.channel) == Channel.WECHAT,
        )
        .order_by(col(Refund.id))
    )
    return [
        {
            "out_refund_no": no,
            "refund_id": refund_id,
            "out_trade_no": payment_no,
            "amount_fen": amount_fen,
            "done_at": done_at.timestamp() if done_at else 0,
        }
        for no, refund_id, payment_no, amount_fen, done_at in rows
    ]
