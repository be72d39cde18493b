"""运行总览."""

import asyncio
from functools import partial
from time import monotonic

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, may
from hospital_app.domain.calendar import local
from hospital_app.domain.identity import Role
from hospital_app.flows import holidays, reconciliations, statistics
from hospital_app.services.backlog import Backlog
from hospital_app.services.holidays import UnlistedYear
from hospital_app.services.statistics import Dashboard
from hospital_app.services.trends import TrendDay
from state import charts, figures
from state.access import handles
from state.charts import Bar, Share, Tick
from state.figures import Fact, Line
from state.holidays import calendar_gap
from state.live import hub
from state.session import Reader, reader_of
from state.staff_signin import turned_away
from state.steady import attempt

#: A rush of bookings redraws the figures this often at most.
REDRAW_SECONDS = 2.0
#: Yesterday does not change: the two weeks are read once a minute.
TREND_SECONDS = 60.0

Seen = tuple[Dashboard, Backlog | None, int, UnlistedYear | None]


class DashboardState(rx.State):
    """Today, live, and the two weeks before; texts and percentages only, ready to be drawn."""

    loaded: bool = False
    who: str = ""
    #: Whether the reader is the whole hospital's administrator.
    whole: bool = False
    scope: str = ""
    as_of: str = ""
    registered: str = ""
    registered_note: str = ""
    used: str = ""
    used_note: str = ""
    waiting: str = ""
    waiting_note: str = ""
    revenue: str = ""
    refund_note: str = ""
    noshow_rate: str = ""
    shares: list[Share] = []
    hours: list[Bar] = []
    hour_ticks: list[Tick] = []
    arrived_line: str = ""
    arrived_area: str = ""
    hour_table: list[Line] = []
    busiest: list[Share] = []
    emptiest: list[Share] = []
    department_table: list[Line] = []
    queues: list[Share] = []
    queue_table: list[Line] = []
    days: list[Bar] = []
    day_ticks: list[Tick] = []
    takings: list[Bar] = []
    takings_ticks: list[Tick] = []
    day_table: list[Line] = []
    facts: list[Fact] = []
    failures: list[Line] = []
    #: Differences with a channel's bill that wait for a person, told in words; empty if none does.
    differences: str = ""
    #: The year whose national calendar nobody has entered; empty: none.
    calendar_gap: str = ""
    calendar_tone: str = "warn"

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        lang, actor = reader.lang, await asyncio.to_thread(reader.actor)
        if away := turned_away(actor, Right.SEE_FIGURES, "/admin"):
            self.reset()
            return away
        read = await asyncio.to_thread(_read, reader)
        self.whole = actor.role is Role.HOSPITAL_ADMIN
        title = "医院管理员" if self.whole else "科室管理员"
        self.who = " · ".join(part for part in (say(title, lang), actor.name) if part)
        self._show(read, lang)
        self._show_trend(await asyncio.to_thread(_read_trend, reader), lang)
        self.loaded = True
        return DashboardState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader = await reader_of(self)
        trend_at = monotonic()
        async for _ in hub.changes("today"):
            read = await attempt(partial(_read, reader))
            days = None
            if monotonic() - trend_at >= TREND_SECONDS:
                days, trend_at = await attempt(partial(_read_trend, reader)), monotonic()
            async with self:
                if read is not None:
                    self._show(read, reader.lang)
                if days is not None:
                    self._show_trend(days, reader.lang)
            await asyncio.sleep(REDRAW_SECONDS)

    def _show(self, read: Seen, lang: str) -> None:
        today, owed, differing, unlisted = read
        self.calendar_gap, self.calendar_tone = calendar_gap(unlisted, lang)
        self.scope = say(today.scope, lang)
        self.as_of = f"{local(today.as_of):%H:%M:%S}"
        self.registered = f"{today.taken:,}"
        seen, gone = f"{today.fulfilled:,}", f"{today.cancelled:,}"
        self.registered_note = say("已看 {done} · 取消 {gone}", lang, done=seen, gone=gone)
        self.used = f"{today.used_percent:.1f}%"
        self.used_note = say("号源 {capacity}", lang, capacity=f"{today.capacity - today.blocked:,}")
        self.waiting = f"{today.waiting:,}"
        self.waiting_note = say(
            "中位等待 {minutes} 分 · 诊中 {rooms}", lang, minutes=today.median_wait_minutes, rooms=today.in_room
        )
        self.revenue = figures.yuan(today.revenue_fen)
        returned = figures.yuan(today.refund_fen)
        self.refund_note = say("{count} 笔 · 退 {money}", lang, count=f"{today.payments:,}", money=returned)
        self.shares = figures.shares(today, lang)
        self._show_hours(today)
        self.busiest, self.emptiest, self.department_table = figures.departments(today, lang)
        self.queues, self.queue_table = figures.queues(today, lang)
        self.facts = figures.facts(owed, lang) if owed else []
        self.failures = figures.failures(owed, lang) if owed else []
        self.differences = say("有 {count} 条对账差异待处理。", lang, count=differing) if differing else ""

    def _show_hours(self, today: Dashboard) -> None:
        arrived = [hour.arrived for hour in today.hours if hour.hour <= local(today.as_of).hour]
        top = charts.top_of([*(hour.booked for hour in today.hours), *arrived])
        self.hour_ticks = charts.ticks(top)
        self.hours = [Bar(f"{h.hour}", f"{h.booked}", charts.percent(h.booked, top), False) for h in today.hours]
        # Columns of the line are those of the bars, so hours to come stand as gaps at its end.
        share = len(arrived) / len(today.hours) if today.hours else 0
        self.arrived_line = charts.line(arrived, top, width=100 * share)
        self.arrived_area = charts.area(arrived, top, width=100 * share)
        self.hour_table = [Line([f"{h.hour}:00", f"{h.booked}", f"{h.arrived}"]) for h in today.hours]

    def _show_trend(self, days: list[TrendDay], lang: str) -> None:
        self.noshow_rate = figures.noshow_rate(days)
        top = charts.top_of([day.booked for day in days])
        self.day_ticks, self.days = charts.ticks(top), figures.visits(days, top)
        top = charts.top_of([day.revenue_fen / 100 for day in days])
        self.takings_ticks, self.takings = charts.ticks(top), figures.takings(days, top)
        self.day_table = figures.day_table(days, lang)


def _read(reader: Reader) -> Seen:
    """Today's figures, and for the hospital's admin what the house owes, which bills do not agree, and a calendar
    that nobody has entered.
    """
    actor = reader.actor()
    today = statistics.dashboard(actor)
    differing = reconciliations.open_differences(actor) if may(actor, Right.SEE_FINANCE) else 0
    owed = statistics.backlog(actor) if may(actor, Right.SEE_BACKLOG) else None
    return today, owed, differing, holidays.unlisted(actor) if may(actor, Right.SET_RULES) else None


def _read_trend(reader: Reader) -> list[TrendDay]:
    return statistics.trend(reader.actor())
