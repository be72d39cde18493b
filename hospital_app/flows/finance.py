"""财务统计与账簿, as pages and REST show them, and their sheets."""

from datetime import date

from hospital_app.adapters import sheets
from hospital_app.domain.identity import Actor
from hospital_app.domain.ledger import account_name, event_name
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import finance, ledger_views
from hospital_app.services.finance import By, Figures, Takings
from hospital_app.services.ledger_views import AT_ONCE, Closing, DayBook, EntryPage

TAKINGS_HEADS = (
    "分类",
    "项目",
    "收款笔数",
    "收款（元）",
    "退款笔数",
    "退款（元）",
    "确认收入（元）",
    "渠道手续费（元）",
)
ENTRY_HEADS = ("凭证号", "日期", "时间", "凭证", "单号", "科室", "科目", "借方（元）", "贷方（元）")


def takings(actor: Actor, *, since: date, until: date, by: By, department: str | None = None) -> Takings:
    return look(actor, finance.report, since=since, until=until, by=by, department=department)


def takings_sheet(actor: Actor, *, since: date, until: date, by: By, department: str | None = None) -> bytes:
    """The same as .xlsx; the export is on record."""
    found = perform(actor, finance.export, since=since, until=until, by=by, department=department)
    rows = [
        _row("合计", f"{since:%Y-%m-%d}—{until:%Y-%m-%d}", found.whole),
        *(_row("期间", each.key, each.figures) for each in found.periods),
        *(_row("渠道", account_name(each.key), each.figures) for each in (*found.accounts, *found.incomes)),
        *(_row("科室", each.name, each.figures) for each in found.departments),
    ]
    return sheets.write("财务统计", TAKINGS_HEADS, rows)


def balances(actor: Actor, *, on: date) -> DayBook:
    return look(actor, ledger_views.balances, on=on)


def entries(
    actor: Actor,
    *,
    on: date | None = None,
    account: str = "",
    number: str = "",
    below: int | None = None,
    limit: int = AT_ONCE,
) -> EntryPage:
    return look(actor, ledger_views.entries, on=on, account=account, number=number, below=below, limit=limit)


def closing(actor: Actor) -> Closing:
    return look(actor, ledger_views.closing)


def ledger_sheet(actor: Actor, *, on: date | None = None, account: str = "", number: str = "") -> bytes:
    """Entries as .xlsx, one line each; the export is on record."""
    found = perform(actor, ledger_views.export, on=on, account=account, number=number)
    rows: list[tuple[sheets.Value, ...]] = [
        (
            entry.id,
            entry.on,
            entry.at,
            event_name(entry.kind),
            entry.subject,
            entry.department,
            account_name(line.account),
            line.amount_fen / 100 if line.amount_fen > 0 else None,
            -line.amount_fen / 100 if line.amount_fen < 0 else None,
        )
        for entry in found.entries
        for line in entry.lines
    ]
    return sheets.write("账簿", ENTRY_HEADS, rows)


def _row(group: str, name: str, of: Figures) -> tuple[sheets.Value, ...]:
    return (
        group,
        name,
        of.captured_number,
        of.captured_fen / 100,
        of.refunded_number,
        of.refunded_fen / 100,
        of.earned_fen / 100,
        of.fee_fen / 100,
    )
