"""Rows of bookings, payments, refunds and tickets, gathered and written many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from sqlalchemy import func, select, update
from sqlmodel import col

from hospital_app.domain.appointment import CancelReason, SlotStatus, Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.numbers import appointment_no, payment_no, provider_day, refund_no, settlement_no
from hospital_app.domain.payment import Channel, Leg, PaymentStatus, RefundStatus
from hospital_app.domain.policy import Rules, cancel_quote
from hospital_app.domain.settlement import SettlementStatus
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.payment import Payment
from hospital_app.seed.clinics import Clinic, FreeNumber
from hospital_app.seed.people import Person
from hospital_app.seed.rows import ROWS_PER_INSERT, Row, write_rows
from hospital_app.seed.ways import EMPLOYEE, Paid, paid
from hospital_app.services.limits import subjects
from hospital_app.vault import vault
from hospital_app.work import Work

#: Versions as the services would have counted them: held, settled.
_SLOT_VERSION_BUSY = 3


@dataclass
class Ledger:
    """Books of one day; `write` empties it. Ids are given here, since payments point at appointments."""

    rules: Rules
    chance: Random
    appointment_id: int
    payment_id: int
    ways: frozenset[Channel]
    region: str
    appointments: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    refunds: list[Row] = field(default_factory=list)
    settlements: list[Row] = field(default_factory=list)
    tickets: list[Row] = field(default_factory=list)
    busy: list[int] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def book(self, clinic: Clinic, number: FreeNumber, person: Person, *, made_at: datetime, terminal: str) -> Row:
        """A booked and paid appointment; callers move it on."""
        self.busy.append(number.slot_id)
        appointment = self._appointment(clinic, number, person, made_at, terminal)
        paid_at = made_at + timedelta(seconds=self.chance.randrange(15, 200))
        appointment |= {"status": Status.BOOKED.value, "booked_at": paid_at, "version": 2}
        self._payment(appointment, paid_at=paid_at)
        return appointment

    def cancel(self, appointment: Row, *, cancelled_at: datetime) -> None:
        """The patient cancels what `book` gave last: the number is free, all but the fee goes back."""
        if not self.busy or self.busy.pop() != appointment["slot_id"]:
            raise ValueError("only what was booked last can be cancelled")
        appointment |= {
            "status": Status.CANCELLED.value,
            "cancel_reason": CancelReason.PATIENT.value,
            "cancelled_at": cancelled_at,
            "version": 3,
        }
        payment = self.payments[-1]
        quote = cancel_quote(
            self.rules,
            now=cancelled_at,
            starts_at=appointment["starts_at"],
            cash_fen=payment["cash_fen"],
            paid_fen=payment["amount_fen"],
        )
        payment["kept_fen"] = quote.fee_fen
        insured_fen = payment["amount_fen"] - payment["cash_fen"]
        done_at = cancelled_at + timedelta(seconds=self.chance.randrange(2, 60))
        for leg, fen in ((Leg.CASH, quote.refund_fen - insured_fen), (Leg.INSURANCE, insured_fen)):
            if fen:
                self._refund(payment, leg, fen, cancelled_at=cancelled_at, done_at=done_at)
        if insured_fen:
            self.settlements[-1] |= {"status": SettlementStatus.REVERSED.value, "reversed_at": done_at}

    def lapse(self, clinic: Clinic, number: FreeNumber, person: Person, *, made_at: datetime, terminal: str) -> None:
        """A hold that nobody paid for."""
        appointment = self._appointment(clinic, number, person, made_at, terminal)
        until = made_at + timedelta(minutes=self.rules.hold_minutes)
        appointment |= {
            "status": Status.CANCELLED.value,
            "cancel_reason": CancelReason.EXPIRED.value,
            "held_until": until,
            "cancelled_at": until,
            "version": 2,
        }

    def write(self, work: Work) -> None:
        books = {
            "appointment": self.appointments,
            "payment": self.payments,
            "refund": self.refunds,
            "insurance_settlement": self.settlements,
            "ticket": self.tickets,
        }
        for begin in range(0, len(self.busy), ROWS_PER_INSERT):
            work.change(
                update(Slot)
                .where(col(Slot.id).in_(self.busy[begin : begin + ROWS_PER_INSERT]))
                .values(status=SlotStatus.BUSY, version=_SLOT_VERSION_BUSY)
            )
        for name, rows in books.items():
            write_rows(work, name, rows)
            rows.clear()
        self.busy.clear()
        self.used.clear()

    def _appointment(self, clinic: Clinic, number: FreeNumber, person: Person, made_at: datetime, terminal: str) -> Row:
        self.appointment_id += 1
        row: Row = {
            "id": self.appointment_id,
            "no": appointment_no(clinic.on, self._digits(8)),
            "account_id": person.account_id,
            "patient_id": person.patient_id,
            "schedule_id": clinic.schedule_id,
            "slot_id": number.slot_id,
            "provider_day": provider_day(clinic.provider, clinic.on),
            "department_code": clinic.department_code,
            "doctor_id": clinic.doctor_id,
            "on": clinic.on,
            "seq": number.seq,
            "starts_at": number.starts_at,
            "ends_at": number.ends_at,
            "status": Status.PENDING.value,
            "cancel_reason": "",
            "held_until": None,
            "fee_fen": clinic.fee_fen,
            "changes": 0,
            "terminal": terminal,
            "code": self._digits(8),
            "version": 1,
            "created_at": made_at,
            "booked_at": None,
            "cancelled_at": None,
            "checked_in_at": None,
            "fulfilled_at": None,
        }
        self.appointments.append(row)
        return row

    def _payment(self, appointment: Row, *, paid_at: datetime) -> None:
        self.payment_id += 1
        made_at, fee_fen = appointment["created_at"], appointment["fee_fen"]
        how = paid(self.chance, terminal=appointment["terminal"], fee_fen=fee_fen, ways=self.ways)
        no = payment_no(clinic_day(made_at), self._digits(10))
        self.payments.append(
            {
                "id": self.payment_id,
                "no": no,
                "appointment_id": appointment["id"],
                "purpose": "booking",
                "channel": how.channel.value,
                "status": PaymentStatus.CAPTURED.value,
                "amount_fen": fee_fen,
                "fund_fen": how.split.fund_fen,
                "insurance_account_fen": how.split.insurance_account_fen,
                "cash_fen": how.split.cash_fen,
                "kept_fen": fee_fen,
                "cashier_url": "",
                "transaction_id": self._transaction(how.channel, no, paid_at),
                "created_at": made_at + timedelta(seconds=5),
                "expires_at": made_at + timedelta(minutes=self.rules.hold_minutes),
                "cash_captured_at": paid_at,
                "captured_at": paid_at,
                "closed_at": None,
            }
        )
        if how.split.cash_fen < fee_fen:
            self._settlement(appointment, how, quoted_at=made_at + timedelta(seconds=5), settled_at=paid_at)

    def _settlement(self, appointment: Row, how: Paid, *, quoted_at: datetime, settled_at: datetime) -> None:
        split = how.split
        self.settlements.append(
            {
                "no": settlement_no(clinic_day(quoted_at), self._digits(10)),
                "payment_id": self.payment_id,
                "appointment_id": appointment["id"],
                "status": SettlementStatus.SETTLED.value,
                "person_no": vault().encrypt(f"P8{appointment['patient_id']:010d}"),
                "insured_region": self.region,
                "kind": EMPLOYEE,
                "use_account": True,
                "visit_id": f"M{self._digits(18)}",
                "batch_no": self._digits(12),
                "settlement_id": f"S{self._digits(18)}",
                "pay_token": "",
                "total_fen": split.total_fen,
                "fund_fen": split.fund_fen,
                "account_fen": split.insurance_account_fen,
                "cash_fen": split.cash_fen,
                "quoted_at": quoted_at,
                "settled_at": settled_at,
                "reversed_at": None,
                "attempts": 1,
            }
        )

    def _refund(self, payment: Row, leg: Leg, amount_fen: int, *, cancelled_at: datetime, done_at: datetime) -> None:
        no = refund_no(clinic_day(cancelled_at), self._digits(10))
        at_window = leg is Leg.CASH and payment["channel"] == Channel.ONSITE
        self.refunds.append(
            {
                "no": no,
                "payment_id": payment["id"],
                "appointment_id": payment["appointment_id"],
                "status": RefundStatus.DONE.value,
                "reason": "cancel",
                "leg": leg.value,
                "amount_fen": amount_fen,
                "channel_refund_id": f"onsite-{no}" if at_window else f"5030{self._digits(24)}",
                "created_at": cancelled_at,
                "sent_at": done_at,
                "done_at": done_at,
                "last_error": "",
            }
        )

    def _transaction(self, channel: Channel, no: str, paid_at: datetime) -> str:
        """As that channel numbers what it took."""
        if channel is Channel.ONSITE:
            return f"onsite-{no}"
        if channel is Channel.INSURANCE:
            return ""
        return f"4200{self._digits(24)}" if channel is Channel.WECHAT else f"{paid_at:%Y%m%d}2200{self._digits(16)}"

    def _digits(self, count: int) -> str:
        while True:
            text = f"{self.chance.randrange(10**count):0{count}d}"
            if text not in self.used:
                self.used.add(text)
                return text


def open_ledger(work: Work, *, chance: Random, ways: frozenset[Channel], region: str) -> Ledger:
    """A ledger whose ids follow those of the database."""
    appointment_id = work.session.scalar(select(func.max(Appointment.id))) or 0
    payment_id = work.session.scalar(select(func.max(Payment.id))) or 0
    return Ledger(work.rules, chance, appointment_id, payment_id, ways, region)


def count_bookings(work: Work, *, on: date, booked: Sequence[Row]) -> None:
    """The counters behind "three a day", for bookings that were made on `on`."""
    counts: dict[str, int] = {}
    for row in booked:
        for subject in subjects(account_id=row["account_id"], patient_id=row["patient_id"]):
            counts[subject] = counts.get(subject, 0) + 1
    rows = [{"subject": s, "on": on, "bookings": n, "lapses": 0} for s, n in sorted(counts.items())]
    write_rows(work, "booking_count", rows)
