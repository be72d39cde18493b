"""Cash, insurance and both in one order, with money that comes late, ten times or never, and workers that die: whatever
the order, captured = kept + given back + owed back on each leg, and each effect happens once (hypothesis, stateful).

`make test` runs a seeded sample, `make soak` many more.
"""

import os
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.payment import Leg
from hospital_app.flows import booking, counter, outbox, payment, waiting
from hospital_app.models.identity import Message, Patient
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.operation import OutboxRow
from hospital_app.models.payment import Payment, Refund
from hospital_app.ports import Unreachable
from hospital_app.services import capturing
from tests.support import database
from tests.support.booked import CLERK, employed
from tests.support.both_legs import Bureau, Channel, Crash, MobileBureau
from tests.support.builders import NOON_BEFORE, a_schedule, first_period, people
from tests.support.house import House, patient_actor
from workers.jobs import KINDS

SAMPLE = 100
MONEY = ("payment.query", "payment.close", "refund.execute", "settlement.settle", "settlement.drop")
WISHES = {
    "cash": {"channel": "wechat"},
    "both": {"channel": "wechat", "insurance": True},
    "shown": {"channel": "wechat", "insurance": True, "use_account": True},
    "agreed": {"channel": None, "insurance": True, "use_account": True},
    "onsite": {"channel": "onsite"},
}
FAULTS = ("unreachable", "crash-before", "crash-after", "silent", "refuse")


class TwoLegs(RuleBasedStateMachine):
    """One number, two insured people who want it, one channel, one bureau.

    What may be drawn does not depend on what happened: the gate goes by the real clock, and a replay may differ.
    """

    house: House

    @initialize(mobile=st.booleans())
    def open_the_hospital(self, mobile: bool) -> None:
        database.empty_tables(self.house.engine.url.render_as_string(hide_password=False))
        self.house.at(NOON_BEFORE)
        over_mobile = MobileBureau(lambda: self.house.now) if mobile else None
        self.channel, self.bureau = Channel(), over_mobile or Bureau(lambda: self.house.now)
        containers.use(
            replace(
                self.house.container,
                payments={"wechat": self.channel},  # type: ignore[dict-item]
                bureau=self.bureau,
                mobile=over_mobile,
            )
        )
        self.schedule_id = a_schedule(self.house.sessions, per_period=1, period_count=1)
        employed(self.house.sessions, CLERK)
        self.people = people(self.house.sessions, 2)
        with self.house.sessions.begin() as session:
            for patient in session.scalars(select(Patient)):
                patient.insurance_number, patient.insurance_region = patient.document_number, "110100"
                patient.insurance_verified_at = NOON_BEFORE
        self.orders: dict[int, str] = {}
        self.count = 0

    @rule(who=st.integers(0, 1))
    def hold(self, who: int) -> None:
        self.count += 1
        account, patient = self.people[who]
        request = HoldRequest(account, patient, self.schedule_id, first_period(), key=f"k{self.count}")
        try:
            self.orders[who] = booking.hold_one(patient_actor(account), request)
        except Refusal:
            return

    @rule(which=st.integers(0, 9), wish=st.sampled_from([*WISHES, "both", "both", "cash"]))
    def wish_to_pay(self, which: int, wish: str) -> None:
        if not self.orders:
            return
        who = self.somebody(which)
        try:
            payment.start(patient_actor(self.people[who][0]), no=self.orders[who], **WISHES[wish])  # type: ignore[arg-type]
        except Refusal:
            return

    @rule(
        who=st.integers(0, 1),
        wish=st.sampled_from(["both", "both", "agreed", "cash"]),
        faults=st.lists(st.sampled_from(FAULTS), max_size=3),
        rounds=st.integers(0, 3),
        ends=st.sampled_from(["", "", "cancelled"]),
    )
    def an_order_goes_far(self, who: int, wish: str, faults: list[str], rounds: int, ends: str) -> None:
        """Held, shown, paid, settled as far as the bureau lets it: chance alone would seldom bring that together."""
        self.hold(who)
        if who not in self.orders:
            return
        actor, no = patient_actor(self.people[who][0]), self.orders[who]
        try:
            if wish == "agreed":
                payment.start(actor, no=no, **WISHES["shown"])  # type: ignore[arg-type]
            opened = payment.start(actor, no=no, **WISHES[wish])  # type: ignore[arg-type]
        except Refusal:
            return
        if opened.no in self.channel.orders and self.channel.pay(opened.no):
            self.house.do(capturing.record_notice, notice=self.channel.notice(opened.no))
        self.bureau.troubles.next.extend(faults)
        for _ in range(rounds):
            self.work()
            self.house.later(minutes=1)
        if ends:
            booking.cancel(actor, no=no)

    @rule(which=st.integers(0, 9), also=st.integers(0, 9), times=st.integers(1, 10), seed=st.integers(0, 99))
    def money_arrives(self, which: int, also: int, times: int, seed: int) -> None:
        """Callbacks of several orders, each up to ten times, in any order."""
        if not self.channel.orders:
            return
        numbers = {self.opened(which): None, self.opened(also): None}
        heard = [number for number in numbers if self.channel.pay(number) for _ in range(times)]
        random.Random(seed).shuffle(heard)
        for number in heard:
            self.house.do(capturing.record_notice, notice=self.channel.notice(number))

    @rule(which=st.integers(0, 9))
    def money_arrives_unheard(self, which: int) -> None:
        if not self.channel.orders:
            return
        self.channel.pay(self.opened(which))

    @rule(which=st.integers(0, 9))
    def somebody_asks_the_channel(self, which: int) -> None:
        if not self.channel.orders:
            return
        try:
            payment.query(payment_no=self.opened(which))
        except Unreachable:
            return

    @rule(which=st.integers(0, 9))
    def cancel(self, which: int) -> None:
        if not self.orders:
            return
        who = self.somebody(which)
        try:
            booking.cancel(patient_actor(self.people[who][0]), no=self.orders[who])
        except Refusal:
            return

    @rule(which=st.integers(0, 9))
    def pay_at_the_window(self, which: int) -> None:
        if not self.orders:
            return
        try:
            counter.collect(CLERK, no=self.orders[self.somebody(which)])
        except Refusal:
            return

    @rule(minutes=st.sampled_from([1, 7, 15, 16, 45]))
    def time_passes(self, minutes: int) -> None:
        if self.house.now + timedelta(minutes=minutes) < first_period():
            self.house.later(minutes=minutes)

    @rule()
    def the_sweep_comes_by(self) -> None:
        booking.sweep()
        waiting.miss_unpaid()

    @rule(at=st.sampled_from(["bureau", "channel"]), fault=st.sampled_from(FAULTS))
    def something_will_go_wrong(self, at: str, fault: str) -> None:
        self.bureau.troubles.next.clear()
        if at == "bureau":
            self.bureau.troubles.next.append(fault)
        elif fault != "refuse":
            self.channel.troubles.next.append(fault)

    @rule()
    def workers_work(self) -> None:
        self.work()

    def somebody(self, which: int) -> int:
        """By their turn, not by a number that differs each time: hypothesis must be able to repeat what it did."""
        return list(self.orders)[which % len(self.orders)]

    def opened(self, which: int) -> str:
        return list(self.channel.orders)[which % len(self.channel.orders)]

    def work(self) -> int:
        """Each due effect of money once; a worker that dies is not there to say so."""
        with self.house.sessions() as session:
            due = session.scalars(
                select(OutboxRow.id)
                .where(
                    col(OutboxRow.kind).in_(MONEY),
                    col(OutboxRow.done_at).is_(None),
                    col(OutboxRow.run_at) <= self.house.now,
                )
                .order_by(col(OutboxRow.id))
            ).all()
        for row_id in due:
            outbox._silent_until.clear()
            try:
                outbox.work_off(row_id or 0, KINDS)
            except Crash:
                continue
        return len(due)

    def teardown(self) -> None:
        if not hasattr(self, "orders"):
            return
        self.bureau.troubles.next.clear()
        self.channel.troubles.next.clear()
        self.house.at(max(self.house.now, NOON_BEFORE + timedelta(minutes=1)))
        booking.sweep()
        for _ in range(8):
            self.house.later(minutes=20)
            if not self.work():
                break
        booking.sweep()
        self.work()
        self.check_everything()

    def check_everything(self) -> None:
        assert self.house.broken() == []
        with self.house.sessions() as session:
            paid = {row.no: row for row in session.scalars(select(Payment))}
            back = list(session.scalars(select(Refund)))
            settled = list(session.scalars(select(InsuranceSettlement)))
            told = session.execute(select(col(Message.appointment_no), col(Message.kind))).all()
        assert {row.status for row in paid.values()} <= {"captured", "returned", "closed", "due"}
        at_the_window = {row.id for row in paid.values() if row.channel == "onsite"}  # a clerk hands that out
        by_itself = [row for row in back if row.payment_id not in at_the_window]
        assert {row.status for row in by_itself} <= {"done"}, [(row.no, row.last_error) for row in by_itself]
        for number, row in paid.items():
            cash = row.cash_fen if self.channel.orders.get(number) == "captured" or row.channel == "onsite" else 0
            if row.channel == "wechat":
                assert (row.cash_captured_at is not None) == (cash > 0), f"{number}: the channel has {cash}"
                here = {each.no for each in back if each.payment_id == row.id and each.leg == Leg.CASH}
                there = {no for no, each in self.channel.refunds.items() if each.payment_no == number}
                assert here == there, "each refund of the cash leg happened once over there"
        standing = {row.visit_id for row in settled if row.status == "settled"}
        assert standing == set(self.bureau.standing), "the bureau has settled what our books say, and nothing else"
        assert {row.status for row in settled} <= {"settled", "reversed", "failed"}
        repeated = [each for each, times in Counter(map(tuple, told)).items() if times > 1]
        assert [each for each in repeated if each[1] in ("booked", "cancelled", "payment-due")] == []


def explore(house: House, examples: int, *, seeded: bool) -> None:
    machine = type("TwoLegsHere", (TwoLegs,), {"house": house})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=10,
            deadline=None,
            derandomize=seeded,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.timeout(300)
def test_both_legs_in_every_order(sqlite_house: House) -> None:
    explore(sqlite_house, int(os.environ.get("HOSPITAL_TEST_LEGS", SAMPLE)), seeded=True)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("stores", ["sqlite_house", "mariadb_house"])
def test_both_legs_in_every_order_for_long(stores: str, request: pytest.FixtureRequest) -> None:
    explore(request.getfixturevalue(stores), int(os.environ.get("HOSPITAL_TEST_LEGS", "2000")), seeded=False)
