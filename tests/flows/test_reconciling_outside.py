"""对账 as it happens: orders through the real flows, a day later each side's own bill, fetched by the worker's job."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import cast

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.flows import booking, reconciling
from hospital_app.models.finance import Difference, Reconciliation
from hospital_app.models.operation import OutboxRow
from hospital_app.ports import BillLine, Movement, PaymentGateway, Rejected, Unreachable
from hospital_app.services import reconciliations
from tests.flows.test_insured import cash_paid, insured, opened, settlement, until_quiet
from tests.support.booked import HOSPITAL_ADMIN
from tests.support.bureau import Bureau
from tests.support.bygone import Bygone
from tests.support.town import Clinic, Order, Town

Told = Counter[tuple[str, str, str]]


@pytest.fixture
def market(alipay_town: Town, bureau: Bureau) -> Iterator[Town]:
    """Where all three send bills."""
    house = alipay_town.house
    house.container = replace(house.container, bureau=bureau.bureau())
    containers.use(house.container)
    yield alipay_town
    bureau.calm()


def by_alipay(town: Town, clinic: Clinic) -> tuple[Order, str]:
    order = town.held(clinic)
    return order, town.paid_by_alipay(order)


def by_both_legs(town: Town, bureau: Bureau) -> tuple[Order, str]:
    """The order, and the number of its settlement."""
    order = insured(town, bureau)
    number = opened(town, order).no
    cash_paid(town, number)
    town.house.work_off()
    assert town.payments(order)[number] == "captured"
    return order, settlement(town, number).no


def given_back(town: Town, order: Order) -> None:
    """Cancelled, and the money there."""
    booking.cancel(order.actor, no=order.no)
    until_quiet(town)


def not_given_back(town: Town, order: Order) -> list[str]:
    """Cancelled, and the errands lost on their way; the refunds' numbers."""
    booking.cancel(order.actor, no=order.no)
    with town.house.sessions.begin() as session:
        lost = [row.id for row in town.owed("refund.execute")]
        session.execute(update(OutboxRow).where(col(OutboxRow.id).in_(lost)).values(failed_at=town.house.now))
    return [refund.no for refund in town.refunds(order)]


def days(town: Town) -> dict[str, Reconciliation]:
    with town.house.sessions() as session:
        return {row.channel: row for row in session.scalars(select(Reconciliation))}


def told(town: Town, channel: str) -> Told:
    with town.house.sessions() as session:
        found = session.scalars(
            select(Difference)
            .join(Reconciliation, col(Reconciliation.id) == col(Difference.reconciliation_id))
            .where(col(Reconciliation.channel) == channel)
        )
        return Counter((each.subject, each.kind, each.status) for each in found)


def morning_after(town: Town) -> None:
    """The worker's round, and its jobs."""
    assert reconciling.begin() == 3
    town.house.work_off()


def test_a_day_of_all_three_agrees_to_the_fen(market: Town, bureau: Bureau) -> None:
    town, clinic = market, market.clinic(numbers=8)
    orders = [town.held(clinic) for _ in range(3)]
    for order in orders:
        town.paid(order)
    orders += [by_alipay(town, clinic)[0] for _ in range(3)]
    mixed = [by_both_legs(town, bureau)[0] for _ in range(2)]
    for order in (orders[0], orders[3], mixed[0]):
        given_back(town, order)
    Bygone(town, bureau)
    morning_after(town)
    found = days(town)
    assert {channel: (row.status, row.bill_lines, row.matched) for channel, row in found.items()} == {
        "wechat": ("clean", 7, 7),
        "alipay": ("clean", 4, 4),
        "insurance": ("clean", 3, 3),
    }
    assert all(row.bill_fen == row.our_fen > 0 for row in found.values())
    assert all(row.bill_refund_fen == row.our_refund_fen > 0 for row in found.values())
    assert not told(town, "wechat") + told(town, "alipay") + told(town, "insurance")


def test_what_is_wrong_in_alipays_books_is_found_and_what_is_safe_repaired(
    market: Town, bureau: Bureau, caplog: pytest.LogCaptureFixture
) -> None:
    town, clinic, alipay = market, market.clinic(numbers=16), market.alipay
    paid = {name: by_alipay(town, clinic) for name in ("untouched", "unseen", "sum", "twice", "console")}
    back = {name: by_alipay(town, clinic) for name in ("returned", "untold", "back-sum", "back-twice")}
    for order, _ in back.values():
        given_back(town, order)
    lost = {name: by_alipay(town, clinic) for name in ("undone", "unsent")}
    numbers = {name: not_given_back(town, order) for name, (order, _) in lost.items()}
    late = town.held(clinic)
    closed = town.alipay_bill(late)
    town.house.later(minutes=15)
    booking.sweep()
    town.house.work_off()
    assert town.payments(late)[closed] == "closed"

    past = Bygone(town, bureau)
    trade, fen = {name: number for name, (_, number) in {**paid, **back, **lost}.items()}, 5000
    copied = "INSERT INTO trades SELECT {}, 'T' || trade_no, subject, amount_fen, notify_url, created_at, expires_at,"
    copied += " state, opened, captured_at, NULL, '[]' FROM trades WHERE out_trade_no = ?"
    alipay.tamper("DELETE FROM trades WHERE out_trade_no = ?", trade["unseen"])
    alipay.tamper(copied.format("'X' || out_trade_no"), trade["untouched"])
    alipay.tamper(copied.format("out_trade_no || ' '"), trade["twice"])  # a bill's values are padded
    alipay.tamper("UPDATE trades SET amount_fen = 5001 WHERE out_trade_no = ?", trade["sum"])
    taken = "UPDATE trades SET state = 'TRADE_SUCCESS', captured_at = ? WHERE out_trade_no = ?"
    alipay.tamper(taken, past.stamp, closed)
    returned = "INSERT INTO refunds VALUES (?, ?, ?, '', ?)"
    alipay.tamper(returned, "CONSOLE" + trade["console"], trade["console"], fen, past.stamp)
    alipay.tamper(returned, *numbers["undone"], trade["undone"], fen, past.stamp)
    alipay.tamper("DELETE FROM refunds WHERE out_trade_no = ?", trade["untold"])
    alipay.tamper("UPDATE refunds SET amount_fen = 4999 WHERE out_trade_no = ?", trade["back-sum"])
    again = "INSERT INTO refunds SELECT out_request_no || ' ', out_trade_no, amount_fen, '', done_at FROM refunds"
    alipay.tamper(f"{again} WHERE out_trade_no = ?", trade["back-twice"])

    with caplog.at_level(logging.ERROR):
        morning_after(town)
    expected = {
        ("payment", "missing-here", "open"): 1,
        ("payment", "missing-there", "open"): 1,
        ("payment", "amount", "open"): 1,
        ("payment", "twice", "open"): 1,
        ("payment", "state", "repaired"): 1,
        ("refund", "missing-here", "open"): 1,
        ("refund", "missing-there", "open"): 1,
        ("refund", "amount", "open"): 1,
        ("refund", "twice", "open"): 1,
        ("refund", "state", "repaired"): 1,
        ("refund", "missing-there", "repaired"): 1,
    }
    assert told(town, "alipay") == expected
    assert "8 differences are open" in caplog.text
    assert town.house.do(reconciliations.open_differences, actor=HOSPITAL_ADMIN) == 8
    town.house.work_off()
    for order, number in lost.values():
        assert [refund.status for refund in town.refunds(order)] == ["done"]
        assert [row["amount_fen"] for row in alipay.refunds(number)] == [fen]
    assert town.payments(late)[closed] == "captured"
    reconciling.run(channel="alipay", on=past.on.isoformat(), attempt=days(town)["alipay"].attempts)
    assert told(town, "alipay") == expected


def test_what_is_wrong_in_the_bureaus_books_is_found_and_what_is_safe_repaired(market: Town, bureau: Bureau) -> None:
    town = market
    names = ("untouched", "unseen", "sum", "twice", "undone", "returned", "untold", "stuck", "unsent")
    orders = {name: by_both_legs(town, bureau) for name in names}
    for name in ("returned", "untold"):
        given_back(town, orders[name][0])
    for name in ("stuck", "unsent"):
        not_given_back(town, orders[name][0])
    refused = insured(town, bureau)
    bureau.trouble("2207", "refuse")
    failed = opened(town, refused).no
    cash_paid(town, failed)
    until_quiet(town)
    assert town.payments(refused)[failed] == "returned"

    past = Bygone(town, bureau)
    no = {name: number for name, (_, number) in orders.items()} | {"refused": settlement(town, failed).no}
    changed = "UPDATE settlements SET {} WHERE ipt_otp_no = ?"
    fresh = "hex(randomblob(8))"
    copied = f"INSERT INTO settlements SELECT {fresh}, msgid || {fresh}, infno, {fresh}, psn_no, insutype, {{}},"
    copied += " chrg_bchno, state, total_fen, over_fen, first_fen, within_fen, deductible_fen, fund_fen, account_fen,"
    copied += " cash_fen, at, undone_msgid, undone_at FROM settlements WHERE ipt_otp_no = ?"
    bureau.tamper("DELETE FROM settlements WHERE ipt_otp_no = ?", no["unseen"])
    bureau.tamper(changed.format("fund_fen = fund_fen - 1, cash_fen = cash_fen + 1"), no["sum"])
    bureau.tamper(copied.format("'X' || ipt_otp_no"), no["untouched"])
    bureau.tamper(copied.format("ipt_otp_no"), no["twice"])
    bureau.tamper(copied.format(f"'{no['refused']}'"), no["untouched"])
    quoted = settlement(town, failed)
    parts = f"fund_fen = {quoted.fund_fen}, cash_fen = {quoted.cash_fen}"
    bureau.tamper(changed.format(parts), no["refused"])
    undone = f"state = 'reversed', undone_msgid = msgid || 'U', undone_at = {past.stamp}"
    bureau.tamper(changed.format(undone), no["undone"])
    bureau.tamper(changed.format(undone), no["stuck"])
    bureau.tamper(changed.format("state = 'settled', undone_msgid = NULL, undone_at = NULL"), no["untold"])

    morning_after(town)
    expected = {
        ("settlement", "missing-here", "open"): 1,
        ("settlement", "missing-there", "open"): 1,
        ("settlement", "amount", "open"): 1,
        ("settlement", "twice", "open"): 1,
        ("settlement", "state", "open"): 1,
        ("reversal", "missing-here", "open"): 1,
        ("reversal", "missing-there", "open"): 1,
        ("reversal", "missing-there", "repaired"): 1,
        ("reversal", "state", "repaired"): 1,
    }
    assert told(town, "insurance") == expected
    assert told(town, "wechat") == {("refund", "missing-there", "repaired"): 2}, "their cash was lost on its way, too"
    town.house.work_off()
    for name in ("stuck", "unsent"):
        (reversal,) = (each for each in town.refunds(orders[name][0]) if each.leg == "insurance")
        assert (reversal.status, [row["state"] for row in bureau.settlements(no[name])]) == ("done", ["reversed"])
    reconciling.run(channel="insurance", on=past.on.isoformat(), attempt=days(town)["insurance"].attempts)
    assert told(town, "insurance") == expected


def test_what_is_wrong_on_the_merchants_account_is_found_and_a_withdrawal_is_not(market: Town, bureau: Bureau) -> None:
    town, clinic = market, market.clinic(numbers=5)
    orders = [town.held(clinic) for _ in range(4)]
    paid = [town.paid(order) for order in orders]
    by_alipay(town, clinic)
    given_back(town, orders[0])
    past, wechat = Bygone(town, bureau), town.world.wechat

    def moved(kind: str, fen: int, voucher: str = "") -> None:
        known = wechat.books("SELECT transaction_id FROM orders WHERE out_trade_no = ?", voucher)
        business_no = known[0][0] if known else f"W{voucher}{past.on}"
        line = {"at": past.stamp, "business_no": business_no, "name": kind, "kind": kind}
        assert wechat.post("/past-flows", json={**line, "amount_fen": fen, "voucher": voucher}).is_success

    moved("提现", -14_910)
    morning_after(town)
    row = days(town)["wechat"]
    assert (row.status, row.fee_fen, row.flow_lines, row.flow_fen, row.other_fen) == ("clean", 90, 10, 14_910, -14_910)
    assert (days(town)["alipay"].fee_fen, days(town)["alipay"].flow_lines) == (30, None)
    assert not told(town, "wechat") + told(town, "alipay")

    moved("扣除交易手续费", -30, paid[1])
    moved("交易", 5000, paid[2])
    moved("交易", 5000, "NOBODYS")
    reconciling.run(channel="wechat", on=past.on.isoformat(), attempt=row.attempts)
    expected = {("flow", "amount", "open"): 1, ("flow", "twice", "open"): 1, ("flow", "missing-here", "open"): 1}
    assert told(town, "wechat") == expected
    assert town.house.broken() == []


class Withheld:
    """The real gateway, whose fund-flow bill cannot be had."""

    def __init__(self, gateway: PaymentGateway, answer: Exception | None) -> None:
        self._gateway, self._answer = gateway, answer

    def bill(self, on: date) -> Sequence[BillLine]:
        return self._gateway.bill(on)

    def fund_flow(self, on: date) -> Sequence[Movement]:
        if self._answer is not None:
            raise self._answer
        return []


@pytest.mark.parametrize(
    ("answer", "status"), [(Rejected("NO_AUTH"), "clean"), (None, "waiting"), (Unreachable("later"), "waiting")]
)
def test_without_the_fund_flow_bill_the_trade_bill_is_compared_or_the_day_put_off(
    market: Town, bureau: Bureau, answer: Exception | None, status: str
) -> None:
    """One that the merchant may never see keeps no day open; one that is late does."""
    town = market
    town.paid(town.held(town.clinic()))
    Bygone(town, bureau)
    withheld = Withheld(town.house.container.payments["wechat"], answer)
    gateways = {**town.house.container.payments, "wechat": cast(PaymentGateway, withheld)}
    containers.use(replace(town.house.container, payments=gateways))
    morning_after(town)
    row = days(town)["wechat"]
    assert (row.status, row.flow_lines, row.fee_fen) == (status, None, 30 if status == "clean" else 0)
