"""Books of both sides over some days, drawn by a seed, into whose bills faults are planted.

Both clocks differ by some seconds, notices come late, refunds take a while, and people pay right before midnight: what
is untouched must never be told.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.domain.reconciling import Entry, Key, compare, earlier_days
from hospital_app.models.finance import Reconciliation
from hospital_app.services import our_movements, reconciling
from hospital_app.work import Work

FIRST = date(2026, 11, 20)


@dataclass(slots=True)
class Pair:
    """One movement as we have it, and the channel's line with the day of its bill. None: that side has nothing."""

    ours: Entry | None
    line: Entry | None
    on: date


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    key: Key
    kind: str


class Books:
    """`days` of payments, refunds, settlements and reversals; a day more at both ends belongs to the neighbours."""

    def __init__(self, seed: int, *, days: int, payments_a_day: int) -> None:
        self.random = Random(seed)
        self.days = [FIRST + timedelta(days=day) for day in range(days)]
        self.pairs: dict[Key, Pair] = {}
        self.twice: list[tuple[date, Entry]] = []
        self.planted: list[Fault] = []
        for on in self.days:
            for number in range(payments_a_day):
                self._payment(f"GP{on:%y%m%d}{number:08d}", on)

    @property
    def expected(self) -> set[tuple[str, str, str]]:
        return {(*fault.key, fault.kind) for fault in self.planted}

    def plant(self, count: int) -> None:
        """So many faults, each in another movement, every kind of them in turn."""
        untouched = list(self.pairs)
        self.random.shuffle(untouched)
        while len(self.planted) < count:
            name = list(FAULTS)[len(self.planted) % len(FAULTS)]
            place = next(n for n, key in enumerate(untouched) if fits(name, self.pairs[key]))
            key = untouched.pop(place)
            kind = FAULTS[name](self, self.pairs[key])
            told = self.pairs[key].line or self.pairs[key].ours
            assert told is not None
            self.planted.append(Fault(name, told.key, kind))

    def bill(self, on: date) -> list[Entry]:
        lines = [pair.line for pair in self.pairs.values() if pair.line is not None and pair.on == on]
        return [*lines, *(line for day, line in self.twice if day == on)]

    def reconcile(self) -> set[tuple[str, str, str]]:
        """Every day as the house does it, and the day after the last, when its last half hour is judged."""
        days = [*self.days, self.days[-1] + timedelta(days=1)]
        bills = {on: self.bill(on) for on in days}
        mine = [pair.ours for pair in self.pairs.values() if pair.ours is not None]
        told = set()
        for on in days:
            earlier = bills.get(on - timedelta(days=1), [])
            done = compare(on, theirs=bills[on], ours=mine, earlier=earlier)
            for day in earlier_days(on, done.absent)[1:]:
                earlier = [*earlier, *bills.get(day, [])]
            done = compare(on, theirs=bills[on], ours=mine, earlier=earlier)
            told |= {(each.subject, each.number, each.kind.value) for each in done.found}
        return told

    def _payment(self, number: str, on: date) -> None:
        begin, end = day_bounds(on)
        there = self.random.choice(
            [
                begin + timedelta(seconds=self.random.randrange(86_400)),
                begin + timedelta(seconds=self.random.randrange(5)),
                end - timedelta(seconds=self.random.randrange(1, 5)),
                begin + timedelta(hours=8, seconds=self.random.randrange(8 * 3600)),
            ]
        )
        fen = self.random.choice([1200, 2500, 5000, 8000, 30000])
        insured = self.random.random() < 0.2
        subject, state, back = ("settlement", "settled", "reversal") if insured else ("payment", "captured", "refund")
        self._both(subject, number, fen, state, there, self._heard(there))
        if self.random.random() < 0.15:
            gone = there + timedelta(seconds=self.random.randrange(1, 86_400))
            if clinic_day(gone) <= self.days[-1]:
                self._both(back, number if insured else f"GR{number[2:]}", fen, "done", gone, self._heard(gone))

    def _heard(self, there: datetime) -> datetime:
        """Clocks differ by seconds; now and then a notice comes hours late, or the house stood still for days."""
        how = self.random.random()
        if how < 0.005:
            return there + timedelta(days=self.random.randrange(1, 3), seconds=self.random.randrange(3600))
        if how < 0.05:
            return there + timedelta(seconds=self.random.randrange(4 * 3600))
        return there + timedelta(seconds=self.random.randrange(-5, 20))

    def _both(self, subject: str, number: str, fen: int, state: str, there: datetime, here: datetime) -> None:
        since = min(there, here) - timedelta(minutes=self.random.randrange(15))
        mine = Entry(subject, number, fen, state, here, appointment_id=1, since=since)
        self.pairs[mine.key] = Pair(mine, replace(mine, at=there, channel_number=f"T{number}"), clinic_day(there))


def fits(name: str, pair: Pair) -> bool:
    """Whether this fault can happen to this movement."""
    assert pair.ours is not None
    if name.startswith("refund"):
        return pair.ours.subject == "refund"
    return not name.startswith("payment") or pair.ours.subject == "payment"


def _never_heard(books: Books, pair: Pair) -> str:
    pair.ours = None
    return "missing-here"


def _not_in_the_bill(books: Books, pair: Pair) -> str:
    pair.line = None
    return "missing-there"


def _another_number(books: Books, pair: Pair) -> str:
    """A line under a number that nobody here has given."""
    assert pair.line is not None
    pair.ours, pair.line = None, replace(pair.line, number=f"X{pair.line.number}")
    return "missing-here"


def _other_sum(books: Books, pair: Pair) -> str:
    assert pair.line is not None
    pair.line = replace(pair.line, amount_fen=pair.line.amount_fen + books.random.choice([-100, -1, 1, 100]))
    return "amount"


def _still_open(books: Books, pair: Pair) -> str:
    assert pair.ours is not None
    pair.ours = replace(pair.ours, state=books.random.choice(["pending", "closed", "failed"]))
    return "state"


def _refund_still_open(books: Books, pair: Pair) -> str:
    assert pair.ours is not None
    pair.ours = replace(pair.ours, state="processing")
    return "state"


def _refund_failed(books: Books, pair: Pair) -> str:
    assert pair.line is not None
    pair.line = replace(pair.line, state="failed")
    return "state"


def _refund_never_sent(books: Books, pair: Pair) -> str:
    assert pair.ours is not None and pair.ours.since is not None
    pair.ours, pair.line = replace(pair.ours, state="processing", at=pair.ours.since), None
    return "missing-there"


def _written_twice(books: Books, pair: Pair) -> str:
    assert pair.line is not None
    books.twice.append((pair.on, replace(pair.line, channel_number=f"{pair.line.channel_number}A")))
    return "twice"


FAULTS: dict[str, Callable[[Books, Pair], str]] = {
    "never heard": _never_heard,
    "not in the bill": _not_in_the_bill,
    "another number": _another_number,
    "another sum": _other_sum,
    "written twice": _written_twice,
    "payment still open here": _still_open,
    "refund still open here": _refund_still_open,
    "refund failed there": _refund_failed,
    "refund never sent": _refund_never_sent,
}


def a_day_with_differences(work: Work, *, on: date, payment_no: str) -> None:
    """A day of WeChat's on which one payment was counted otherwise, and a refund was made that nobody here knows of."""
    work.session.add(Reconciliation(channel="wechat", on=on, created_at=work.now))
    work.session.flush()
    noon = day_bounds(on)[0] + timedelta(hours=12)
    (ours,) = our_movements.named(work, channel="wechat", keys=[("payment", payment_no)])
    lines = [
        replace(ours, amount_fen=ours.amount_fen + 100, channel_number=f"4200{payment_no}"),
        Entry("refund", "R0001", ours.amount_fen, "done", noon, "50300001", payment_no),
    ]
    compared = compare(on, theirs=lines, ours=[ours])
    about = our_movements.appointments(work, payment_nos=[payment_no])
    reconciling.write(work, channel="wechat", on=on, compared=compared, appointments=about)
