"""The pretended payment channel hears of what was paid before it came into being, so that it can be refunded."""

import httpx
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.payment import Channel, PaymentStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment
from hospital_app.seed.plan import Stage
from hospital_app.seed.rows import Row
from hospital_app.work import Work

ORDERS_PER_MESSAGE = 2000


def tell(stage: Stage, *, port: int) -> None:
    """Every payment whose appointment can still be cancelled. Without a sandbox (`port` 0) there is nobody to tell."""
    if not port:
        return
    orders = stage.do(_refundable)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        for begin in range(0, len(orders), ORDERS_PER_MESSAGE):
            part = orders[begin : begin + ORDERS_PER_MESSAGE]
            client.post("/past-orders", json={"orders": part}).raise_for_status()


def _refundable(work: Work) -> list[Row]:
    rows = work.session.execute(
        select(col(Payment.no), col(Payment.amount_fen), col(Payment.transaction_id), col(Payment.captured_at))
        .join(Appointment, col(Appointment.id) == Payment.appointment_id)
        .where(
            col(Appointment.status).in_([Status.BOOKED.value, Status.CHECKED_IN.value]),
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
