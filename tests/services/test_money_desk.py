"""财务台: the sums of a day, one payment found by what somebody holds in their hand, refunds that wait too long."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import booking, money_desk, payment, trail
from hospital_app.flows.unit import perform
from hospital_app.models.identity import Account
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import refunds
from hospital_app.services.trail_search import Wanted
from tests.support.booked import CLERK, HOSPITAL_ADMIN, a_booked_appointment, department_admin
from tests.support.builders import a_schedule, first_period
from tests.support.house import House, patient_actor

FEE = 5000


@pytest.fixture
def paid(house: House) -> Any:
    """Somebody who has paid by WeChat a day before the clinic."""
    schedule_id = a_schedule(house.sessions)
    house.at(first_period() - timedelta(days=1))
    return a_booked_appointment(house.sessions, schedule_id=schedule_id)


def payment_no(house: House) -> str:
    with house.sessions() as session:
        return session.scalars(select(col(Payment.no))).one()


def today(house: House) -> list[tuple[str, str, str, int, int]]:
    found = money_desk.today(HOSPITAL_ADMIN, on=clinic_day(house.now))
    return [(each.kind, each.channel, each.status, each.count, each.fen) for each in found]


def refused(call: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refusal) as refusal:
        call(*args, **more)
    return refusal.value.code


def test_the_day_by_channel_and_state(house: House, paid: Any) -> None:
    assert today(house) == [("payment", "wechat", "captured", 1, FEE)]
    with house.sessions.begin() as session:
        session.execute(update(Payment).values(fund_fen=3000, insurance_account_fen=500, cash_fen=1500))
    assert today(house) == [
        ("payment", "wechat", "captured", 1, 1500),
        ("payment", "insurance", "captured", 1, 3500),
    ]
    house.later(days=1)
    assert today(house) == [], "every day its own"
    perform(SYSTEM, _owe, fen=1500)
    assert today(house) == [("refund", "wechat", "processing", 1, 1500)]
    assert refused(money_desk.today, department_admin(), on=clinic_day(house.now)) == "forbidden"
    assert refused(money_desk.today, CLERK, on=clinic_day(house.now)) == "forbidden"


def _owe(work: Any, *, fen: int) -> str:
    payment = work.session.scalars(select(Payment)).one()
    return refunds.owe(work, payment=payment, amount_fen=fen, reason="cancel")


def test_a_payment_is_found_by_its_numbers_or_its_owner_and_the_search_is_on_record(house: House, paid: Any) -> None:
    number = payment_no(house)
    refund_no = perform(SYSTEM, _owe, fen=FEE)
    with house.sessions() as session:
        phone = session.scalars(select(Account)).one().phone
    for given in (number, refund_no, paid.no, f" {paid.no.lower()} ", phone):
        [found] = money_desk.search(HOSPITAL_ADMIN, number=given)
        assert (found.no, found.appointment_no, found.patient, found.kept_fen) == (number, paid.no, "王*芳", 0)
    assert money_desk.search(HOSPITAL_ADMIN, number="13900000000") == []
    assert refused(money_desk.search, CLERK, number=number) == "forbidden"
    seen = trail.search(HOSPITAL_ADMIN, wanted=Wanted(action="payment.find")).entries
    assert [entry.detail["by"] for entry in seen] == [
        "phone",
        "phone",
        "appointment",
        "appointment",
        "refund",
        "payment",
    ]
    assert phone not in str(seen)


def test_a_refund_is_in_trouble_when_refused_or_when_it_takes_too_long(house: House, paid: Any) -> None:
    refund_no = perform(SYSTEM, _owe, fen=FEE)
    assert money_desk.troubled(HOSPITAL_ADMIN) == []
    house.later(days=3)
    assert [each.no for each in money_desk.troubled(HOSPITAL_ADMIN)] == [refund_no]
    with house.sessions.begin() as session:
        session.execute(update(Payment).values(channel="onsite"))
    assert money_desk.troubled(HOSPITAL_ADMIN) == [], "cash waits for its owner"
    with house.sessions.begin() as session:
        session.execute(update(Refund).values(status="failed", last_error="余额不足"))
    [row] = money_desk.troubled(HOSPITAL_ADMIN)
    assert (row.patient, row.status, row.last_error) == ("王*芳", "failed", "余额不足")
    assert refused(payment.retry_refund, CLERK, refund_no=refund_no) == "forbidden"
    payment.retry_refund(HOSPITAL_ADMIN, refund_no=refund_no)
    assert refused(payment.retry_refund, HOSPITAL_ADMIN, refund_no=refund_no) == "wrong_status"


def test_the_history_tells_the_whole_story_without_a_name(house: House, paid: Any) -> None:
    booking.cancel(patient_actor(paid.account_id), no=paid.no)
    seen = money_desk.history(HOSPITAL_ADMIN, payment_no=payment_no(house))
    assert (seen.appointment_status, seen.patient, seen.settlement) == ("cancelled", "王*芳", None)
    assert [(refund.leg, refund.reason, refund.amount_fen) for refund in seen.refunds] == [("cash", "cancel", FEE)]
    assert [deed.name for deed in seen.trail] == ["发起退款", "退号"]
    assert refused(money_desk.history, HOSPITAL_ADMIN, payment_no="GP0") == "not_found"
    assert refused(money_desk.history, department_admin(), payment_no=seen.no) == "forbidden"
