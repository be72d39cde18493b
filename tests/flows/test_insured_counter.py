"""窗口医保: the clerk sees the split, takes what insurance leaves in cash; each part goes back its way."""

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Role
from hospital_app.domain.on_behalf import Reason, Why
from hospital_app.flows import booking, counter, payment, shifts
from hospital_app.flows.cashier import insured as insurance_of
from hospital_app.services import sessions
from tests.flows.test_insured import insured, settled_there, settlement, until_quiet
from tests.support.booked import CLERK, employed
from tests.support.bureau import Bureau
from tests.support.outside import Door, plain_client
from tests.support.town import Order, Town

HERE = Reason(Why.PRESENT)


def quoted(order: Order) -> payment.PaymentView:
    return payment.start(CLERK, no=order.no, channel="onsite", insurance=True, reason=HERE)


def test_the_rest_is_taken_in_cash_and_goes_back_in_cash(insured_town: Town, bureau: Bureau) -> None:
    town, order = insured_town, insured(insured_town, bureau)
    employed(town.house.sessions, CLERK)
    assert insurance_of(CLERK, no=order.no) == "ready"
    with pytest.raises(Refusal) as refused:
        payment.start(order.actor, no=order.no, channel="onsite", insurance=True)
    assert refused.value.code == "channel_unavailable", "only a clerk takes cash"
    with pytest.raises(Refusal) as refused:
        payment.start(CLERK, no=order.no, channel="onsite", insurance=True)
    assert refused.value.code == "reason_needed"
    shown = quoted(order)
    assert shown.fund_fen > 0 and (shown.channel, shown.status) == ("onsite", "pending") and quoted(order) == shown
    receipt = counter.collect(CLERK, no=order.no)
    assert (receipt.payment_no, receipt.fee_fen) == (shown.no, shown.cash_fen)
    with pytest.raises(Refusal):
        counter.collect(CLERK, no=order.no)
    until_quiet(town)
    kept = settlement(town, shown.no)
    assert town.seen(order).status == "booked" and settled_there(bureau, kept.no) == 1
    shift = shifts.mine(CLERK)
    assert shift is not None and shift.collected_fen == shown.cash_fen
    booking.cancel(order.actor, no=order.no)
    until_quiet(town)
    assert settled_there(bureau, kept.no) == 0
    (waiting,) = counter.cash_refunds(CLERK, patient_id=town.seen(order).patient_id)
    assert waiting.amount_fen == shown.cash_fen and counter.pay_out(CLERK, refund_no=waiting.refund_no)
    assert town.house.broken() == []


def test_only_the_rest_that_was_read_out_is_taken(insured_town: Town, bureau: Bureau) -> None:
    town, order = insured_town, insured(insured_town, bureau)
    employed(town.house.sessions, CLERK)
    shown = quoted(order)
    elsewhere = payment.start(order.actor, no=order.no, channel="wechat")
    with pytest.raises(Refusal) as refused:
        counter.collect(CLERK, no=order.no, payment_no=shown.no)
    assert refused.value.code == "wrong_status", "the fund's part is not there any more"
    assert payment.latest(order.actor, no=order.no) == elsewhere
    assert town.seen(order).status == "pending"
    payment.start(order.actor, no=order.no, channel="onsite")
    with pytest.raises(Refusal) as refused:
        counter.collect(CLERK, no=order.no, payment_no=shown.no)
    assert refused.value.code == "wrong_status", "booked meanwhile, the whole fee is due, and nobody has said so"
    (due,) = counter.dues(CLERK, patient_id=town.seen(order).patient_id)
    assert (due.no, due.amount_fen) == (order.no, 5000)
    assert town.house.broken() == []


def test_over_http_the_window_takes_and_gives_back_cash(insured_town: Town, door: Door) -> None:
    town = insured_town
    employed(town.house.sessions, CLERK)
    clerk = town.house.do(sessions.open_for_staff, staff_id=CLERK.staff_id, role=Role.CLERK)
    order = town.held(town.clinic())
    patient_id = town.seen(order).patient_id
    payment.start(order.actor, no=order.no, channel="onsite")
    patient = town.house.do(sessions.open_for_account, account_id=order.actor.account_id)
    with plain_client(door.url) as window:
        theirs = {"Authorization": f"Bearer {patient.token}"}
        here = {"Authorization": f"Bearer {clerk.token}"}
        base, collection = "/api/v1/counter", f"/api/v1/counter/appointments/{order.no}/collection"
        assert window.post(collection, headers=theirs).status_code == 403
        (due,) = window.get(f"{base}/patients/{patient_id}/dues", headers=here).json()
        assert (due["no"], due["amount_fen"]) == (order.no, 5000)
        taken = window.post(collection, headers=here)
        assert (taken.status_code, taken.json()["fee_fen"]) == (201, 5000)
        assert window.post(collection, headers=here).json()["error"] == "wrong_status"
        booking.cancel(order.actor, no=order.no)
        (waiting,) = window.get(f"{base}/patients/{patient_id}/cash-refunds", headers=here).json()
        payout = f"{base}/cash-refunds/{waiting['refund_no']}/payout"
        assert window.post(payout, headers=theirs).status_code == 403
        assert [window.post(payout, headers=here).json()["already"] for _ in range(2)] == [False, True]
        assert window.get(f"{base}/patients/{patient_id}/cash-refunds", headers=here).json() == []
    assert town.house.broken() == []
