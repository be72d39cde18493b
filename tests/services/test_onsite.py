"""到院付：booked without money, collected by a clerk before check-in; unpaid at the end it is a missed visit."""

from datetime import timedelta

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import Actor
from hospital_app.flows import booking, counter, payment, shifts, waiting
from hospital_app.services.payment_views import PaymentView
from tests.support.booked import CLERK, KIOSK, employed
from tests.support.builders import a_schedule, first_period, people
from tests.support.house import House, patient_actor


def promised(house: House) -> tuple[Actor, str, PaymentView]:
    """A number of tomorrow's first half hour, to be paid for at the window."""
    employed(house.sessions, CLERK)
    schedule_id = a_schedule(house.sessions)
    account_id, patient_id = people(house.sessions, 1)[0]
    actor = patient_actor(account_id)
    no = booking.hold_one(actor, HoldRequest(account_id, patient_id, schedule_id, first_period(), key="k"))
    return actor, no, payment.start(actor, no=no, channel="onsite")


def refused(code: str, act: object) -> None:
    with pytest.raises(Refusal) as refusal:
        act()  # type: ignore[operator]
    assert refusal.value.code == code


def test_it_books_at_once_and_is_collected_before_check_in(house: House) -> None:
    actor, no, view = promised(house)
    assert (view.status, view.channel, view.cash_fen) == ("due", "onsite", 5000)
    assert payment.start(actor, no=no, channel="onsite") == view
    seen = booking.one(actor, no=no)
    assert (seen.status, seen.paid_fen, seen.due_fen) == ("booked", 0, 5000)
    assert house.broken() == []
    house.at(first_period() - timedelta(minutes=20))
    code = seen.code
    refused("payment_due", lambda: waiting.check_in(KIOSK, code=code))
    refused("forbidden", lambda: counter.collect(actor, no=no))
    patient_id = seen.patient_id
    [due] = counter.dues(CLERK, patient_id=patient_id)
    assert (due.no, due.amount_fen) == (no, 5000)
    receipt = counter.collect(CLERK, no=no)
    assert counter.dues(CLERK, patient_id=patient_id) == []
    drawer = shifts.mine(CLERK)
    assert drawer is not None and drawer.expected_fen == 5000
    assert (receipt.no, receipt.fee_fen) == (no, 5000)
    refused("wrong_status", lambda: counter.collect(CLERK, no=no))
    assert waiting.check_in(KIOSK, code=code).no == no
    assert booking.one(actor, no=no).paid_fen == 5000
    assert house.broken() == []


def test_cancelling_costs_nothing_and_refunds_nothing(house: House) -> None:
    actor, no, _ = promised(house)
    house.at(first_period() - timedelta(minutes=30))
    done = booking.cancel(actor, no=no)
    assert (done.status, done.refund_no, done.refund_fen, done.fee_fen) == ("cancelled", None, 0, 0)
    latest = payment.latest(actor, no=no)
    assert latest is not None and latest.status == "closed"
    refused("wrong_status", lambda: counter.collect(CLERK, no=no))
    assert house.broken() == []


def test_who_never_pays_has_missed_the_visit_by_the_clock_alone(house: House) -> None:
    actor, no, _ = promised(house)
    house.at(first_period() + timedelta(minutes=29))
    assert booking.one(actor, no=no).status == "booked"
    assert waiting.miss_unpaid() == 0
    house.later(minutes=1)
    assert booking.one(actor, no=no).status == "noshow", "although no round has come by"
    refused("period_over", lambda: counter.collect(CLERK, no=no))
    assert waiting.miss_unpaid() == 1
    assert waiting.miss_unpaid() == 0
    latest = payment.latest(actor, no=no)
    assert latest is not None and latest.status == "closed"
    assert booking.one(actor, no=no).status == "noshow"
    assert house.broken() == []
