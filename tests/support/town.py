"""A house among the sandboxes: what patients do there, and what each side has written down."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from hospital_app import clock
from hospital_app.domain import fhir
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import Actor
from hospital_app.flows import booking, payment
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.identity import Message
from hospital_app.models.operation import OutboxRow
from hospital_app.models.payment import Payment, Refund
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.his_outbox import (
    snapshot_of_appointment,
    snapshot_of_payment,
    snapshot_of_refund,
    snapshot_of_slot,
)
from tests.support.builders import FEE_FEN, a_doctor, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.outside import AlipaySandbox, Outside

_keys = count(1)


@dataclass(frozen=True)
class Clinic:
    """A schedule, and the start of its first half hour."""

    schedule_id: int
    starts_at: datetime


@dataclass(frozen=True)
class Order:
    """An appointment and its owner."""

    actor: Actor
    no: str


class Town:
    """The house's clock stands at the moment of the test's beginning until the test moves it; theirs goes on."""

    def __init__(self, house: House, world: Outside, alipay: AlipaySandbox | None = None) -> None:
        self.house = house
        self.world = world
        self._alipay = alipay
        house.at(clock.now())

    @property
    def on(self) -> date:
        return clinic_day(self.house.now) + timedelta(days=2)

    def clinic(self, *, numbers: int = 1, fee_fen: int = FEE_FEN, doctor_id: int | None = None, **more: Any) -> Clinic:
        doctor = doctor_id or a_doctor(self.house.sessions)
        schedule_id = a_schedule(
            self.house.sessions, doctor_id=doctor, on=self.on, per_period=numbers, fee_fen=fee_fen, **more
        )
        return Clinic(schedule_id, first_period(self.on, *([more["session"]] if "session" in more else [])))

    def held(self, clinic: Clinic, pair: tuple[int, int] | None = None, *, key: str | None = None) -> Order:
        account_id, patient_id = pair or people(self.house.sessions, 1)[0]
        actor = patient_actor(account_id)
        request = HoldRequest(
            account_id, patient_id, clinic.schedule_id, clinic.starts_at, key=key or f"k{next(_keys)}"
        )
        return Order(actor, booking.hold_one(actor, request))

    @property
    def alipay(self) -> AlipaySandbox:
        assert self._alipay is not None, "ask for the fixture `alipay_town`"
        return self._alipay

    def bill(self, order: Order) -> str:
        """The number of the payment that is open at the channel for this order."""
        return payment.start(order.actor, no=order.no, channel="wechat").no

    def alipay_bill(self, order: Order) -> str:
        """Likewise at Alipay, whose cashier the payer has come to."""
        opened = payment.start(order.actor, no=order.no, channel="alipay")
        self.alipay.come(opened.cashier_url)
        return opened.no

    def paid_by_alipay(self, order: Order) -> str:
        """Paid at its cashier, the notification heard over HTTP; the payment's number."""
        number = self.alipay_bill(order)
        assert self.alipay.choose(number, "success") == 202
        self.alipay.delivered(number)
        return number

    def paid(self, order: Order) -> str:
        """Paid at the cashier, its notification heard over HTTP; the payment's number."""
        number = self.bill(order)
        assert self.world.choose(number, "success") == 202
        self.world.delivered(number)
        return number

    def booked(self, clinic: Clinic | None = None) -> Order:
        order = self.held(clinic or self.clinic())
        self.paid(order)
        assert self.seen(order).status == "booked"
        return order

    def seen(self, order: Order) -> AppointmentView:
        return booking.one(order.actor, no=order.no)

    def payments(self, order: Order) -> dict[str, str]:
        """Status of each payment, by its number, oldest first."""
        with self.house.sessions() as session:
            rows = session.execute(
                select(col(Payment.no), col(Payment.status))
                .join(Appointment, col(Payment.appointment_id) == col(Appointment.id))
                .where(col(Appointment.no) == order.no)
                .order_by(col(Payment.id))
            )
            return {row.no: row.status for row in rows}

    def refunds(self, order: Order) -> list[Refund]:
        with self.house.sessions() as session:
            return list(
                session.scalars(
                    select(Refund)
                    .join(Appointment, col(Refund.appointment_id) == col(Appointment.id))
                    .where(col(Appointment.no) == order.no)
                    .order_by(col(Refund.id))
                )
            )

    def told(self, order: Order) -> list[str]:
        """Kinds of the messages about an order, oldest first."""
        with self.house.sessions() as session:
            query = select(col(Message.kind)).where(col(Message.appointment_no) == order.no)
            return list(session.scalars(query.order_by(col(Message.id))))

    def unlike_the_his(self) -> list[str]:
        """What the HIS holds otherwise than the books, row by row: appointments, numbers ever touched, money moved.

        Not by the house's own comparison (flows/his_comparison.py), which is itself proved by this one: it reads past
        every interface, and what is not the same to the letter differs.
        """
        paid = select(Payment, Appointment).join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        touched = select(Slot).where(col(Slot.version) > 1)
        returned = select(Refund, Payment, Appointment).join(Payment, col(Payment.id) == col(Refund.payment_id))
        returned = returned.join(Appointment, col(Appointment.id) == col(Refund.appointment_id))
        with self.house.sessions() as session:
            resources = [
                *(fhir.appointment(snapshot_of_appointment(row)) for row in session.scalars(select(Appointment))),
                *(fhir.slot(snapshot_of_slot(row)) for row in session.scalars(touched)),
                *(
                    fhir.payment(snapshot_of_payment(*row))
                    for row in session.execute(paid)
                    if row.Payment.status == "captured"
                ),
                *(fhir.refund(snapshot_of_refund(*row)) for row in session.execute(returned)),
            ]
        return [line for ours in resources if (line := self._differs(ours))]

    def his_holds(self, order: Order) -> dict[str, Any]:
        """The appointment as the HIS has it."""
        answer = self.world.his.get(f"/sandbox/his/Appointment?identifier={order.no}").json()
        (entry,) = answer["entry"]
        found: dict[str, Any] = entry["resource"]
        return found

    def _differs(self, ours: dict[str, Any]) -> str:
        kind, name = ours["resourceType"], ours["id"]
        rows = self.world.his.books("SELECT body FROM resources WHERE kind = ? AND id = ?", kind, name)
        if not rows:
            return f"{kind}/{name} is not there"
        theirs = json.loads(rows[0]["body"])
        del theirs["meta"]["lastUpdated"]
        return "" if theirs == ours else f"{kind}/{name}: {ours} here, {theirs} there"

    def owed(self, *kinds: str) -> list[OutboxRow]:
        """Outbox rows of these kinds that are not done."""
        with self.house.sessions() as session:
            query = select(OutboxRow).where(col(OutboxRow.done_at).is_(None), col(OutboxRow.kind).in_(kinds))
            return list(session.scalars(query.order_by(col(OutboxRow.id))))
