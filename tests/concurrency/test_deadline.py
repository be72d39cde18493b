"""At the deadline's very second: the patient cancels, the sweep comes, the money arrives - all at once."""

import pytest

from hospital_app.domain.appointment import Status
from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.flows import booking
from hospital_app.services import capturing, payments, releasing
from tests.support.builders import a_schedule, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import race

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("minutes", [14, 15])
def test_cancel_expire_and_pay_at_once_leave_one_consistent_order(mariadb_house: House, minutes: int) -> None:
    house = mariadb_house
    endings = set()
    for attempt in range(12):
        schedule_id = a_schedule(house.sessions, per_period=1, period_count=1)
        pair, rival = people(house.sessions, 2)
        actor = patient_actor(pair[0])
        no = booking.hold_one(actor, HoldRequest(*pair, schedule_id, first_period(), key=f"k{attempt}"))
        opened = house.do(payments.start, actor=actor, no=no, channel="wechat")
        notice = PaymentNotice(opened.no, "captured", opened.cash_fen, transaction_id=f"t{attempt}")
        house.later(minutes=minutes)

        def act(which: int) -> object:
            if which == 0:
                return booking.cancel(actor, no=no)  # noqa: B023
            if which == 1:
                return house.do(releasing.expire, no=no)  # noqa: B023
            if which == 2:
                return booking.hold_one(
                    patient_actor(rival[0]),  # noqa: B023
                    HoldRequest(*rival, schedule_id, first_period(), key="rival"),  # noqa: B023
                )
            return house.do(capturing.record_notice, notice=notice)  # noqa: B023

        answers = race([0, 1, 2, 3, 3], act)
        assert all(not isinstance(a, Refusal) or a.code in {"slot_taken", "wrong_status"} for a in answers), answers
        seen = booking.one(actor, no=no)
        endings.add((seen.status, seen.cancel_reason))
        back = sum(refund.amount_fen for refund in seen.refunds)
        assert (seen.status == Status.BOOKED) == (seen.paid_fen - back > 0)
        assert [line for line in house.broken() if "overdue" not in line] == []
    assert endings
