"""Cancel × expire × pay on one number in every order: a model beside the database (hypothesis, stateful).

`make test` runs a seeded sample, `make soak` many more.
"""

import os
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice, RefundNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.flows import booking
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import capturing, payments, refunds
from tests.support import database
from tests.support.builders import FEE_FEN, NOON_BEFORE, a_schedule, first_period, people
from tests.support.house import House, patient_actor

SAMPLE = int(os.environ.get("HOSPITAL_TEST_EXAMPLES", "25"))


class OneNumber(RuleBasedStateMachine):
    """One number, two people who want it, and money that comes when it likes."""

    house: House

    @initialize()
    def open_the_hospital(self) -> None:
        database.empty_tables(self.house.engine.url.render_as_string(hide_password=False))
        self.house.at(NOON_BEFORE)
        self.schedule_id = a_schedule(self.house.sessions, per_period=1, period_count=1)
        self.people = people(self.house.sessions, 2)
        self.orders: dict[int, str] = {}  # person -> their newest appointment
        self.payments: list[tuple[str, int]] = []  # (payment number, person)
        self.captured: set[str] = set()
        self.count = 0

    @rule(who=st.integers(0, 1))
    def hold(self, who: int) -> None:
        self.count += 1
        account, patient = self.people[who]
        request = HoldRequest(account, patient, self.schedule_id, first_period(), key=f"k{self.count}")
        taken = self.owner() is not None
        try:
            self.orders[who] = booking.hold_one(patient_actor(account), request)
            assert not taken, "a number with a living owner was sold again"
        except Refusal as refusal:
            assert taken or refusal.code == "limit_reached", refusal.code

    @precondition(lambda self: bool(self.orders))
    @rule(data=st.data())
    def start_paying(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.orders)))
        try:
            opened = self.house.do(
                payments.start, actor=patient_actor(self.people[who][0]), no=self.orders[who], channel="wechat"
            )
        except Refusal:
            assert self.status(who) is not Status.PENDING
            return
        if (opened.no, who) not in self.payments:
            self.payments.append((opened.no, who))

    @precondition(lambda self: bool(self.payments))
    @rule(data=st.data())
    def money_arrives(self, data: st.DataObject) -> None:
        """The channel says so, perhaps late, perhaps again."""
        number, _ = data.draw(st.sampled_from(self.payments))
        notice = PaymentNotice(number, "captured", FEE_FEN, transaction_id=f"t-{number}")
        changed = self.house.do(capturing.record_notice, notice=notice)
        assert changed == (number not in self.captured), "a payment is captured exactly once"
        self.captured.add(number)

    @precondition(lambda self: bool(self.payments))
    @rule(data=st.data(), state=st.sampled_from(["failed", "closed"]))
    def the_channel_gives_up(self, data: st.DataObject, state: str) -> None:
        number, _ = data.draw(st.sampled_from(self.payments))
        self.house.do(capturing.record_notice, notice=PaymentNotice(number, state, 0))  # type: ignore[arg-type]

    @precondition(lambda self: bool(self.orders))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from(sorted(self.orders)))
        done = booking.cancel(patient_actor(self.people[who][0]), no=self.orders[who])
        assert done.status == Status.CANCELLED
        assert done == booking.cancel(patient_actor(self.people[who][0]), no=self.orders[who]), "twice is once"

    @rule(minutes=st.sampled_from([1, 7, 14, 15, 16]))
    def time_passes(self, minutes: int) -> None:
        if self.house.now + timedelta(minutes=minutes) < first_period():
            self.house.later(minutes=minutes)

    @rule()
    def the_sweep_comes_by(self) -> None:
        booking.sweep()

    @rule()
    def refunds_are_carried_out(self) -> None:
        with self.house.sessions() as session:
            owed = session.scalars(select(Refund).where(col(Refund.status) == "processing")).all()
            numbers = {refund.no: session.get_one(Payment, refund.payment_id).no for refund in owed}
        for refund in owed:
            notice = RefundNotice(refund.no, numbers[refund.no], "done", refund.amount_fen, "c")
            assert self.house.do(refunds.record_notice, notice=notice)
            assert not self.house.do(refunds.record_notice, notice=notice), "a refund is done exactly once"

    @invariant()
    def the_books_are_right(self) -> None:
        if hasattr(self, "orders"):
            broken = [line for line in self.house.broken() if "overdue" not in line]
            assert broken == []
            with self.house.sessions() as session:
                captured = session.scalar(select(func.sum(Payment.amount_fen)).where(col(Payment.status) == "captured"))
                kept = session.scalar(select(func.sum(Payment.kept_fen)))
                back = session.scalar(select(func.sum(Refund.amount_fen)))
                booked = session.scalar(select(func.count()).where(col(Appointment.status) == Status.BOOKED))
            assert (captured or 0) == (kept or 0) + (back or 0)
            assert (kept or 0) == (booked or 0) * FEE_FEN, "what is kept is what stands (all cancels are ≥ 24 h ahead)"

    def owner(self) -> int | None:
        """Who has the number now, by the states that both people see."""
        living = [who for who in self.orders if self.status(who) is not Status.CANCELLED]
        assert len(living) <= 1
        return living[0] if living else None

    def status(self, who: int) -> Status:
        return Status(booking.one(patient_actor(self.people[who][0]), no=self.orders[who]).status)


def explore(house: House, examples: int) -> None:
    machine = type("OneNumberHere", (OneNumber,), {"house": house})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            derandomize=examples == SAMPLE,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.timeout(300)
def test_cancel_expire_pay_in_every_order(house: House) -> None:
    explore(house, SAMPLE)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_cancel_expire_pay_in_every_order_for_long(house: House) -> None:
    explore(house, 1000)
