"""Two legs in one order: the split before, the cash first, the insurance once it is there; and each way back."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.domain.errors import Refusal
from hospital_app.domain.settlement import BureauQuote, InsuredVisit
from hospital_app.flows import booking, outbox, payment
from hospital_app.models.identity import Patient
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment
from tests.support.builders import people
from tests.support.bureau import Bureau
from tests.support.town import Order, Town

OF_MONEY = ("settlement.settle", "settlement.drop", "registration.forget", "refund.execute", "payment.close")


def insured(town: Town, bureau: Bureau, *, balance_fen: int = 0) -> Order:
    """A hold of 50 yuan by somebody whose fund pays a part of them: 22.50 of an employee, 13.50 of others."""
    account_id, patient_id = people(town.house.sessions, 1)[0]
    with town.house.sessions.begin() as session:
        patient = session.get_one(Patient, patient_id)
        assert patient.document_number is not None
        patient.insurance_number, patient.insurance_region = patient.document_number, "110100"
        patient.insurance_verified_at = town.house.now
        number = patient.document_number
    bureau.enrol(number)
    bureau.provide(number, balance_fen=balance_fen)
    return town.held(town.clinic(), (account_id, patient_id))


def opened(town: Town, order: Order, *, use_account: bool = False) -> payment.PaymentView:
    return payment.start(order.actor, no=order.no, channel="wechat", insurance=True, use_account=use_account)


def cash_paid(town: Town, number: str) -> None:
    assert town.world.choose(number, "success") == 202
    town.world.delivered(number)


def settlement(town: Town, number: str) -> InsuranceSettlement:
    with town.house.sessions() as session:
        return session.scalars(
            select(InsuranceSettlement)
            .join(Payment, col(Payment.id) == col(InsuranceSettlement.payment_id))
            .where(col(Payment.no) == number)
        ).one()


def settled_there(bureau: Bureau, no: str) -> int:
    """How many settlements stand at the bureau."""
    return sum(row["state"] == "settled" for row in bureau.settlements(no))


def until_quiet(town: Town) -> None:
    """What is put off comes due, until nothing of money is owed any more."""
    for _ in range(8):
        town.house.work_off()
        rows = town.owed(*OF_MONEY)
        if not rows:
            return
        town.house.at(max(row.run_at for row in rows) + timedelta(seconds=1))


def test_the_split_is_shown_the_cash_is_paid_and_both_legs_are_booked(insured_town: Town, bureau: Bureau) -> None:
    town, order = insured_town, insured(insured_town, bureau)
    changed = payment.start(order.actor, no=order.no, channel="wechat")  # another wish: all cash
    assert (changed.fund_fen, changed.cash_fen) == (0, 5000)
    shown = opened(town, order)
    fund, cash = shown.fund_fen, shown.cash_fen
    assert fund in (2250, 1350) and (shown.insurance_account_fen, fund + cash) == (0, 5000)
    assert shown.status == "pending" and shown.opened
    assert opened(town, order) == shown, "asked again it is the same order"
    with pytest.raises(Refusal) as refused:
        payment.start(order.actor, no=order.no, channel=None, insurance=True)
    assert refused.value.code == "cash_needed"
    cash_paid(town, shown.no)
    seen = payment.latest(order.actor, no=order.no)
    assert seen is not None and seen.status == "settling" and town.seen(order).status == "pending"
    town.house.work_off()
    assert town.seen(order).status == "booked"
    assert town.payments(order)[shown.no] == "captured"
    kept = settlement(town, shown.no)
    assert (kept.status, settled_there(bureau, kept.no)) == ("settled", 1)
    assert town.told(order) == ["booked"]
    assert town.house.broken() == []
    booking.cancel(order.actor, no=order.no)
    until_quiet(town)
    assert {(each.leg, each.amount_fen) for each in town.refunds(order)} == {("cash", cash), ("insurance", fund)}
    assert settlement(town, shown.no).status == "reversed" and settled_there(bureau, kept.no) == 0
    assert town.house.broken() == []


def test_an_order_without_cash_is_settled_once_it_is_agreed_to(insured_town: Town, bureau: Bureau) -> None:
    town, order = insured_town, insured(insured_town, bureau, balance_fen=5000)
    shown = opened(town, order, use_account=True)
    assert shown.fund_fen > 0 and (shown.fund_fen + shown.insurance_account_fen, shown.cash_fen) == (5000, 0)
    town.house.work_off()
    assert town.seen(order).status == "pending", "nothing is taken before it was agreed to"
    agreed = payment.start(order.actor, no=order.no, channel=None, insurance=True, use_account=True)
    assert (agreed.no, agreed.status) == (shown.no, "settling")
    town.house.work_off()
    assert town.seen(order).status == "booked"
    assert town.house.broken() == []


def test_what_the_bureau_refuses_gives_the_cash_back_and_is_told_once(insured_town: Town, bureau: Bureau) -> None:
    town, order = insured_town, insured(insured_town, bureau)
    shown = opened(town, order)
    bureau.trouble("2207", "refuse")
    cash_paid(town, shown.no)
    until_quiet(town)
    assert town.payments(order)[shown.no] == "returned"
    assert [(each.leg, each.amount_fen) for each in town.refunds(order)] == [("cash", shown.cash_fen)]
    assert town.told(order).count("insurance-unsettled") == 1
    assert (settlement(town, shown.no).status, settled_there(bureau, settlement(town, shown.no).no)) == ("failed", 0)
    assert town.house.broken() == []


def agreed_without_cash(town: Town, bureau: Bureau) -> tuple[Order, str]:
    """All of it is the insurance's; the order, and its payment that waits for the bureau."""
    order = insured(town, bureau, balance_fen=5000)
    shown = opened(town, order, use_account=True)
    payment.start(order.actor, no=order.no, channel=None, insurance=True, use_account=True)
    return order, shown.no


def test_who_paid_nothing_is_not_told_that_money_comes_back(insured_town: Town, bureau: Bureau) -> None:
    """Refused by the bureau, the number is kept a little; then it may be paid otherwise."""
    town = insured_town
    order, number = agreed_without_cash(town, bureau)
    bureau.trouble("2207", "refuse")
    until_quiet(town)
    assert (town.payments(order)[number], town.seen(order).status) == ("returned", "pending")
    assert (town.refunds(order), town.told(order)) == ([], ["insurance-failed"])
    cash_paid(town, payment.start(order.actor, no=order.no, channel="wechat").no)
    town.house.work_off()
    assert town.seen(order).status == "booked" and town.told(order) == ["insurance-failed", "booked"]
    assert town.house.broken() == []


def test_without_cash_a_number_that_was_lost_meanwhile_is_told_once(insured_town: Town, bureau: Bureau) -> None:
    town = insured_town
    order, number = agreed_without_cash(town, bureau)
    town.house.later(minutes=town.house.container.rules_at(town.house.now).settle_minutes + 1)
    booking.sweep()
    until_quiet(town)
    assert (town.payments(order)[number], town.seen(order).cancel_reason) == ("returned", "expired")
    assert (town.refunds(order), town.told(order)) == ([], ["insurance-too-late"])
    assert settled_there(bureau, settlement(town, number).no) == 0
    assert town.house.broken() == []


def test_a_silent_bureau_is_corrected_and_settled_anew_while_the_number_is_kept(
    insured_town: Town, bureau: Bureau
) -> None:
    """It did settle, and never said so: 2601 takes that back, and the second message settles once."""
    town, order = insured_town, insured(insured_town, bureau)
    shown = opened(town, order)
    bureau.trouble("2207", "silent-after", seconds=2)
    cash_paid(town, shown.no)
    town.house.work_off()
    first = settlement(town, shown.no)
    assert (first.status, bool(first.message_id)) == ("settling", True)
    town.house.later(minutes=16)  # the hold would be over: the money is in the house
    booking.sweep()
    assert town.seen(order).status == "pending"
    outbox._silent_until.clear()
    until_quiet(town)
    assert town.seen(order).status == "booked"
    assert settled_there(bureau, first.no) == 1
    assert town.refunds(order) == []
    assert town.house.broken() == []


def test_letting_go_while_the_bureau_settles_gives_everything_back(insured_town: Town, bureau: Bureau) -> None:
    town, order = insured_town, insured(insured_town, bureau)
    shown = opened(town, order)
    cash_paid(town, shown.no)
    booking.cancel(order.actor, no=order.no)
    until_quiet(town)
    assert town.payments(order)[shown.no] == "returned"
    assert settled_there(bureau, settlement(town, shown.no).no) == 0
    assert sum(each.amount_fen for each in town.refunds(order)) == shown.cash_fen
    assert town.house.broken() == []


class Between:
    """The bureau of a process in which something happens between its answer and our own row."""

    def __init__(self, bureau: Any, happens: Callable[[], object]) -> None:
        self._bureau, self._happens = bureau, happens

    def __getattr__(self, call: str) -> Any:
        return getattr(self._bureau, call)

    def quote(self, visit: InsuredVisit) -> BureauQuote:
        quote: BureauQuote = self._bureau.quote(visit)
        self._happens()
        return quote


def registered(bureau: Bureau) -> set[str]:
    """Our numbers that stand at the bureau."""
    return {row["ipt_otp_no"] for row in bureau.books("SELECT ipt_otp_no FROM visits WHERE dropped = 0")}


def test_a_registration_that_no_row_of_ours_knows_is_taken_back(insured_town: Town, bureau: Bureau) -> None:
    town, order, before = insured_town, insured(insured_town, bureau), registered(bureau)
    house = town.house.container
    containers.use(replace(house, bureau=Between(house.bureau, sys.exit)))
    with pytest.raises(SystemExit):  # the process is gone
        opened(town, order)
    containers.use(house)
    bureau.trouble("2206", "silent-before")
    with pytest.raises(Refusal, match="没有回应"):
        opened(town, order)
    left = registered(bureau) - before
    assert len(left) == 2
    shown = opened(town, order)
    town.house.work_off()
    ours = {settlement(town, shown.no).no}
    assert registered(bureau) - before == left | ours, "what may be under way is left alone"
    town.house.at(max(row.run_at for row in town.owed("registration.forget")) + timedelta(seconds=1))
    bureau.switch(up=False)
    town.house.work_off()
    bureau.switch(up=True)
    until_quiet(town)
    assert town.owed("registration.forget") == []
    assert registered(bureau) - before <= ours
    assert town.house.broken() == []


def test_a_quote_that_comes_when_it_was_given_up_is_not_kept(insured_town: Town, bureau: Bureau) -> None:
    town, order, before = insured_town, insured(insured_town, bureau), registered(bureau)
    house = town.house.container
    quick = house.settings.model_copy(update={"insurance_timeout_seconds": 1.0})

    def given_up() -> None:
        town.house.later(seconds=10)
        town.house.work_off()

    containers.use(replace(house, settings=quick, bureau=Between(house.bureau, given_up)))
    with pytest.raises(Refusal, match="没有回应"):
        opened(town, order)
    assert registered(bureau) == before and town.payments(order) == {}
