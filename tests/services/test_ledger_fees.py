"""渠道手续费: entered from a compared bill once, by what a later bill corrects, and never from patients' money."""

from dataclasses import replace

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.ledger import Event, Line
from hospital_app.models.ledger import LedgerEntry, LedgerLine
from hospital_app.services import finance, ledger_days, ledger_views, takings
from hospital_app.services.finance import By, Figures
from tests.services.test_reconciling import ON, bill, books, day, reconcile
from tests.support.booked import HOSPITAL_ADMIN as ADMIN
from tests.support.house import House

__all__ = ["books"]


def compared(house: House, fee_fen: int) -> None:
    """So much was kept of each payment."""
    reconcile(house, [replace(line, fee_fen=fee_fen) for line in bill(house)])


def entered(house: House) -> list[tuple[str, list[Line]]]:
    page = house.do(ledger_views.entries, actor=ADMIN, on=clinic_day(house.now))
    return [(each.subject, each.lines) for each in reversed(page.entries) if each.kind == Event.FEE]


def test_a_day_is_entered_once_however_often_it_is_compared(books: House) -> None:
    before = books.do(takings.of_day, on=clinic_day(books.now), scope=None)
    for _ in range(3):
        compared(books, 30)
    assert day(books).fee_fen == 180
    fee = (f"wechat{ON:%Y%m%d}", [Line("fees:wechat", 180), Line("withheld:wechat", -180)])
    assert entered(books) == [fee]
    assert books.do(takings.of_day, on=clinic_day(books.now), scope=None) == before, "no patient's money has moved"
    assert books.broken() == []


def test_a_corrected_bill_is_entered_by_what_it_differs(books: House) -> None:
    for fee_fen in (30, 25, 25, 40, 0):
        compared(books, fee_fen)
        assert books.broken() == []
    assert [lines[0].amount_fen for _, lines in entered(books)] == [180, -30, 90, -240]
    assert len({subject for subject, _ in entered(books)}) == 4


def test_finance_sees_what_each_channel_kept_and_departments_have_no_part_in_it(books: House) -> None:
    compared(books, 30)
    today = clinic_day(books.now)
    found = books.do(finance.report, actor=ADMIN, since=today, until=today, by=By.DAY)
    assert (found.whole.fee_fen, found.periods[0].figures.fee_fen) == (180, 180)
    assert [(each.key, each.figures) for each in found.accounts] == [("channel:wechat", Figures(fee_fen=180))]
    assert "" not in [each.key for each in found.departments]


def test_a_day_that_is_closed_meanwhile_keeps_its_figures(books: House) -> None:
    compared(books, 30)
    today = clinic_day(books.now)
    books.later(days=1)
    on = books.do(ledger_days.mark, actor=ADMIN, until=today)
    while on is not None:
        books.do(ledger_days.balance, actor=ADMIN, on=on)
        on = books.do(ledger_days.mark, actor=ADMIN, until=today)
    compared(books, 40)
    assert [lines[0].amount_fen for _, lines in entered(books)] == [60]
    assert books.broken() == []


def test_fees_that_are_missing_or_of_no_bill_are_told(books: House) -> None:
    compared(books, 30)
    with books.sessions.begin() as session:
        entry = session.scalars(select(LedgerEntry).where(col(LedgerEntry.kind) == Event.FEE)).one()
        for line in session.scalars(select(LedgerLine).where(col(LedgerLine.entry_id) == entry.id)):
            line.amount_fen //= 2
    assert [line for line in books.broken() if "fees" in line] == [
        f"the fees of wechat on {ON} are not in the ledger as its bill has them"
    ]
    with books.sessions.begin() as session:
        session.get_one(LedgerEntry, entry.id).subject = "wechat20200101"
    assert "fees wechat20200101 are in the ledger and of no bill" in books.broken()
