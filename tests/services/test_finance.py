"""财务统计与账簿: the same figures from open and closed days, nothing of it for others, and nothing read whole."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import instant
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS, SYSTEM
from hospital_app.domain.ledger import Event, Income, Line, captured, earned, owed, refunded, settled
from hospital_app.domain.policy import Rules
from hospital_app.flows import finance
from hospital_app.flows import ledger as flow
from hospital_app.services import ledger, ledger_views, takings
from hospital_app.services.finance import By, Figures, Takings
from hospital_app.work import Work, transaction
from tests.services.test_hot_queries import said_to, scans
from tests.support.booked import CLERK, HOSPITAL_ADMIN, department_admin
from tests.support.builders import a_department
from tests.support.house import House, patient_actor

MONDAY = date(2026, 11, 16)
TUESDAY = date(2026, 11, 24)


def enter(house: House, on: date, kind: Event, no: str, lines: list[Line], department: str = "03.01") -> None:
    at: datetime = instant(on, time(10))
    with transaction(house.sessions, now=at, actor=SYSTEM, rules=Rules()) as work:
        ledger.enter(work, kind, no, lines, department)


@pytest.fixture
def books(house: House) -> House:
    """Two weeks: a mixed payment, one in cash that goes back in part, a no-show of another department."""
    a_department(house.sessions)
    a_department(house.sessions, code="07", name="儿科")
    enter(house, MONDAY, Event.CAPTURED, "GP1", captured("wechat", 1000))
    enter(house, MONDAY, Event.SETTLED, "GP1", settled(3000, 1000))
    enter(house, MONDAY, Event.EARNED, "GP1", earned(Income.REGISTRATION, 5000))
    enter(house, TUESDAY, Event.CAPTURED, "GP2", captured("onsite", 5000), "07")
    enter(house, TUESDAY, Event.OWED, "GR2", owed("onsite", "cash", 4000), "07")
    enter(house, TUESDAY, Event.REFUNDED, "GR2", refunded("onsite", "cash", 4000), "07")
    enter(house, TUESDAY, Event.EARNED, "GP2", earned(Income.CANCELLATION, 1000), "07")
    house.at(instant(TUESDAY, time(18)))
    return house


def read(by: By = By.DAY, **more: str) -> Takings:
    return finance.takings(HOSPITAL_ADMIN, since=MONDAY, until=TUESDAY, by=by, **more)


def test_takings_are_the_same_from_lines_and_from_totals(books: House) -> None:
    seen = read(By.WEEK)
    assert seen.whole == Figures(10000, 4000, 6000, 4, 1)
    assert [(each.key, each.figures.captured_fen) for each in seen.periods] == [
        ("2026-11-16", 5000),
        ("2026-11-23", 5000),
    ]
    assert [(each.key, each.figures.captured_fen, each.figures.refunded_fen) for each in seen.accounts] == [
        ("channel:onsite", 5000, 4000),
        ("channel:wechat", 1000, 0),
        ("insurance:account", 1000, 0),
        ("insurance:fund", 3000, 0),
    ]
    assert [(each.key, each.figures.earned_fen) for each in seen.incomes] == [
        ("income:cancellation", 1000),
        ("income:registration", 5000),
    ]
    assert [(each.name, each.figures.earned_fen) for each in seen.departments] == [("呼吸内科", 5000), ("儿科", 1000)]
    assert read(department="07").whole == Figures(5000, 4000, 1000, 1, 1)
    assert [each.key for each in read(By.MONTH).periods] == ["2026-11-16"] and len(read().periods) == 9
    open_days = [read(by) for by in By]
    assert flow.close(SYSTEM, until=TUESDAY - timedelta(days=1))
    assert [read(by) for by in By] == open_days, "a day closed, a day open"
    books.later(hours=12)
    flow.close(SYSTEM, until=TUESDAY)
    assert [read(by) for by in By] == open_days, "all closed"
    assert books.do(takings.of_day, on=MONDAY, scope=None)[0] == takings.Sum(5000, 1), "a mixed payment is one"
    assert books.do(takings.of_day, on=TUESDAY, scope="07")[1] == takings.Sum(4000, 1)


def test_the_book_of_a_day_begins_where_the_last_one_ended(books: House) -> None:
    for _ in range(2):
        day = finance.balances(HOSPITAL_ADMIN, on=TUESDAY)
        assert day.closed_at is None and sum(each.balance_fen for each in day.accounts) == 0
        seen = {
            each.account: (each.before_fen, each.debit_fen, each.credit_fen, each.balance_fen) for each in day.accounts
        }
        assert seen["channel:onsite"] == (0, 5000, 4000, 1000)
        assert seen["channel:wechat"] == (1000, 0, 0, 1000)
        assert seen["income:registration"] == (-5000, 0, 0, -5000)
        assert seen["refunds:onsite"] == (0, 4000, 4000, 0)
        flow.close(SYSTEM, until=TUESDAY - timedelta(days=1))
    state = finance.closing(HOSPITAL_ADMIN)
    assert (state.until, state.days) == (TUESDAY - timedelta(days=1), 0)
    assert [(each.on, each.entries) for each in state.closed][-1] == (MONDAY, 3)
    assert finance.balances(HOSPITAL_ADMIN, on=MONDAY).closed_at is not None
    assert finance.balances(HOSPITAL_ADMIN, on=date(2020, 1, 1)).accounts == []


def test_entries_are_found_by_day_account_and_number(books: House) -> None:
    everything = finance.entries(HOSPITAL_ADMIN)
    assert [entry.subject for entry in everything.entries] == ["GP2", "GR2", "GR2", "GP2", "GP1", "GP1", "GP1"]
    assert everything.entries[0].lines == [("deposits", 1000), ("income:cancellation", -1000)]
    first = finance.entries(HOSPITAL_ADMIN, limit=4)
    assert [entry.subject for entry in finance.entries(HOSPITAL_ADMIN, below=first.older).entries] == ["GP1"] * 3
    assert len(finance.entries(HOSPITAL_ADMIN, on=MONDAY).entries) == 3
    assert len(finance.entries(HOSPITAL_ADMIN, on=TUESDAY, account="channel:onsite").entries) == 2
    assert finance.entries(HOSPITAL_ADMIN, number="nobody").entries == []
    assert [entry.kind for entry in finance.entries(HOSPITAL_ADMIN, number="GR2").entries] == [
        "refunded",
        "refund-owed",
    ]


def test_money_is_for_the_hospitals_finance_alone(house: House) -> None:
    calls = (
        lambda actor: finance.takings(actor, since=MONDAY, until=TUESDAY, by=By.DAY),
        lambda actor: finance.balances(actor, on=MONDAY),
        finance.entries,
        finance.closing,
        lambda actor: finance.takings_sheet(actor, since=MONDAY, until=TUESDAY, by=By.DAY),
        lambda actor: finance.ledger_sheet(actor, on=MONDAY),
        lambda actor: flow.close(actor, until=MONDAY),
    )
    for call in calls:
        for actor in (ANONYMOUS, patient_actor(1), CLERK, department_admin()):
            with pytest.raises(Refusal) as refusal:
                call(actor)
            assert refusal.value.code in {"signed_out", "forbidden"}, Right.SEE_FINANCE
    for since, until in ((TUESDAY, MONDAY), (date(2000, 1, 1), TUESDAY)):
        with pytest.raises(Refusal) as refusal:
            finance.takings(HOSPITAL_ADMIN, since=since, until=until, by=By.DAY)
        assert refusal.value.code == "bad_range"


def test_sheets_hold_what_the_pages_show(books: House) -> None:
    assert finance.takings_sheet(HOSPITAL_ADMIN, since=MONDAY, until=TUESDAY, by=By.DAY)[:2] == b"PK"
    assert finance.ledger_sheet(HOSPITAL_ADMIN, on=TUESDAY)[:2] == b"PK"


def test_entries_of_an_account_are_shown_by_their_days_a_page_at_a_time(books: House) -> None:
    """A late one, entered last for a day before."""
    enter(books, MONDAY + timedelta(days=1), Event.CAPTURED, "GP0", captured("wechat", 500))
    found, below = [], None
    for _ in range(4):
        page = finance.entries(HOSPITAL_ADMIN, account="deposits", below=below, limit=2)
        found += [(entry.kind, entry.subject) for entry in page.entries]
        below = page.older
    assert below is None and found == [
        ("earned", "GP2"),
        ("refund-owed", "GR2"),
        ("captured", "GP2"),
        ("captured", "GP0"),
        ("earned", "GP1"),
        ("settled", "GP1"),
        ("captured", "GP1"),
    ]


@pytest.fixture
def old_books(mariadb_house: House) -> House:
    """12,000 payments, 20 a day; all days but the last two are closed."""
    house = mariadb_house
    with house.engine.begin() as connection:
        connection.execute(
            text("""INSERT INTO ledger_entry (kind, subject, `on`, at) SELECT 'captured', CONCAT('GP', seq),
            DATE_SUB('2026-11-20', INTERVAL seq DIV 20 DAY), '2026-11-20' FROM seq_1_to_12000""")
        )
        connection.execute(
            text("""INSERT INTO ledger_line (entry_id, account, department_code, `on`, amount_fen) SELECT id,
            'channel:wechat', '03', `on`, 100 FROM ledger_entry UNION ALL SELECT id, 'deposits', '03', `on`, -100
            FROM ledger_entry""")
        )
        connection.execute(
            text("""INSERT INTO ledger_day (`on`, closed_at, entries, balances) SELECT DISTINCT `on`, '2026-11-20', 20,
            '{}' FROM ledger_entry WHERE `on` <= '2026-11-18'""")
        )
        connection.execute(
            text("""INSERT INTO ledger_total SELECT `on`, '03', account, 2000, 2000, 20, 20 FROM ledger_line
            WHERE `on` <= '2026-11-18' GROUP BY `on`, account""")
        )
        for table in ("ledger_entry", "ledger_line", "ledger_day", "ledger_total"):
            connection.execute(text(f"ANALYZE TABLE {table}")).all()
    house.at(instant(date(2026, 11, 20), time(12)))
    return house


def test_no_question_of_finance_reads_the_whole_ledger(old_books: House) -> None:
    house = old_books
    with said_to(house.engine) as said:
        finance.takings(HOSPITAL_ADMIN, since=date(2026, 9, 1), until=date(2026, 11, 20), by=By.DAY)
        finance.balances(HOSPITAL_ADMIN, on=date(2026, 11, 20))
        finance.entries(HOSPITAL_ADMIN, on=date(2026, 11, 20), account="channel:wechat")
        finance.entries(HOSPITAL_ADMIN, number="GP77")
        finance.closing(HOSPITAL_ADMIN)
        house.do(takings.of_day, on=date(2026, 11, 20), scope="03")
        house.do(takings.by_day, since=date(2026, 11, 7), until=date(2026, 11, 20), scope=None)
        house.do(ledger.purse_of, payment_no="GP77")
        flow.close(SYSTEM, until=date(2026, 11, 19))
    assert len({statement for statement, _ in said}) > 15
    assert scans(house.engine, said) == []


def test_a_page_of_entries_is_read_and_not_all_that_are_like_it(old_books: House) -> None:
    """As the server counts rows: a limit makes any plan look short."""
    middle = old_books.do(lambda work: work.session.scalar(text("SELECT MAX(id) - 6000 FROM ledger_entry")))
    assert rows_read(old_books, account="deposits") < 300
    assert rows_read(old_books, account="deposits", below=middle) < 300
    assert rows_read(old_books, account="deposits", on=date(2026, 1, 2)) < 300
    assert rows_read(old_books, number="GP77") < 300
    assert rows_read(old_books, number="GP77", account="deposits") < 300


def rows_read(house: House, **asked: Any) -> int:
    counters = text("SHOW SESSION STATUS LIKE 'Handler_read%'")

    def ask(work: Work) -> int:
        before = sum(int(value) for _, value in work.session.execute(counters))
        assert ledger_views.entries(work, limit=20, **asked).entries
        return sum(int(value) for _, value in work.session.execute(counters)) - before

    return house.do(ask, actor=HOSPITAL_ADMIN)
