"""The pretended channels and bureau hear of what was paid before they came into being: they give it back, and their
bills agree with our books - but for one payment that only WeChat knows, so that reconciliation has something to find.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import httpx
from sqlalchemy import ColumnElement, exists, or_, select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.calendar import instant
from hospital_app.domain.numbers import payment_no
from hospital_app.domain.payment import Channel, Leg, PaymentStatus, RefundStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Patient
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment, Refund
from hospital_app.seed.plan import Stage
from hospital_app.seed.rows import Row
from hospital_app.services import reconciling
from hospital_app.settings import Settings
from hospital_app.vault import vault
from hospital_app.work import Work

ORDERS_PER_MESSAGE = 2000
#: What moved in so many days is told; the bills of all of them but the first are compared with our books.
RECONCILED_DAYS = 4
#: A refund that the payer's bank has not finished yet is finished so long after the seeding.
SLOW_BANK = timedelta(hours=6)


def ways(stage: Stage, settings: Settings) -> frozenset[Channel]:
    """What can give back: the counter, and what has a sandbox that can be told of the past; or those of the plan."""
    if stage.plan.ways is not None:
        return stage.plan.ways
    told = {
        Channel.WECHAT: settings.sandbox_wechat_port,
        Channel.ALIPAY: settings.sandbox_alipay_port,
        Channel.INSURANCE: settings.sandbox_insurance_port,
    }
    return frozenset({Channel.ONSITE, *(way for way, port in told.items() if port)})


def tell(stage: Stage, settings: Settings) -> None:
    """Every payment whose appointment can still be cancelled, and what moved in the days whose bills are still to come.

    Without its sandbox (port 0) there is nobody to tell.
    """
    for channel, port in (
        (Channel.WECHAT, settings.sandbox_wechat_port),
        (Channel.ALIPAY, settings.sandbox_alipay_port),
    ):
        orders = stage.do(_orders, channel=channel) if port else []
        if port and channel is Channel.WECHAT:
            orders.append(_known_there_alone(stage))
        _send(port, "/past-orders", "orders", orders)
        _send(port, "/past-orders", "refunds", stage.do(_refunds, channel=channel) if port else [], orders=[])
    port = settings.sandbox_insurance_port
    _send(port, "/past-settlements", "settlements", stage.do(_settlements) if port else [])


def open_books(stage: Stage, settings: Settings) -> None:
    """对账: the first day that is compared; the house goes on from there by itself."""
    told = {
        Channel.WECHAT: settings.sandbox_wechat_port,
        Channel.ALIPAY: settings.sandbox_alipay_port,
        Channel.INSURANCE: settings.sandbox_insurance_port,
    }
    channels = [channel.value for channel, port in told.items() if port]
    at = instant(stage.today - timedelta(days=RECONCILED_DAYS - 2), stage.rules.reconcile_at)
    stage.do(reconciling.open_days, at=at, channels=channels)


def _send(port: int, path: str, what: str, rows: Sequence[Row], **beside: list[Row]) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        for begin in range(0, len(rows), ORDERS_PER_MESSAGE):
            part = rows[begin : begin + ORDERS_PER_MESSAGE]
            client.post(path, json={**beside, what: part}).raise_for_status()


def _stands() -> ColumnElement[bool]:
    return col(Appointment.status).in_([Status.BOOKED.value, Status.CHECKED_IN.value])


def _lately(work: Work) -> datetime:
    return work.now - timedelta(days=RECONCILED_DAYS)


def _orders(work: Work, *, channel: Channel) -> list[Row]:
    given_back = exists().where(
        col(Refund.payment_id) == col(Payment.id),
        or_(col(Refund.done_at) >= _lately(work), col(Refund.status) == RefundStatus.PROCESSING),
    )
    rows = work.session.execute(
        select(col(Payment.no), col(Payment.cash_fen), col(Payment.transaction_id), col(Payment.captured_at))
        .join(Appointment, col(Appointment.id) == Payment.appointment_id)
        .where(
            or_(_stands(), col(Payment.captured_at) >= _lately(work), given_back),
            col(Payment.status) == PaymentStatus.CAPTURED,
            col(Payment.channel) == channel,
        )
        .order_by(col(Payment.id))
    )
    return [
        _order(no, cash_fen, transaction_id, captured_at) for no, cash_fen, transaction_id, captured_at in rows.tuples()
    ]


def _order(no: str, cash_fen: int, transaction_id: str, captured_at: datetime | None) -> Row:
    return {
        "out_trade_no": no,
        "amount_fen": cash_fen,
        "transaction_id": transaction_id,
        "captured_at": captured_at.timestamp() if captured_at else 0,
        "description": "挂号诊查费",
    }


def _known_there_alone(stage: Stage) -> Row:
    chance, on = stage.chance("stray"), stage.today - timedelta(days=2)
    at = instant(on, time(15, 26, 8))
    return _order(payment_no(on, f"{chance.randrange(10**10):010d}"), 6000, f"4200{chance.randrange(10**24):024d}", at)


def _refunds(work: Work, *, channel: Channel) -> list[Row]:
    """Those that are under way have been taken on there (`sent_at`)."""
    rows = work.session.execute(
        select(Refund, col(Payment.no))
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(
            or_(
                col(Refund.done_at) >= _lately(work),
                (col(Refund.status) == RefundStatus.PROCESSING) & col(Refund.sent_at).is_not(None),
            ),
            col(Payment.channel) == channel,
            col(Refund.leg) == Leg.CASH,
        )
        .order_by(col(Refund.id))
    )
    return [
        {
            "out_refund_no": refund.no,
            "refund_id": refund.channel_refund_id or f"5030{refund.no.removeprefix('GR')}",
            "out_trade_no": no,
            "amount_fen": refund.amount_fen,
            "created_at": refund.created_at.timestamp(),
            "due_at": (work.now + SLOW_BANK).timestamp(),
            "done_at": refund.done_at.timestamp() if refund.done_at else None,
        }
        for refund, no in rows
    ]


def _settlements(work: Work) -> list[Row]:
    rows = work.session.execute(
        select(InsuranceSettlement, Patient)
        .join(Appointment, col(Appointment.id) == col(InsuranceSettlement.appointment_id))
        .join(Patient, col(Patient.id) == col(Appointment.patient_id))
        .where(
            col(InsuranceSettlement.settled_at).is_not(None),
            or_(
                _stands(),
                col(InsuranceSettlement.settled_at) >= _lately(work),
                col(InsuranceSettlement.reversed_at) >= _lately(work),
                col(InsuranceSettlement.reversed_at).is_(None) & (col(Appointment.status) == Status.CANCELLED),
            ),
        )
        .order_by(col(InsuranceSettlement.id))
    )
    return [
        {
            "certno": patient.document_number,
            "name": patient.name,
            "psn_no": vault().decrypt(settlement.person_no),
            "region": settlement.insured_region,
            "mdtrt_id": settlement.visit_id,
            "ipt_otp_no": settlement.no,
            "chrg_bchno": settlement.batch_no,
            "setl_id": settlement.settlement_id,
            "fund_fen": settlement.fund_fen,
            "account_fen": settlement.account_fen,
            "cash_fen": settlement.cash_fen,
            "at": settlement.settled_at.timestamp() if settlement.settled_at else 0,
            "undone_at": settlement.reversed_at.timestamp() if settlement.reversed_at else None,
        }
        for settlement, patient in rows
    ]
