"""账簿: balances of a day, entries, and the day-end close."""

import asyncio
from dataclasses import dataclass
from datetime import date

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, may
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.ledger import account_name, event_name, names
from hospital_app.flows import finance
from hospital_app.flows import ledger as books
from hospital_app.services.ledger_views import Closing, DayBook, EntryPage, EntryView
from state import administering, wording
from state.access import handles
from state.administering import Option
from state.figures import Line
from state.finance import money
from state.given import a_day, a_form, a_text
from state.notice import NoticeState
from state.session import Reader, reader_of

HERE = "/admin/ledger"
SHOWN = 20  # entries at a time


@dataclass(frozen=True)
class LineRow:
    """分录. One of the two amounts is empty."""

    account: str
    debit: str
    credit: str


@dataclass(frozen=True)
class EntryRow:
    id: str
    at: str
    kind: str
    subject: str
    lines: list[LineRow]


class LedgerState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    on: str = ""
    account: str = ""
    number: str = ""
    accounts: list[Option] = []
    #: What the shown day's state asks for: closed, open, or not over.
    day_word: str = ""
    day_tone: str = "still"
    balances: list[Line] = []
    entries: list[EntryRow] = []
    older: int = 0
    until: str = ""
    waiting: str = ""
    may_close: bool = False
    closed: list[Line] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SEE_FINANCE, HERE)
        self.reset()
        if came.away:
            return came.away
        lang = came.reader.lang
        self.who = administering.at_work(came.actor, lang)
        self.may_close = may(came.actor, Right.MANAGE_FINANCE)
        self.accounts = [Option(account, say(name, lang)) for account, name in names().items()]
        self.on = clinic_day(clock.now()).isoformat()
        await self._read(came.reader)
        self.loaded = True
        return None

    @handles(Right.SEE_FINANCE)
    async def choose(self, day: str):
        self.on = a_day(day).isoformat()
        await self._read(await reader_of(self))

    @handles(Right.SEE_FINANCE)
    async def search(self, form: dict):
        given = a_form(form)
        self.account = a_text(given.get("account") or "")[:40]
        self.number = a_text(given.get("number") or "").strip()[:32]
        await self._read_entries(await reader_of(self))

    @handles(Right.SEE_FINANCE)
    async def show_older(self):
        if self.older:
            await self._read_entries(await reader_of(self), below=self.older)

    @handles(Right.SEE_FINANCE)
    async def export(self):
        reader, wanted = await reader_of(self), self._wanted()
        content = await asyncio.to_thread(lambda: finance.ledger_sheet(reader.actor(), **wanted))
        return rx.download(data=content, filename=f"ledger-{self.number or self.on}.xlsx")

    @handles(Right.MANAGE_FINANCE)
    async def close(self):
        """Up to and with yesterday, as the button says."""
        reader, until = await reader_of(self), self.until
        if not until:
            return None
        closed = await asyncio.to_thread(lambda: books.close(reader.actor(), until=date.fromisoformat(until)))
        await self._read(reader)
        if not closed:
            return NoticeState.show("没有需要日结的日子。")
        return NoticeState.show("已日结 {count} 天，到 {day} 为止。", {"count": str(len(closed)), "day": until})

    def _wanted(self) -> dict:
        """With a number everything that moved for it, on whatever day."""
        if self.number:
            return {"account": self.account, "number": self.number}
        return {"on": a_day(self.on), "account": self.account}

    async def _read(self, reader: Reader) -> None:
        on = a_day(self.on)
        day, closing = await asyncio.to_thread(_read_day, reader, on)
        self._show_day(day, reader.lang)
        self.until = closing.until.isoformat() if closing.days else ""
        self.waiting = say("{count} 天待日结", reader.lang, count=closing.days) if closing.days else ""
        self.closed = [
            Line(
                [
                    wording.day(each.on, reader.lang),
                    f"{each.entries:,}",
                    wording.moment(each.closed_at),
                    each.by or say("自动", reader.lang),
                ]
            )
            for each in closing.closed
        ]
        await self._read_entries(reader)

    async def _read_entries(self, reader: Reader, *, below: int | None = None) -> None:
        wanted = self._wanted()
        page: EntryPage = await asyncio.to_thread(
            lambda: finance.entries(reader.actor(), below=below, limit=SHOWN, **wanted)
        )
        rows = [_row(entry, reader.lang) for entry in page.entries]
        self.entries = [*self.entries, *rows] if below else rows
        self.older = page.older or 0

    def _show_day(self, day: DayBook, lang: str) -> None:
        if day.closed_at is not None:
            self.day_word = say("已日结（{at}）", lang, at=wording.moment(day.closed_at))
            self.day_tone = "ok"
        else:
            self.day_word, self.day_tone = say("未日结", lang), "warn"
        self.balances = [
            Line(
                [
                    say(account_name(each.account), lang),
                    money(each.before_fen),
                    money(each.debit_fen),
                    money(each.credit_fen),
                    money(each.balance_fen),
                ]
            )
            for each in day.accounts
        ]


def _read_day(reader: Reader, on: date) -> tuple[DayBook, Closing]:
    actor = reader.actor()
    return finance.balances(actor, on=on), finance.closing(actor)


def _row(entry: EntryView, lang: str) -> EntryRow:
    return EntryRow(
        id=str(entry.id),
        at=wording.moment(entry.at),
        kind=say(event_name(entry.kind), lang),
        subject=entry.subject,
        lines=[
            LineRow(
                say(account_name(line.account), lang),
                money(line.amount_fen) if line.amount_fen > 0 else "",
                money(-line.amount_fen) if line.amount_fen < 0 else "",
            )
            for line in entry.lines
        ],
    )
