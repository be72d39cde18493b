"""渠道手续费入账: what a channel kept of a day, once its bill is compared; one entry for each channel and day."""

from datetime import date

from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain import ledger as books
from hospital_app.domain.ledger import Event
from hospital_app.models.ledger import LedgerEntry, LedgerLine
from hospital_app.services import ledger
from hospital_app.work import Work


def enter(work: Work, *, channel: str, on: date, fee_fen: int) -> None:
    """Under the lock of the day's reconciliation. A bill that was corrected is entered by what it differs."""
    subject = subject_of(channel, on)
    query = (
        select(func.count(func.distinct(col(LedgerEntry.id))), func.coalesce(func.sum(col(LedgerLine.amount_fen)), 0))
        .join(LedgerLine, col(LedgerLine.entry_id) == col(LedgerEntry.id))
        .where(col(LedgerEntry.kind) == Event.FEE, col(LedgerEntry.subject).startswith(subject))
        .where(col(LedgerLine.account) == books.FEES + channel)
    )
    times, entered = work.session.execute(query).one()
    if fee_fen != entered:
        again = f"R{times}" if times else ""
        ledger.enter(work, Event.FEE, subject + again, books.fee(channel, fee_fen - int(entered)), department="")


def subject_of(channel: str, on: date) -> str:
    return f"{channel}{on:%Y%m%d}"
