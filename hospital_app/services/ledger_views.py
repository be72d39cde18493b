"""账簿: balances of a day, entries of an account or of a payment, and the days that are closed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.ledger import Event, Line
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Staff
from hospital_app.models.ledger import LedgerDay, LedgerEntry, LedgerLine
from hospital_app.models.payment import Payment, Refund
from hospital_app.services import ledger_days, takings
from hospital_app.services.takings import NOTHING
from hospital_app.work import Work

AT_ONCE = 50
EXPORTED = 5000
DAYS_SHOWN = 31


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """科目余额. Debit positive: `before` + `debit` - `credit` = `balance`."""

    account: str
    before_fen: int
    debit_fen: int
    credit_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True)
class DayBook:
    """One day's balances. `closed_at`: None as long as something may still be entered."""

    on: date
    closed_at: datetime | None
    accounts: list[AccountBalance]


@dataclass(frozen=True, slots=True)
class EntryView:
    """凭证."""

    id: int
    kind: str
    subject: str
    on: date
    at: datetime
    department: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class EntryPage:
    """`older`: what the next page lies below; None at the end."""

    entries: list[EntryView]
    older: int | None


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """`by`: a name, empty for the house itself."""

    on: date
    closed_at: datetime
    by: str
    entries: int


@dataclass(frozen=True, slots=True)
class Closing:
    """`until`: the last day that can be closed now; `days`: how many wait for it."""

    until: date
    days: int
    closed: list[ClosedDay]


def balances(work: Work, *, on: date) -> DayBook:
    authority.check(work.actor, Right.SEE_FINANCE)
    before = ledger_days.balances_before(work, on)
    last = ledger_days.counted_before(work, on)
    moved = {account: each for (_, account), each in takings.moved(work, since=on, until=on, scope=None).items()}
    since = last.on + timedelta(days=1) if last else date.min
    if since < on:
        between = takings.moved(work, since=since, until=on - timedelta(days=1), scope=None)
        for (_, account), each in between.items():
            before[account] = before.get(account, 0) + each.debit_fen - each.credit_fen
    rows = []
    for account in sorted({*before, *moved}):
        start, each = before.get(account, 0), moved.get(account, NOTHING)
        if start or each != NOTHING:
            end = start + each.debit_fen - each.credit_fen
            rows.append(AccountBalance(account, start, each.debit_fen, each.credit_fen, end))
    day = work.session.get(LedgerDay, on)
    return DayBook(on, day.closed_at if day else None, rows)


def entries(
    work: Work,
    *,
    on: date | None = None,
    account: str = "",
    number: str = "",
    below: int | None = None,
    limit: int = AT_ONCE,
) -> EntryPage:
    """Newest first; those of an account by their days. `number`: of an appointment, a payment or a refund; with it
    everything that moved for it.
    """
    authority.check(work.actor, Right.SEE_FINANCE)
    query = select(LedgerEntry).order_by(col(LedgerEntry.id).desc()).limit(limit + 1)
    if number:
        kinds = [each.value for each in Event]  # the index on what was entered begins with them
        query = query.where(col(LedgerEntry.kind).in_(kinds), col(LedgerEntry.subject).in_(_subjects(work, number)))
        if account:
            touched = select(col(LedgerLine.entry_id)).where(col(LedgerLine.account) == account)
            query = query.where(col(LedgerEntry.id).in_(touched))
    elif account:
        ids = _newest(work, account, on=on, below=below, limit=limit + 1)
        query = query.order_by(None).order_by(col(LedgerEntry.on).desc(), col(LedgerEntry.id).desc())
        query, below = query.where(col(LedgerEntry.id).in_(ids)), None
    if on is not None:
        query = query.where(col(LedgerEntry.on) == on)
    if below is not None:
        query = query.where(col(LedgerEntry.id) < below)
    found = list(work.session.scalars(query))
    shown = found[:limit]
    lines: dict[int, list[LedgerLine]] = {}
    for line in work.session.scalars(
        select(LedgerLine)
        .where(col(LedgerLine.entry_id).in_([entry.id for entry in shown]))
        .order_by(col(LedgerLine.id))
    ):
        lines.setdefault(line.entry_id, []).append(line)
    views = [_view(entry, lines.get(entry.id or 0, [])) for entry in shown]
    return EntryPage(views, shown[-1].id if len(found) > limit else None)


def closing(work: Work) -> Closing:
    """What can be closed, and the newest closed days."""
    authority.check(work.actor, Right.SEE_FINANCE)
    until = clinic_day(work.now) - timedelta(days=1)
    first = ledger_days.next_open(work)
    rows = work.session.execute(
        select(col(LedgerDay.on), col(LedgerDay.closed_at), func.coalesce(col(Staff.name), ""), col(LedgerDay.entries))
        .outerjoin(Staff, col(Staff.id) == col(LedgerDay.closed_by))
        .where(col(LedgerDay.balances) != ledger_days.UNDER_WAY)
        .order_by(col(LedgerDay.on).desc())
        .limit(DAYS_SHOWN)
    )
    return Closing(until, max(0, (until - first).days + 1) if first else 0, [ClosedDay(*row) for row in rows])


def export(work: Work, *, on: date | None, account: str = "", number: str = "") -> EntryPage:
    """The newest EXPORTED entries; that they were taken home is on record."""
    found = entries(work, on=on, account=account, number=number, limit=EXPORTED)
    work.record("ledger.export", "ledger", rows=len(found.entries))
    return found


def _view(entry: LedgerEntry, lines: list[LedgerLine]) -> EntryView:
    return EntryView(
        id=entry.id or 0,
        kind=entry.kind,
        subject=entry.subject,
        on=entry.on,
        at=entry.at,
        department=lines[0].department_code if lines else "",
        lines=[Line(line.account, line.amount_fen) for line in lines],
    )


def _newest(work: Work, account: str, *, on: date | None, below: int | None, limit: int) -> list[int]:
    """So many entries that touch an account, along its index: it may have as many lines as there are payments."""
    line_on, entry_id = col(LedgerLine.on), col(LedgerLine.entry_id)
    query = (
        select(entry_id)
        .where(col(LedgerLine.account) == account)
        .group_by(line_on, entry_id)
        .order_by(line_on.desc(), entry_id.desc())
        .limit(limit)
    )
    if on is not None:
        query = query.where(line_on == on)
    if below is not None:
        day = work.session.scalar(select(col(LedgerEntry.on)).where(col(LedgerEntry.id) == below))
        query = query.where(
            entry_id < below if day is None else or_(line_on < day, and_(line_on == day, entry_id < below))
        )
    return list(work.session.scalars(query))


def _subjects(work: Work, number: str) -> list[str]:
    """The numbers under which this one's money is entered."""
    payments = (
        select(col(Payment.id))
        .join(Appointment, col(Appointment.id) == col(Payment.appointment_id))
        .where(col(Appointment.no) == number)
    )
    of_refund = select(col(Refund.payment_id)).where(col(Refund.no) == number)
    ids = {
        *work.session.scalars(payments),
        *work.session.scalars(of_refund),
        *work.session.scalars(select(col(Payment.id)).where(col(Payment.no) == number)),
    }
    return [
        number,
        *work.session.scalars(select(col(Payment.no)).where(col(Payment.id).in_(ids))),
        *work.session.scalars(select(col(Refund.no)).where(col(Refund.payment_id).in_(ids))),
    ]
