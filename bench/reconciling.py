"""python -m bench.reconciling [lines]: a day of so many lines compared with the books, on a MariaDB of its own.

The trade bill and the fund-flow bill are WeChat's own files (gzipped CSV with hash and summary), read by the adapter;
only their download is left out. One line in a hundred is faulty. Prints a table.
"""

import gzip
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from time import perf_counter
from typing import Any, cast

from sqlalchemy import func, insert, select
from sqlmodel import col

from bench.stage import stage
from hospital_app import clock
from hospital_app import container as containers
from hospital_app.adapters import wechat_bill
from hospital_app.domain import fund_flow
from hospital_app.domain.calendar import clinic_day, day_bounds, local
from hospital_app.domain.money import yuan
from hospital_app.domain.reconciling import compare, of_bill
from hospital_app.flows import reconciling
from hospital_app.models.booking import Appointment
from hospital_app.models.finance import Difference, Reconciliation
from hospital_app.models.payment import Payment, Refund
from hospital_app.ports import BillLine, Movement, PaymentGateway
from hospital_app.sandbox.fees import fee_of
from hospital_app.services import our_movements
from tests.support.booked import a_booked_appointment
from tests.support.builders import a_schedule

LINES = 100_000
REFUNDS_PERCENT = 15
FAULTY = 100  # one in so many
AT_ONCE = 5_000
FEN = 5000
HEADS = "交易时间,微信订单号,商户订单号,交易状态,订单金额,微信退款单号,商户退款单号,申请退款金额,退款状态,手续费"
FLOW_HEADS = "记账时间,微信支付业务单号,业务类型,收支类型,收支金额(元),业务凭证号"
FLOW_SUMS = "资金流水总笔数,收入金额,支出金额"

Moment = tuple[str, str, datetime]  # payment's number, refund's or nothing, when


class Mailbox:
    """A channel whose bills have been downloaded; the days before are empty."""

    channel = "wechat"

    def __init__(self, on: date, bill: bytes, flow: bytes) -> None:
        self.on, self.packed, self.flow = on, bill, flow
        self.digest, self.flow_digest = _digest(bill), _digest(flow)

    def bill(self, on: date) -> list[BillLine]:
        return wechat_bill.trade_lines(self.packed, digest=self.digest) if on == self.on else []

    def fund_flow(self, on: date) -> list[Movement]:
        return wechat_bill.movements(self.flow, digest=self.flow_digest) if on == self.on else []


def _digest(packed: bytes) -> str:
    return hashlib.sha1(gzip.decompress(packed), usedforsecurity=False).hexdigest()


def movements(on: date, count: int) -> list[Moment]:
    begin = day_bounds(on)[0]
    refunds = count * REFUNDS_PERCENT // 100
    spread = timedelta(hours=23) / count
    paid = [(f"GP{i:014d}", "", begin + i * spread) for i in range(count - refunds)]
    back = [(f"GP{i:014d}", f"GR{i:014d}", begin + (count - refunds + i) * spread) for i in range(refunds)]
    return paid + back


def fill(moments: list[Moment], appointment_id: int) -> None:
    """Our side."""
    same = {"appointment_id": appointment_id, "amount_fen": FEN}
    payment = {"channel": "wechat", "status": "captured", "cash_fen": FEN, "kept_fen": 0, **same}
    with containers.container().sessions.begin() as session:
        rows = [
            {"no": no, "created_at": at, "expires_at": at, "captured_at": at, **payment}
            for no, back, at in moments
            if not back
        ]
        for begin in range(0, len(rows), AT_ONCE):
            session.execute(insert(Payment), rows[begin : begin + AT_ONCE])
        ids: dict[str, int] = {row.no: row.id for row in session.execute(select(col(Payment.no), col(Payment.id)))}
        refunds: list[dict[str, Any]] = [
            {"no": back, "payment_id": ids[no], "status": "done", "reason": "cancel", "created_at": at, "done_at": at}
            for no, back, at in moments
            if back
        ]
        for begin in range(0, len(refunds), AT_ONCE):
            session.execute(insert(Refund), [{**row, **same} for row in refunds[begin : begin + AT_ONCE]])


def files_of(moments: list[Moment]) -> tuple[bytes, bytes]:
    """Their side: every hundredth line is another sum or another number, or is not there."""
    lines, flow, paid, returned = list[str](), list[str](), 0, 0
    came = went = 0
    for place, (no, back, at) in enumerate(moments):
        fen = FEN
        if place % FAULTY == 0:
            fault = place // FAULTY % 3
            if fault == 0:
                continue
            no, back, fen = (no, back, FEN + 1) if fault == 1 else (f"X{no}", f"X{back}" if back else "", FEN)
        when, sum_, fee = f"{local(at):%Y-%m-%d %H:%M:%S}", yuan(fen), fee_of(fen)
        if back:
            returned += fen
            went += fen - fee
            lines.append(f"`{when},`4200{no},`{no},`REFUND,`0.00,`5030{back},`{back},`{sum_},`SUCCESS,`-{yuan(fee)}")
            flow.append(f"`{when},`5030{back},`退款,`支出,`{yuan(fen - fee)},`{back}")
        else:
            paid += fen
            came += fen
            went += fee
            lines.append(f"`{when},`4200{no},`{no},`SUCCESS,`{sum_},`0,`0,`0.00,`,`{yuan(fee)}")
            flow.append(f"`{when},`4200{no},`交易,`收入,`{sum_},`{no}")
            flow.append(f"`{when},`4200{no},`扣除交易手续费,`支出,`{yuan(fee)},`{no}")
    summary = ["总交易单数,订单总金额,申请退款总金额", f"`{len(lines)},`{yuan(paid)},`{yuan(returned)}"]
    flow_summary = [FLOW_SUMS, f"`{len(flow)},`{yuan(came)},`{yuan(went)}"]
    bill = "\n".join([HEADS, *lines, *summary])
    return gzip.compress(bill.encode()), gzip.compress("\n".join([FLOW_HEADS, *flow, *flow_summary]).encode())


def measured(on: date, mailbox: Mailbox) -> Iterator[tuple[str, float]]:
    """Each part alone, then the whole by its job."""
    began = perf_counter()
    theirs = of_bill(mailbox.bill(on))
    yield "reading the bill (unpacked, hash and summary held against it)", perf_counter() - began
    began = perf_counter()
    flow = mailbox.fund_flow(on)
    yield "reading the fund-flow bill, likewise", perf_counter() - began
    house = containers.container()
    began = perf_counter()
    ours = reconciling.look(
        reconciling.SYSTEM, our_movements.against, channel="wechat", on=on, keys=[line.key for line in theirs]
    )
    yield "reading our books", perf_counter() - began
    began = perf_counter()
    compared = compare(on, theirs=theirs, ours=ours)
    fund_flow.judge(compared, on, flow=flow, before=[], bill=theirs, ours=ours)
    yield "comparing", perf_counter() - began
    with house.sessions.begin() as session:
        session.add(Reconciliation(channel="wechat", on=on, created_at=clock.now()))
    for what in ("the whole job", "the whole job again, nothing new"):
        began = perf_counter()
        reconciling.run(channel="wechat", on=on.isoformat(), attempt=0)
        yield what, perf_counter() - began


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else LINES
    with stage():
        house = containers.container()
        on = clinic_day(clock.now()) - timedelta(days=1)
        booked: Appointment = a_booked_appointment(house.sessions, schedule_id=a_schedule(house.sessions))
        moments = movements(on, count)
        fill(moments, booked.id or 0)
        mailbox = Mailbox(on, *files_of(moments))
        containers.use(replace(house, payments={"wechat": cast(PaymentGateway, mailbox)}))
        print(f"| {count:,} lines, one in {FAULTY} faulty | seconds | lines a second |\n|---|---:|---:|")
        for what, seconds in measured(on, mailbox):
            print(f"| {what} | {seconds:.1f} | {count / seconds:,.0f} |")
        with house.sessions() as session:
            told = session.scalar(select(func.count()).select_from(Difference))
        print(f"| differences written down | {told:,} | |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
