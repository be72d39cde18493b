"""转诊记录: of a department in both directions, or of the whole hospital; what became of each."""

import asyncio
from dataclasses import dataclass, fields
from datetime import date, timedelta

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.domain.referral import Outcome, Way
from hospital_app.flows import referrals, staffing
from hospital_app.services.referral_records import Page, ReferralRecord, Wanted
from state import administering, wording
from state.access import handles
from state.administering import Option
from state.given import a_form, a_text
from state.sent_rows import SentRow, sent_row
from state.session import Reader, reader_of

HERE = "/admin/referrals"
#: What is shown before anybody says from when on.
DAYS = 90
WAYS = {Way.SENT: "转出", Way.RECEIVED: "转入"}
OUTCOMES = {
    Outcome.WAITING: "待付款",
    Outcome.TAKEN: "已取号待就诊",
    Outcome.USED: "已就诊",
    Outcome.MISSED: "爽约",
    Outcome.EXPIRED: "超时已释放",
    Outcome.GIVEN_BACK: "已退或停诊",
}


@dataclass(frozen=True)
class Filters:
    """What the form says; empty: everything."""

    department: str = ""
    way: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""


@dataclass(frozen=True)
class RecordRow:
    sender: str
    sent: SentRow


class ReferralRecordsState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    departments: list[Option] = []
    first_day: str = ""
    #: How many of each outcome.
    counts: str = ""
    rows: list[RecordRow] = []
    older: int = 0
    _filters: Filters = Filters()

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SEE_REFERRALS, HERE)
        self.reset()
        if came.away:
            return came.away
        lang, actor = came.reader.lang, came.actor
        self.who, self.whole = administering.at_work(actor, lang), administering.whole(actor)
        if self.whole:
            self.departments = administering.departments(await asyncio.to_thread(staffing.departments, actor), lang)
        self.first_day = (clinic_day(clock.now()) - timedelta(days=DAYS)).isoformat()
        self._filters = Filters(since=self.first_day)
        await self._read(came.reader)
        self.loaded = True
        return None

    @handles(Right.SEE_REFERRALS)
    async def search(self, form: dict):
        reader, given = await reader_of(self), a_form(form)
        self._filters = Filters(**{each.name: a_text(given.get(each.name, "")) for each in fields(Filters)})
        await self._read(reader)

    @handles(Right.SEE_REFERRALS)
    async def show_older(self):
        reader = await reader_of(self)
        if self.older:
            page = await asyncio.to_thread(_page, reader, self._filters, self.older)
            self._show(page, reader.lang, more=True)

    async def _read(self, reader: Reader) -> None:
        page = await asyncio.to_thread(_page, reader, self._filters, None)
        self.counts = _counts(page, reader.lang)
        self._show(page, reader.lang, more=False)

    def _show(self, page: Page, lang: str, *, more: bool) -> None:
        rows = [_row(each, lang) for each in page.records]
        self.rows = [*self.rows, *rows] if more else rows
        self.older = page.older or 0


def _row(record: ReferralRecord, lang: str) -> RecordRow:
    who = wording.doctor(record.from_doctor, record.from_title, lang)
    return RecordRow(f"{say(record.from_department, lang)} · {who}", sent_row(record.sent, lang))


def _counts(page: Page, lang: str) -> str:
    parts = [f"{say(OUTCOMES[outcome], lang)} {count:,}" for outcome, count in page.counts.items() if count]
    return " · ".join([say("共 {count} 人", lang, count=f"{sum(page.counts.values()):,}"), *parts])


def _page(reader: Reader, filters: Filters, below: int | None) -> Page:
    """What no choice of the form says is nothing chosen."""
    wanted = Wanted(
        department_code=filters.department,
        way=Way(filters.way) if filters.way in WAYS else None,
        outcome=Outcome(filters.outcome) if filters.outcome in OUTCOMES else None,
        since=day_bounds(on)[0] if (on := _day(filters.since)) else None,
        until=day_bounds(on)[1] if (on := _day(filters.until)) else None,
    )
    return referrals.records(reader.actor(), wanted=wanted, below=below)


def _day(text: str) -> date | None:
    """Days that no calendar of ours has are none."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None
