"""财务统计与账簿: takings by period, channel and department; balances, entries, and the day-end close."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator

from hospital_app.adapters.sheets import MEDIA_TYPE
from hospital_app.api.access import allows
from hospital_app.api.shapes import EARLIEST, LATEST, Answer, Body, GivenDay, Id, Instant
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import finance, ledger
from hospital_app.services.finance import By
from hospital_app.services.ledger_views import AT_ONCE

router = APIRouter(prefix="/api/v1/finance", tags=["finance"])


def _sane(on: date) -> date:
    if not EARLIEST.date() <= on <= LATEST.date():
        raise ValueError("out of range")
    return on


Day = Annotated[GivenDay, Query(), AfterValidator(_sane)]
Department = Annotated[str | None, Query(max_length=12)]
Account = Annotated[str, Query(max_length=40, examples=["channel:wechat"])]
Number = Annotated[str, Query(max_length=32, pattern=r"^[0-9A-Za-z]*$")]
SHEET: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPE: {}}, "description": "the same as .xlsx"}}


class Figures(Answer):
    """Fen. `captured` and `refunded` are what moved at the channels and the insurance, `earned` what became income,
    `fee` what the channels kept, on the day on which their bill was compared; no department has a part in it.

    Numbers count legs: a payment of cash and insurance is one in each.
    """

    captured_fen: int
    refunded_fen: int
    earned_fen: int
    captured_number: int
    refunded_number: int
    fee_fen: int


class Named(Answer):
    """`key`: the first day of a period, an account of the ledger, or a department's code."""

    key: str
    name: str
    figures: Figures


class Takings(Answer):
    """`accounts`: channels, fund and personal accounts; `incomes`: by what the money was earned with."""

    since: date
    until: date
    whole: Figures
    periods: list[Named]
    accounts: list[Named]
    incomes: list[Named]
    departments: list[Named]


class Balance(Answer):
    """Debit positive: before + debit - credit = balance."""

    account: str
    before_fen: int
    debit_fen: int
    credit_fen: int
    balance_fen: int


class DayBook(Answer):
    """`closed_at` is null as long as something may still be entered on this day."""

    on: date
    closed_at: Instant | None
    accounts: list[Balance]


class Line(Answer):
    """Debit positive, credit negative; the lines of an entry sum to zero."""

    account: str
    amount_fen: int


class Entry(Answer):
    """`kind`: captured settled earned refund-owed refunded fee; `subject`: the number of the payment or the refund;
    of a fee the channel with the day of its bill."""

    id: int
    kind: str
    subject: str
    on: date
    at: Instant
    department: str
    lines: list[Line]


class EntryPage(Answer):
    entries: list[Entry]
    older: int | None


class ClosedDay(Answer):
    """`by`: who closed it; empty when the house did it by itself."""

    on: date
    closed_at: Instant
    by: str
    entries: int


class Closing(Answer):
    """`until`: the last day that can be closed now; `days`: how many wait for it."""

    until: date
    days: int
    closed: list[ClosedDay]


class Close(Body):
    """Every open day up to and with this one."""

    until: Annotated[GivenDay, AfterValidator(_sane)]


class Closed(Answer):
    closed: list[date]


@router.get("/takings", summary="财务统计")
@allows(Right.SEE_FINANCE)
def takings(caller: Caller, since: Day, until: Day, by: By = By.DAY, department: Department = None) -> Takings:
    """From the ledger and from nothing else; both days whole, at most three years."""
    found = finance.takings(caller.actor(), since=since, until=until, by=by, department=department)
    return Takings.model_validate(found)


@router.get("/takings.xlsx", summary="导出财务统计", response_class=Response, responses=SHEET)
@allows(Right.SEE_FINANCE)
def takings_sheet(caller: Caller, since: Day, until: Day, by: By = By.DAY, department: Department = None) -> Response:
    """The export itself is on record."""
    actor = caller.actor()
    return _sheet("takings", finance.takings_sheet(actor, since=since, until=until, by=by, department=department))


@router.get("/ledger/balances", summary="科目余额")
@allows(Right.SEE_FINANCE)
def balances(caller: Caller, on: Day) -> DayBook:
    return DayBook.model_validate(finance.balances(caller.actor(), on=on))


@router.get("/ledger/entries", summary="凭证")
@allows(Right.SEE_FINANCE)
def entries(
    caller: Caller,
    on: Day | None = None,
    account: Account = "",
    number: Number = "",
    below: Annotated[Id | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = AT_ONCE,
) -> EntryPage:
    """Newest first. `number`: of an appointment, a payment or a refund; `below`: the `older` of the page before."""
    actor = caller.actor()
    return EntryPage.model_validate(
        finance.entries(actor, on=on, account=account, number=number, below=below, limit=limit)
    )


@router.get("/ledger/entries.xlsx", summary="导出凭证", response_class=Response, responses=SHEET)
@allows(Right.SEE_FINANCE)
def ledger_sheet(caller: Caller, on: Day | None = None, account: Account = "", number: Number = "") -> Response:
    """The newest 5,000. The export itself is on record."""
    return _sheet("ledger", finance.ledger_sheet(caller.actor(), on=on, account=account, number=number))


@router.get("/ledger/days", summary="日结状态")
@allows(Right.SEE_FINANCE)
def closing(caller: Caller) -> Closing:
    return Closing.model_validate(finance.closing(caller.actor()))


@router.post("/ledger/closing", summary="日结")
@allows(Right.MANAGE_FINANCE)
def close(asked: Close, caller: Caller) -> Closed:
    """409 `day_not_over` for today and later. Nothing can be entered on a closed day any more."""
    return Closed(closed=ledger.close(caller.actor(), until=asked.until))


def _sheet(name: str, content: bytes) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(content, media_type=MEDIA_TYPE, headers=headers)
