"""The other side of both legs, without a network: a channel and a bureau with books of their own, which fail on demand.

They stand in for outside systems behind the ports; what is ours is real. `Crash` is the worker's end, not an answer.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import count

from hospital_app.domain.money import Split
from hospital_app.ports import (
    BillLine,
    BureauOrder,
    BureauQuote,
    BureauSettled,
    InsuredVisit,
    Method,
    MobileNotice,
    PaymentNotice,
    PaymentOrder,
    Prepay,
    RefundNotice,
    RefundOrder,
    Rejected,
    Silent,
    StatementLine,
    TradeState,
    Unreachable,
)


class Crash(BaseException):
    """kill -9 of the process that made the call."""


class Troubles:
    """What happens to the next calls: before they count, or after."""

    def __init__(self) -> None:
        self.next: deque[str] = deque()

    def never(self, kind: str) -> None:
        """What the other side does not do to the next call."""
        while self.next and self.next[0] == kind:
            self.next.popleft()

    def around(self, act: Callable[[], None]) -> None:
        kind = self.next.popleft() if self.next else ""
        if kind == "unreachable":
            raise Unreachable("no way there")
        if kind == "crash-before":
            raise Crash
        if kind == "refuse":
            raise Rejected("no", "refused")
        act()
        if kind == "silent":
            raise Silent("done, and never said")
        if kind == "crash-after":
            raise Crash


class Channel:
    """A payment channel: orders with their state, refunds by their number."""

    channel = "wechat"
    methods: Sequence[Method] = (Method.H5,)

    def __init__(self) -> None:
        self.orders: dict[str, str] = {}
        self.amounts: dict[str, int] = {}
        self.refunds: dict[str, RefundNotice] = {}
        self.troubles = Troubles()

    def create(self, order: PaymentOrder) -> Prepay:
        self.orders.setdefault(order.payment_no, "pending")
        self.amounts[order.payment_no] = order.amount_fen
        return Prepay(cashier_url=f"/cashier/{order.payment_no}")

    def pay(self, payment_no: str) -> bool:
        """The payer pays, if the order is still open there."""
        if self.orders[payment_no] == "closed":
            return False
        self.orders[payment_no] = "captured"
        return True

    def notice(self, payment_no: str) -> PaymentNotice:
        amount = self.amounts[payment_no]
        return PaymentNotice(payment_no, self.orders[payment_no], amount, f"t-{payment_no}")  # type: ignore[arg-type]

    def query(self, payment_no: str) -> PaymentNotice | None:
        return self.notice(payment_no) if payment_no in self.orders else None

    def close(self, payment_no: str) -> TradeState:
        if self.orders.setdefault(payment_no, "closed") != "captured":
            self.orders[payment_no] = "closed"
        return self.orders[payment_no]  # type: ignore[return-value]

    def refund(self, order: RefundOrder) -> RefundNotice:
        def act() -> None:
            back = sum(each.amount_fen for each in self.refunds.values() if each.payment_no == order.payment_no)
            if order.refund_no not in self.refunds:
                assert self.orders[order.payment_no] == "captured", "nothing was captured there"
                assert back + order.amount_fen <= self.amounts[order.payment_no], "more than was captured"
            done = RefundNotice(order.refund_no, order.payment_no, "done", order.amount_fen, f"c-{order.refund_no}")
            self.refunds[order.refund_no] = done

        self.troubles.around(act)
        return self.refunds[order.refund_no]

    def query_refund(self, refund_no: str, payment_no: str) -> RefundNotice | None:
        return self.refunds.get(refund_no)

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice | RefundNotice:
        raise NotImplementedError

    def acknowledgement(self, accepted: bool) -> tuple[int, bytes, str]:
        raise NotImplementedError

    def bill(self, on: date) -> Sequence[BillLine]:
        raise NotImplementedError

    def fund_flow(self, on: date) -> None:
        raise NotImplementedError


class Bureau:
    """Pays half of every fee, and the other half from the account of who wishes so."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._serial = count(1)
        self.standing: dict[str, str] = {}  # visit -> the msgid that settled it
        self.corrected: set[str] = set()
        self.troubles = Troubles()

    def quote(self, visit: InsuredVisit) -> BureauQuote:
        fund = visit.total_fen // 2
        account = visit.total_fen - fund if visit.use_account else 0
        split = Split(visit.total_fen, fund, account, visit.total_fen - fund - account)
        return BureauQuote("P1", "110100", "310", f"V{visit.no}", f"B{visit.no}", split)

    def message_id(self) -> str:
        return f"M{next(self._serial):029d}"

    def settle(self, order: BureauOrder) -> BureauSettled:
        def act() -> None:
            assert order.visit_id not in self.standing, "settled twice"
            self.standing[order.visit_id] = order.message_id

        self.troubles.around(act)
        return BureauSettled(f"S{order.message_id}", order.split, self._clock())

    def correct(self, order: BureauOrder) -> None:
        def act() -> None:
            if self.standing.get(order.visit_id) == order.message_id:
                del self.standing[order.visit_id]

        self.troubles.never("refuse")
        self.troubles.around(act)

    def reverse(self, order: BureauOrder) -> None:
        self.troubles.never("refuse")
        self.troubles.around(lambda: self.standing.pop(order.visit_id, None) and None)

    def drop(self, order: BureauOrder) -> None:
        assert order.visit_id not in self.standing, "what is settled cannot be dropped"

    def forget(self, visit: InsuredVisit) -> None:
        assert f"V{visit.no}" not in self.standing, "what is settled cannot be dropped"

    def statement(self, on: date) -> Sequence[StatementLine]:
        return []


class MobileBureau(Bureau):
    """Its orders are paid once, and end when they are corrected or given back: after that one is placed anew."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock)
        self.placed = count(1)
        self.ended: set[str] = set()

    def quote(self, visit: InsuredVisit) -> BureauQuote:
        return replace(super().quote(visit), pay_order_id=f"O{next(self.placed)}", pay_token="token AUTH")

    def place(self, order: BureauOrder, visit: InsuredVisit) -> BureauQuote:
        assert order.pay_order_id == "" and visit.no == order.no
        assert order.visit_id not in self.standing, "the order before is still paid"
        answers: list[BureauQuote] = []
        self.troubles.around(lambda: answers.append(self.quote(visit)))
        return answers[0]

    def settle(self, order: BureauOrder) -> BureauSettled:
        if order.pay_order_id in self.ended:
            raise Rejected("6202", "the order has ended")
        return super().settle(order)

    def correct(self, order: BureauOrder) -> None:
        super().correct(order)
        self.ended.add(order.pay_order_id)

    def reverse(self, order: BureauOrder) -> None:
        super().reverse(order)
        self.ended.add(order.pay_order_id)

    def read_callback(self, body: bytes) -> MobileNotice:
        raise NotImplementedError
