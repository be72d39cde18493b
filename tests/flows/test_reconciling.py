"""对账 with the WeChat sandbox's own bills: faults are planted in its books and in ours, found, and repaired once."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from hospital_app.domain.appointment import CancelReason, SlotStatus, Status
from hospital_app.domain.calendar import day_bounds
from hospital_app.flows import reconciling
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.finance import Difference, Reconciliation
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import reconciling as books
from tests.support.booked import a_booked_appointment
from tests.support.builders import a_schedule
from tests.support.town import Town
from tests.support.waiting import wait_until

pytestmark = pytest.mark.timeout(180)

#: How many of each; the sandbox keeps its books for all tests, so every test has days of its own.
FAULTS = {"late": 15, "revived": 5, "unheard": 15, "untold": 15, "sum": 15, "unsent": 10, "console": 10, "undone": 10}
UNTOUCHED = 45
_days = count(1)


class Market:
    """A day of both sides; `numbers`: payments by what was done to them."""

    def __init__(self, town: Town) -> None:
        self.town, self.house = town, town.house
        self.on = date(2026, 9, 30) - timedelta(days=3 * next(_days))
        self.noon = day_bounds(self.on)[0] + timedelta(hours=12)
        total = sum(FAULTS.values()) + UNTOUCHED
        schedule_id = a_schedule(self.house.sessions, per_period=total // 8 + 1)
        names = [name for name, many in FAULTS.items() for _ in range(many)] + ["untouched"] * UNTOUCHED
        self.numbers: dict[str, list[str]] = {}
        for seq, name in enumerate(names, start=1):
            booked = a_booked_appointment(self.house.sessions, schedule_id=schedule_id, seq=seq)
            with self.house.sessions.begin() as session:
                payment = session.scalars(select(Payment).where(col(Payment.appointment_id) == booked.id)).one()
                payment.created_at = self.noon - timedelta(minutes=1)
                payment.captured_at = self._at(seq)
                payment.transaction_id = f"4200{payment.no}"
                self.numbers.setdefault(name, []).append(payment.no)
        self.house.at(day_bounds(self.on + timedelta(days=1))[0] + timedelta(hours=11))

    def tell(self) -> None:
        """What the channel has of it, and what only one side has."""
        told = [no for name, numbers in self.numbers.items() if name != "untold" for no in numbers]
        wrong, strangers = set(self.numbers["sum"]), [f"X{no}" for no in self.numbers["unheard"]]
        orders = [
            {
                "out_trade_no": no,
                "amount_fen": 5001 if no in wrong else 5000,
                "transaction_id": f"4200{no}",
                "captured_at": self._at(place).timestamp(),
                "description": "挂号诊查费",
            }
            for place, no in enumerate([*told, *strangers])
        ]
        assert self.town.world.wechat.post("/past-orders", json={"orders": orders}).is_success
        for no in self.numbers["late"] + self.numbers["revived"]:
            self._expire(no, free=no in self.numbers["revived"])
        for no in self.numbers["unsent"] + self.numbers["undone"]:
            self._refunding(no)
        file = self.town.world.wechat.directory / "wechat.sqlite3"
        with closing(sqlite3.connect(file, timeout=10)) as ledger, ledger:
            for no in self.numbers["undone"]:
                self._refunded(ledger, f"R{no}", no)
            for no in self.numbers["console"]:
                self._refunded(ledger, f"CONSOLE{no}", no)

    @property
    def row(self) -> Reconciliation:
        with self.house.sessions() as session:
            return session.scalars(select(Reconciliation).where(col(Reconciliation.on) == self.on)).one()

    def run(self) -> None:
        reconciling.run(channel="wechat", on=self.on.isoformat(), attempt=self.row.attempts)

    def told(self) -> Counter[tuple[str, str, str]]:
        with self.house.sessions() as session:
            found = session.scalars(select(Difference)).all()
        return Counter((each.subject, each.kind, each.status) for each in found)

    def _at(self, place: int) -> datetime:
        return self.noon + timedelta(seconds=place)

    def _expire(self, no: str, *, free: bool) -> None:
        with self.house.sessions.begin() as session:
            payment = session.scalars(select(Payment).where(col(Payment.no) == no)).one()
            payment.status, payment.captured_at, payment.kept_fen = "closed", None, 0
            appointment = session.get_one(Appointment, payment.appointment_id)
            appointment.status, appointment.cancel_reason = Status.CANCELLED, CancelReason.EXPIRED
            appointment.cancelled_at = self.noon
            if free:
                session.get_one(Slot, appointment.slot_id).status = SlotStatus.FREE

    def _refunding(self, no: str) -> None:
        with self.house.sessions.begin() as session:
            payment = session.scalars(select(Payment).where(col(Payment.no) == no)).one()
            payment.kept_fen = 0
            about = {"payment_id": payment.id or 0, "appointment_id": payment.appointment_id}
            session.add(Refund(no=f"R{no}", reason="cancel", amount_fen=5000, created_at=self.noon, **about))

    def _refunded(self, ledger: sqlite3.Connection, refund_no: str, no: str) -> None:
        at = self.noon.timestamp()
        ledger.execute(
            "INSERT INTO refunds (out_refund_no, refund_id, out_trade_no, amount_fen, reason, notify_url, created_at,"
            " due_at, state, done_at) VALUES (?, ?, ?, 5000, '', '', ?, ?, 'SUCCESS', ?)",
            (refund_no, f"5030{refund_no}", no, at, at, at),
        )


def test_a_hundred_planted_faults_are_found_and_what_is_safe_is_repaired_once(town: Town) -> None:
    market = Market(town)
    market.tell()
    house = town.house
    assert house.do(books.open_days, channels=["wechat"]) == 1
    market.run()
    late = FAULTS["late"] + FAULTS["revived"]
    expected = {
        ("payment", "state", "repaired"): late,
        ("payment", "missing-here", "open"): FAULTS["unheard"],
        ("payment", "missing-there", "open"): FAULTS["untold"],
        ("payment", "amount", "open"): FAULTS["sum"],
        ("refund", "missing-there", "repaired"): FAULTS["unsent"],
        ("refund", "missing-here", "open"): FAULTS["console"],
        ("refund", "state", "repaired"): FAULTS["undone"],
    }
    assert market.told() == expected
    assert market.row.status == "differences"
    refunded = FAULTS["late"] + FAULTS["unsent"] + FAULTS["undone"]

    def all_back() -> bool:
        house.later(seconds=20)
        house.work_off()
        with house.sessions() as session:
            return session.scalar(select(func.count()).where(col(Refund.status) == "done")) == refunded

    wait_until(all_back, seconds=60, what=f"{refunded} refunds")
    with house.sessions() as session:
        revived = session.scalars(select(Payment).where(col(Payment.no).in_(market.numbers["revived"]))).all()
        booked = [session.get_one(Appointment, payment.appointment_id).status for payment in revived]
    assert booked == [Status.BOOKED] * FAULTS["revived"]
    before = market.told()
    for _ in range(2):
        market.run()
        house.work_off()
    assert market.told() == before
    for name in ("late", "unsent", "undone"):
        assert [len(town.world.refunds(no)) for no in market.numbers[name]] == [1] * FAULTS[name]


def test_a_bill_that_is_not_ready_is_put_off_and_the_job_comes_again(mariadb_town: Town) -> None:
    """Today's bill is made tomorrow."""
    house = mariadb_town.house
    house.later(days=1)
    house.do(books.open_days, channels=["wechat"])
    with house.sessions.begin() as session:
        on = session.scalars(select(col(Reconciliation.on))).one()
        today = max(on, on + timedelta(days=1))
        session.execute(update(Reconciliation).values(on=today))
    reconciling.run(channel="wechat", on=today.isoformat(), attempt=0)
    with house.sessions() as session:
        row = session.scalars(select(Reconciliation)).one()
    assert (row.status, row.attempts) == ("waiting", 1)
    assert "not ready" in row.last_error
    assert len(mariadb_town.owed(books.JOB)) == 2
