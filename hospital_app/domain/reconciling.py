"""对账: the other side's lines of a day against our books, by our numbers, to the fen.

A channel's day ends at midnight by its clock and ours by ours, and what happened at 23:59:59 may have been written down
here at 00:00:03, or after hours without a connection. So what they have is looked for among all that is ours, whatever
its day; what we have is judged only EDGE after its day has ended, and looked for in every bill since it began.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.domain.exchange import BillLine
from hospital_app.domain.settlement import StatementLine

#: 医保的对账渠道；the others are payment channels.
INSURANCE = "insurance"
#: What we wrote down this late in a day is judged with the next one, when both bills are there.
EDGE = timedelta(minutes=30)
#: Bills are looked through so far back.
LOOK_BACK_DAYS = 31


class Kind(StrEnum):
    """我方无 / 对方无 / 金额不符 / 状态不符 / 重复."""

    MISSING_HERE = "missing-here"
    MISSING_THERE = "missing-there"
    AMOUNT = "amount"
    STATE = "state"
    TWICE = "twice"


class Subject(StrEnum):
    """支付 / 退款 / 医保结算 / 医保撤销 / 资金流水. A settlement and its reversal have the same number."""

    PAYMENT = "payment"
    REFUND = "refund"
    SETTLEMENT = "settlement"
    REVERSAL = "reversal"
    FLOW = "flow"


Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One movement of money as one side has it. Of ours: `since` when it began, `appointment_id` what it is about."""

    subject: str
    number: str
    amount_fen: int
    state: str
    at: datetime
    channel_number: str = ""
    payment_no: str = ""
    fund_fen: int = 0
    account_fen: int = 0
    appointment_id: int | None = None
    since: datetime | None = None
    fee_fen: int = 0

    @property
    def key(self) -> Key:
        return self.subject, self.number

    @property
    def sums(self) -> tuple[int, int, int]:
        return self.amount_fen, self.fund_fen, self.account_fen

    @property
    def net_fen(self) -> int:
        """What it does to the merchant's own account, the channel's fee taken off."""
        return (-self.amount_fen if self.subject in _BACK else self.amount_fen) - self.fee_fen


@dataclass(frozen=True, slots=True)
class Found:
    """差异, before it is written down. A side that has nothing says None."""

    kind: Kind
    subject: str
    number: str
    ours: Entry | None
    theirs: Entry | None
    their_fen: int | None

    @property
    def our_state(self) -> str:
        return self.ours.state if self.ours else ""

    @property
    def their_state(self) -> str:
        return self.theirs.state if self.theirs else ""


@dataclass(slots=True)
class Comparison:
    """One day. `absent`: what of ours no bill had; each is among `found` as missing there.

    `fee_fen`: the channel's fees (手续费), less what it gave back. `flow_lines`: of the fund-flow bill, None without
    one; `flow_fen`: what its payments, refunds and fees come to; `other_fen`: the rest, withdrawals above all.
    """

    lines: int = 0
    matched: int = 0
    bill_fen: int = 0
    our_fen: int = 0
    bill_refund_fen: int = 0
    our_refund_fen: int = 0
    fee_fen: int = 0
    flow_lines: int | None = None
    flow_fen: int = 0
    other_fen: int = 0
    found: list[Found] = field(default_factory=list)
    absent: list[Entry] = field(default_factory=list)


#: (ours, theirs) that say the same.
AGREEING = frozenset(
    {
        ("captured", "captured"),
        ("closed", "closed"),
        ("closed", "failed"),
        ("failed", "closed"),
        ("failed", "failed"),
        ("processing", "processing"),
        ("done", "done"),
        ("settled", "settled"),
    }
)
#: Money has moved, or is on its way.
MOVED = frozenset({"captured", "done", "processing", "settled"})
FINAL = frozenset({"captured", "done", "settled"})
_BACK = frozenset({Subject.REFUND.value, Subject.REVERSAL.value})


def of_bill(lines: Iterable[BillLine]) -> list[Entry]:
    return [
        Entry(
            line.subject,
            line.number,
            line.amount_fen,
            line.state,
            line.at,
            line.channel_number,
            line.payment_no,
            fee_fen=line.fee_fen,
        )
        for line in lines
    ]


def of_statement(lines: Iterable[StatementLine]) -> list[Entry]:
    return [
        Entry(
            Subject.REVERSAL.value if line.reversed else Subject.SETTLEMENT.value,
            line.number,
            abs(line.fund_fen) + abs(line.account_fen),
            "done" if line.reversed else "settled",
            line.at,
            channel_number=line.settlement_id,
            fund_fen=abs(line.fund_fen),
            account_fen=abs(line.account_fen),
        )
        for line in lines
    ]


def judged(on: date) -> tuple[datetime, datetime]:
    """What of ours is looked for in the bill of this day: from, until."""
    begin, end = day_bounds(on)
    return begin - EDGE, end - EDGE


def compare(on: date, *, theirs: Iterable[Entry], ours: Iterable[Entry], earlier: Iterable[Entry] = ()) -> Comparison:
    """`ours`: all that `judged(on)` names and all that the bill names; `earlier`: lines of the bills before."""
    done = Comparison()
    known = {entry.key: entry for entry in ours}
    bill: dict[Key, list[Entry]] = {}
    for entry in theirs:
        done.lines += 1
        bill.setdefault(entry.key, []).append(entry)
        if entry.state in MOVED:
            _add(done, entry, entry.amount_fen, of_ours=False)
            done.fee_fen += entry.fee_fen
    before = {entry.key: entry for entry in earlier}
    for key, lines in bill.items():
        _judge_line(done, on, known.get(key), lines, before.get(key))
    begin, end = judged(on)
    for key, mine in known.items():
        if mine.state in MOVED and begin <= mine.at < end and key not in bill and key not in before:
            done.absent.append(mine)
            done.found.append(Found(Kind.MISSING_THERE, mine.subject, mine.number, mine, None, None))
            _add(done, mine, mine.amount_fen, of_ours=True)
    return done


def earlier_days(on: date, absent: Iterable[Entry]) -> list[date]:
    """Whose bills may have what the bill of `on` has not: every day since it began, the newest first."""
    oldest = on - timedelta(days=LOOK_BACK_DAYS)
    begun = [max(oldest, clinic_day((entry.since or entry.at) - EDGE)) for entry in absent]
    first = min(begun, default=on)
    return [on - timedelta(days=back) for back in range(1, (on - first).days + 1)]


def _judge_line(done: Comparison, on: date, mine: Entry | None, lines: list[Entry], before: Entry | None) -> None:
    final = [line for line in lines if line.state in FINAL]
    line = (final or lines)[-1]
    if mine is not None and mine.state in MOVED:
        _add(done, line, mine.amount_fen, of_ours=True)
    kind = _kind(on, mine, line, final, before)
    if kind is None:
        done.matched += len(lines)
        return
    taken = sum(each.amount_fen for each in final) if kind is Kind.TWICE else line.amount_fen
    if kind is Kind.TWICE and len(final) == 1 and before is not None:
        taken += before.amount_fen
    done.found.append(Found(kind, line.subject, line.number, mine, line, taken))


def _kind(on: date, mine: Entry | None, line: Entry, final: list[Entry], before: Entry | None) -> Kind | None:
    again = before is not None and before.state in FINAL and len(final) == 1
    if len(final) > 1 or again:
        return Kind.TWICE
    if mine is None:
        return Kind.MISSING_HERE
    if mine.sums != line.sums:
        return Kind.AMOUNT
    if (mine.state, line.state) in AGREEING or _came_later(on, mine, line):
        return None
    return Kind.STATE


def _came_later(on: date, mine: Entry, line: Entry) -> bool:
    """The bill tells how it stood at the end of its day; it went on since."""
    return mine.state == "done" and line.state == "processing" and mine.at >= day_bounds(on)[1] - EDGE


def _add(done: Comparison, entry: Entry, fen: int, *, of_ours: bool) -> None:
    back = entry.subject in _BACK
    if of_ours and back:
        done.our_refund_fen += fen
    elif of_ours:
        done.our_fen += fen
    elif back:
        done.bill_refund_fen += fen
    else:
        done.bill_fen += fen
