"""记账: every event that moves money is entered once, in the transaction that moves it, on a day that is still open.

An entry is written before its day is looked at, and a day is marked as closed before its entries are counted
(services/ledger_days.py): whichever comes second sees the other, so nothing slips into a closed day.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    Insert,
    Integer,
    String,
    bindparam,
    exists,
    func,
    insert,
    select,
    union_all,
    update,
)
from sqlmodel import col

from hospital_app.domain import ledger as books
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.ledger import Event, Income, Line
from hospital_app.domain.payment import PaymentStatus
from hospital_app.models.booking import Appointment
from hospital_app.models.ledger import LedgerDay, LedgerEntry, LedgerLine
from hospital_app.models.payment import Payment
from hospital_app.models.tables import table_of
from hospital_app.work import Work


def enter(work: Work, kind: Event, subject: str, lines: Sequence[Line], department: str) -> bool:
    """One entry with its lines; False if this event was entered before, or moves nothing. ValueError: no balance."""
    kept = books.balanced(lines)
    if not kept:
        return False
    on = clinic_day(work.now)
    connection = work.session.connection()
    made = connection.execute(ENTRY, {"kind": kind.value, "subject": subject, "on": on, "at": work.now})
    if made.rowcount != 1:
        return False
    values: dict[str, Any] = {"entry": made.lastrowid, "department": department}
    for index, line in enumerate(kept):
        values |= {f"account{index}": line.account, f"amount{index}": line.amount_fen}
    while connection.execute(_lines(len(kept)), {**values, "day": on}).rowcount == 0:
        on = first_open_day(work, on)
        work.change(update(LedgerEntry).where(col(LedgerEntry.id) == made.lastrowid).values(on=on))
    return True


def earn(work: Work, *, appointment: Appointment, income: Income) -> None:
    """What is kept of an appointment's payments is the hospital's from now on."""
    kept = work.session.execute(
        select(col(Payment.no), col(Payment.kept_fen)).where(
            col(Payment.appointment_id) == appointment.id,
            col(Payment.status) == PaymentStatus.CAPTURED,
            col(Payment.kept_fen) > 0,
        )
    ).all()
    for no, fen in kept:
        enter(work, Event.EARNED, no, books.earned(income.value, fen), appointment.department_code)


def purse_of(work: Work, *, payment_no: str) -> str:
    """The account that a refund of this payment comes out of: the income it has become, else the deposits."""
    return (
        work.session.scalar(
            select(col(LedgerLine.account))
            .join(LedgerEntry, col(LedgerEntry.id) == col(LedgerLine.entry_id))
            .where(
                col(LedgerEntry.kind) == Event.EARNED,
                col(LedgerEntry.subject) == payment_no,
                col(LedgerLine.amount_fen) < 0,
            )
        )
        or books.DEPOSITS
    )


def department_of(work: Work, *, appointment_id: int) -> str:
    return work.session.get_one(Appointment, appointment_id).department_code


def first_open_day(work: Work, on: date) -> date:
    """`on`, or the first day after it that is not closed. Days are closed one after the other."""
    last = work.session.scalar(select(func.max(col(LedgerDay.on))))
    return on if last is None or on > last else last + timedelta(days=1)


ENTRY = (
    insert(table_of(LedgerEntry))
    .values(kind=bindparam("kind"), subject=bindparam("subject"), on=bindparam("on", type_=Date()), at=bindparam("at"))
    .prefix_with("IGNORE", dialect="mysql")
    .prefix_with("IGNORE", dialect="mariadb")
    .prefix_with("OR IGNORE", dialect="sqlite")
)


@lru_cache(maxsize=8)
def _lines(count: int) -> Insert:
    """So many lines in one statement, which writes none of them if the day is closed."""
    still_open = ~exists().where(col(LedgerDay.on) >= bindparam("day", type_=Date()))
    rows = [
        select(
            bindparam("entry", type_=Integer()),
            bindparam(f"account{index}", type_=String()),
            bindparam("department", type_=String()),
            bindparam("day", type_=Date()),
            bindparam(f"amount{index}", type_=BigInteger()),
        ).where(still_open)
        for index in range(count)
    ]
    names = ["entry_id", "account", "department_code", "on", "amount_fen"]
    return insert(table_of(LedgerLine)).from_select(names, union_all(*rows))
