"""What our books say of the money that a channel or the bureau moved, ready to be compared (domain/reconciling.py)."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from hospital_app.domain.payment import PaymentStatus, RefundStatus
from hospital_app.domain.reconciling import INSURANCE, Entry, Key, Subject, judged
from hospital_app.domain.settlement import SettlementStatus
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment, Refund
from hospital_app.work import Work

AT_ONCE = 5000
NAMED_AT_ONCE = 500
#: The insurance leg of a mixed order may come so much later than its cash.
SECOND_LEG = timedelta(hours=2)
_SETTLED = frozenset({SettlementStatus.SETTLED, SettlementStatus.REVERSING, SettlementStatus.REVERSED})
_REVERSALS = {
    SettlementStatus.REVERSING: RefundStatus.PROCESSING.value,
    SettlementStatus.REVERSED: RefundStatus.DONE.value,
}

_taken_at = func.coalesce(col(Payment.cash_captured_at), col(Payment.captured_at))
_PAYMENT: tuple[Any, ...] = (
    col(Payment.no),
    col(Payment.cash_fen),
    col(Payment.status),
    _taken_at,
    col(Payment.created_at),
    col(Payment.transaction_id),
    col(Payment.appointment_id),
)
_REFUND: tuple[Any, ...] = (
    col(Refund.no),
    col(Refund.amount_fen),
    col(Refund.status),
    col(Refund.done_at),
    col(Refund.created_at),
    col(Refund.channel_refund_id),
    col(Refund.appointment_id),
    col(Payment.no),
)
_SETTLEMENT: tuple[Any, ...] = (
    col(InsuranceSettlement.no),
    col(InsuranceSettlement.fund_fen),
    col(InsuranceSettlement.account_fen),
    col(InsuranceSettlement.status),
    col(InsuranceSettlement.quoted_at),
    col(InsuranceSettlement.settled_at),
    col(InsuranceSettlement.reversed_at),
    col(InsuranceSettlement.settlement_id),
    col(InsuranceSettlement.appointment_id),
)


def of_day(work: Work, *, channel: str, on: date) -> list[Entry]:
    """What moved here in the time that this day's bill is judged by."""
    begin, end = judged(on)
    if channel == INSURANCE:
        return _unique(_settlements(work, begin, end))
    return _unique([*_payments(work, channel, begin, end), *_refunds(work, channel, begin, end)])


def against(work: Work, *, channel: str, on: date, keys: Iterable[Key]) -> list[Entry]:
    """`of_day`, and whatever else the bill names."""
    found = of_day(work, channel=channel, on=on)
    known = {entry.key for entry in found}
    return found + named(work, channel=channel, keys=(key for key in keys if key not in known))


def named(work: Work, *, channel: str, keys: Iterable[Key]) -> list[Entry]:
    """Those of these numbers that are ours, whatever has become of them."""
    wanted = set(keys)
    found: list[Entry] = []
    for some in _in_parts({number for _, number in wanted}):
        if channel == INSURANCE:
            query = select(*_SETTLEMENT).where(col(InsuranceSettlement.no).in_(some))
            found += [entry for row in work.session.execute(query) for entry in _of_settlement(*row)]
            continue
        payments = select(*_PAYMENT).where(col(Payment.channel) == channel, col(Payment.no).in_(some))
        found += [_of_payment(*row) for row in work.session.execute(payments)]
        refunds = _of_channel(channel).where(col(Refund.no).in_(some))
        found += [_of_refund(*row) for row in work.session.execute(refunds)]
    return [entry for entry in found if entry.key in wanted]


def appointments(work: Work, *, payment_nos: Iterable[str]) -> dict[str, int]:
    """Which appointments these payments are for."""
    found: dict[str, int] = {}
    for some in _in_parts(payment_nos):
        query = select(col(Payment.no), col(Payment.appointment_id)).where(col(Payment.no).in_(some))
        found |= {row.no: row.appointment_id for row in work.session.execute(query)}
    return found


def numbers_of(work: Work, *, settlement_ids: Iterable[str]) -> dict[str, str]:
    """Our numbers of what the bureau calls by its own (setl_id)."""
    found: dict[str, str] = {}
    for some in _in_parts(settlement_ids):
        query = select(col(InsuranceSettlement.settlement_id), col(InsuranceSettlement.no))
        rows = work.session.execute(query.where(col(InsuranceSettlement.settlement_id).in_(some)))
        found |= {row.settlement_id: row.no for row in rows}
    return found


def refund_of_settlement(work: Work, *, number: str) -> str | None:
    """The refund by which this settlement is reversed."""
    return work.session.scalar(
        select(col(Refund.no))
        .join(InsuranceSettlement, col(InsuranceSettlement.payment_id) == col(Refund.payment_id))
        .where(col(InsuranceSettlement.no) == number, col(Refund.leg) == INSURANCE)
        .order_by(col(Refund.id).desc())
        .limit(1)
    )


def _payments(work: Work, channel: str, begin: datetime, end: datetime) -> Iterator[Entry]:
    """The second query: cash that is here while the bureau's part is not, or never will be."""
    whole = select(*_PAYMENT).where(
        col(Payment.channel) == channel, col(Payment.captured_at) >= begin, col(Payment.captured_at) < end + SECOND_LEG
    )
    yield from (_of_payment(*row) for row in _stream(work, whole))
    half = (
        select(*_PAYMENT)
        .join(InsuranceSettlement, col(InsuranceSettlement.payment_id) == col(Payment.id))
        .where(
            col(Payment.channel) == channel,
            col(Payment.captured_at).is_(None),
            col(Payment.cash_captured_at) >= begin,
            col(Payment.cash_captured_at) < end,
        )
    )
    yield from (_of_payment(*row) for row in _stream(work, half))


def _refunds(work: Work, channel: str, begin: datetime, end: datetime) -> Iterator[Entry]:
    done = _of_channel(channel).where(col(Refund.done_at) >= begin, col(Refund.done_at) < end)
    yield from (_of_refund(*row) for row in _stream(work, done))
    open_ones = _of_channel(channel).where(
        col(Refund.status) == RefundStatus.PROCESSING, col(Refund.created_at) >= begin, col(Refund.created_at) < end
    )
    yield from (_of_refund(*row) for row in _stream(work, open_ones))


def _settlements(work: Work, begin: datetime, end: datetime) -> Iterator[Entry]:
    settled_at, reversed_at = col(InsuranceSettlement.settled_at), col(InsuranceSettlement.reversed_at)
    status = col(InsuranceSettlement.status)
    ours = select(*_SETTLEMENT)
    for query in (
        ours.where(settled_at >= begin, settled_at < end),
        ours.where(status == SettlementStatus.REVERSED, reversed_at >= begin, reversed_at < end),
    ):
        for row in _stream(work, query):
            yield from _of_settlement(*row)
    under_way = (
        select(*_SETTLEMENT, col(Refund.created_at))
        .join(Refund, col(Refund.payment_id) == col(InsuranceSettlement.payment_id))
        .where(
            status == SettlementStatus.REVERSING,
            col(Refund.leg) == INSURANCE,
            col(Refund.created_at) >= begin,
            col(Refund.created_at) < end,
        )
    )
    for row in _stream(work, under_way):
        yield from _of_settlement(*row)


def _of_channel(channel: str) -> "Select[Any]":
    return (
        select(*_REFUND)
        .join(Payment, col(Payment.id) == col(Refund.payment_id))
        .where(col(Payment.channel) == channel, col(Refund.leg) != INSURANCE)
    )


def _in_parts(numbers: Iterable[str]) -> Iterator[list[str]]:
    every = sorted(set(numbers))
    return (every[begin : begin + NAMED_AT_ONCE] for begin in range(0, len(every), NAMED_AT_ONCE))


def _stream(work: Work, query: "Select[Any]") -> Iterable[Any]:
    return work.session.execute(query.execution_options(yield_per=AT_ONCE))


def _of_payment(
    no: str, cash_fen: int, status: str, taken_at: datetime | None, created_at: datetime, channel_no: str, about: int
) -> Entry:
    """For a channel its money is here as soon as the cash is, whatever the other leg does."""
    return Entry(
        Subject.PAYMENT.value,
        no,
        cash_fen,
        status if taken_at is None else PaymentStatus.CAPTURED.value,
        taken_at or created_at,
        channel_number=channel_no,
        payment_no=no,
        appointment_id=about,
        since=created_at,
    )


def _of_refund(
    no: str,
    amount_fen: int,
    status: str,
    done_at: datetime | None,
    created_at: datetime,
    channel_no: str,
    about: int,
    payment_no: str,
) -> Entry:
    return Entry(
        Subject.REFUND.value,
        no,
        amount_fen,
        status,
        done_at or created_at,
        channel_number=channel_no,
        payment_no=payment_no,
        appointment_id=about,
        since=created_at,
    )


def _of_settlement(
    no: str,
    fund_fen: int,
    account_fen: int,
    status: str,
    quoted_at: datetime,
    settled_at: datetime | None,
    reversed_at: datetime | None,
    settlement_id: str,
    about: int,
    reversing_since: datetime | None = None,
) -> Iterator[Entry]:
    """A settlement, and its reversal if there is one."""
    same: dict[str, Any] = {
        "number": no,
        "amount_fen": fund_fen + account_fen,
        "channel_number": settlement_id,
        "fund_fen": fund_fen,
        "account_fen": account_fen,
        "appointment_id": about,
    }
    state = SettlementStatus.SETTLED.value if status in _SETTLED else status
    yield Entry(subject=Subject.SETTLEMENT.value, state=state, at=settled_at or quoted_at, since=quoted_at, **same)
    if status in _REVERSALS:
        since = reversing_since or settled_at or quoted_at
        yield Entry(
            subject=Subject.REVERSAL.value,
            state=_REVERSALS[SettlementStatus(status)],
            at=reversed_at or since,
            since=since,
            **same,
        )


def _unique(entries: Iterable[Entry]) -> list[Entry]:
    return list({entry.key: entry for entry in entries}.values())
