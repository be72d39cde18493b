"""窗口: walk-in registration, cash, and people who are new here."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from hospital_app.domain.errors import Refusal, malformed
from hospital_app.domain.identity import Actor
from hospital_app.domain.on_behalf import Reason
from hospital_app.flows.booking import REPLAYS
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import cash, counter, enrolling
from hospital_app.services.cash import CashRefund, Due, Receipt
from hospital_app.services.counter import CounterPeriod
from hospital_app.work import Work

T = TypeVar("T")


def periods(actor: Actor, *, department_code: str) -> list[CounterPeriod]:
    return look(actor, counter.periods, department_code=department_code)


def register(
    actor: Actor,
    *,
    patient_id: int,
    schedule_id: int,
    starts_at: datetime,
    extra: bool = False,
    reason: Reason | None = None,
) -> Receipt:
    """A number, paid for in cash. What only a unique index saw is replayed: then the kind words are found."""
    wanted = partial(
        counter.register,
        patient_id=patient_id,
        schedule_id=schedule_id,
        starts_at=starts_at,
        extra=extra,
        reason=reason,
    )
    return _replayed(actor, wanted, starts_at)


def hold(
    actor: Actor,
    *,
    patient_id: int,
    schedule_id: int,
    starts_at: datetime,
    extra: bool = False,
    reason: Reason | None = None,
) -> str:
    """A number that is kept until it is paid for otherwise than in cash, by insurance first; its no."""
    wanted = partial(
        counter.hold,
        patient_id=patient_id,
        schedule_id=schedule_id,
        starts_at=starts_at,
        extra=extra,
        reason=reason,
    )
    return _replayed(actor, wanted, starts_at)


def _replayed(actor: Actor, wanted: Callable[[Work], T], starts_at: datetime) -> T:
    if starts_at.tzinfo is None:
        raise malformed("就诊时段")
    for _ in range(REPLAYS):
        try:
            return perform(actor, wanted)
        except IntegrityError:
            continue
    raise Refusal("slot_taken", "这个时段的号刚刚被约完，请选择其他时段。")


def collect(actor: Actor, *, no: str, payment_no: str = "") -> Receipt:
    """The fee of a number that is held, or that was booked to be paid here (到院付), as cash.collect says."""
    return perform(actor, cash.collect, no=no, payment_no=payment_no)


def dues(actor: Actor, *, patient_id: int) -> list[Due]:
    return look(actor, cash.dues, patient_id=patient_id)


def cash_refunds(actor: Actor, *, patient_id: int) -> list[CashRefund]:
    return look(actor, cash.cash_refunds, patient_id=patient_id)


def pay_out(actor: Actor, *, refund_no: str) -> bool:
    return perform(actor, cash.pay_out, refund_no=refund_no)


def enrol(actor: Actor, *, name: str, document_number: str, phone: str) -> int:
    """The person's id."""
    return perform(actor, enrolling.enrol, name=name, document_number=document_number, phone=phone)
