"""财务统计: what came in, went back and was earned; every figure from the ledger."""

import asyncio
from dataclasses import dataclass
from datetime import date, timedelta

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.ledger import account_name
from hospital_app.flows import finance
from hospital_app.services.finance import By, Figures, Named, Takings
from state import administering, charts, wording
from state.access import handles
from state.administering import Option
from state.charts import Bar, Share, Tick
from state.figures import Line, yuan
from state.given import a_form, a_text
from state.session import Reader, reader_of

HERE = "/admin/finance"
#: What is shown of each kind of period when nobody says from when to when.
SPANS = {By.DAY: timedelta(days=13), By.WEEK: timedelta(weeks=11), By.MONTH: timedelta(days=334)}
DEPARTMENTS_SHOWN = 8
#: More columns than these cannot be told apart on a phone.
COLUMNS = 31


@dataclass(frozen=True)
class Asked:
    """What to add up; an empty department stands for all."""

    by: By
    since: date
    until: date
    department: str


class FinanceState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    by: str = By.DAY.value
    since: str = ""
    until: str = ""
    department: str = ""
    choices: list[Option] = []
    captured: str = ""
    captured_note: str = ""
    refunded: str = ""
    refunded_note: str = ""
    net: str = ""
    earned: str = ""
    fees: str = ""
    bars: list[Bar] = []
    ticks: list[Tick] = []
    periods: list[Line] = []
    channels: list[Share] = []
    channel_table: list[Line] = []
    legs: list[Share] = []
    leg_table: list[Line] = []
    incomes: list[Share] = []
    income_table: list[Line] = []
    departments: list[Share] = []
    department_table: list[Line] = []
    _wanted: Asked | None = None

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SEE_FINANCE, HERE)
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self._wanted = _asked({})
        return FinanceState.draw

    @handles(Right.SEE_FINANCE)
    async def choose(self, form: dict):
        self._wanted = _asked(a_form(form))
        return FinanceState.draw

    @handles(Right.SEE_FINANCE)
    async def span(self, by: str):
        """The last days, weeks or months, up to today."""
        self._wanted = _asked({"by": by, "department": self.department})
        return FinanceState.draw

    @handles(Right.SEE_FINANCE, background=True)
    async def draw(self):
        """A year of a large hospital takes a while: read beside the screen, which shows what was asked for last."""
        async with self:
            reader, asked = await reader_of(self), self._wanted
        if asked is None:
            return
        found = await asyncio.to_thread(_report, reader, asked)
        async with self:
            if asked == self._wanted:
                self._show(found, asked, reader.lang)
                self.loaded = True

    @handles(Right.SEE_FINANCE)
    async def export(self):
        reader, asked = await reader_of(self), _asked(self._filters())
        content = await asyncio.to_thread(_export, reader, asked)
        return rx.download(data=content, filename=f"takings-{asked.since}-{asked.until}.xlsx")

    def _filters(self) -> dict[str, str]:
        return {"by": self.by, "since": self.since, "until": self.until, "department": self.department}

    def _show(self, found: Takings, asked: Asked, lang: str) -> None:
        self.by, self.department = asked.by.value, asked.department
        self.since, self.until = asked.since.isoformat(), asked.until.isoformat()
        if not self.choices or not asked.department:
            self.choices = [Option(each.key, say(each.name, lang)) for each in found.departments]
        self._show_whole(found, lang)
        self._show_periods(found, asked.by, lang)
        channels = [each for each in found.accounts if each.key.startswith("channel:")]
        self.channels, self.channel_table = _taken(channels, lang), _table(channels, lang)
        legs = [_cash(channels), *(each for each in found.accounts if each.key.startswith("insurance:"))]
        self.legs, self.leg_table = _taken(legs, lang), _table(legs, lang)
        incomes = sorted(found.incomes, key=lambda each: -each.figures.earned_fen)
        self.incomes = _shares([(_name(each, lang), each.figures.earned_fen) for each in incomes])
        self.income_table = [Line([_name(each, lang), money(each.figures.earned_fen)]) for each in incomes]
        self.departments = _taken(found.departments[:DEPARTMENTS_SHOWN], lang)
        self.department_table = _table(found.departments, lang)

    def _show_whole(self, found: Takings, lang: str) -> None:
        whole = found.whole
        self.captured, self.refunded = money(whole.captured_fen), money(whole.refunded_fen)
        self.captured_note = say("{count} 笔", lang, count=f"{whole.captured_number:,}")
        self.refunded_note = say("{count} 笔", lang, count=f"{whole.refunded_number:,}")
        self.net, self.earned = money(whole.captured_fen - whole.refunded_fen), money(whole.earned_fen)
        self.fees = money(whole.fee_fen)

    def _show_periods(self, found: Takings, by: By, lang: str) -> None:
        shown = found.periods[-COLUMNS:]
        top = charts.top_of([each.figures.captured_fen / 100 for each in shown])
        self.ticks = charts.ticks(top)
        self.bars = [
            Bar(
                _label(each.key, by),
                yuan(each.figures.captured_fen),
                charts.percent(each.figures.captured_fen / 100, top),
                each is shown[-1],
            )
            for each in shown
        ]
        self.periods = [_line(_period(each.key, by, lang), each) for each in reversed(found.periods)]


def money(fen: int) -> str:
    """To the fen, with separators: an accountant compares it."""
    return f"{'-' if fen < 0 else ''}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def _asked(form: dict[str, object]) -> Asked:
    by = By(a_text(form.get("by", ""))) if form.get("by") in [each.value for each in By] else By.DAY
    today = clinic_day(clock.now())
    until = _day(form.get("until")) or today
    since = _day(form.get("since")) or until - SPANS[by]
    if not form.get("since") and by is By.MONTH:
        since = since.replace(day=1)
    return Asked(by, since, until, a_text(form.get("department") or "")[:12])


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _report(reader: Reader, asked: Asked) -> Takings:
    return finance.takings(reader.actor(), **_arguments(asked))


def _export(reader: Reader, asked: Asked) -> bytes:
    return finance.takings_sheet(reader.actor(), **_arguments(asked))


def _arguments(asked: Asked) -> dict:
    return {"since": asked.since, "until": asked.until, "by": asked.by, "department": asked.department or None}


def _label(key: str, by: By) -> str:
    on = date.fromisoformat(key)
    return f"{on.month}" if by is By.MONTH else f"{on.day}" if by is By.DAY else f"{on.month}/{on.day}"


def _period(key: str, by: By, lang: str) -> str:
    on = date.fromisoformat(key)
    if by is By.MONTH:
        return f"{on:%Y-%m}"
    return wording.day(on, lang) if by is By.DAY else say("{day} 起的一周", lang, day=wording.day(on, lang))


def _name(each: Named, lang: str) -> str:
    return say(each.name or account_name(each.key), lang)


def _cash(channels: list[Named]) -> Named:
    """自付：all channels together."""
    names = Figures.__dataclass_fields__
    return Named("cash", Figures(**{n: sum(getattr(c.figures, n) for c in channels) for n in names}), "自付")


def _taken(rows: list[Named], lang: str) -> list[Share]:
    return _shares([(_name(each, lang), each.figures.captured_fen) for each in rows if each.figures.captured_fen])


def _shares(rows: list[tuple[str, int]]) -> list[Share]:
    most = max((fen for _, fen in rows), default=0)
    return [Share(name, money(fen), charts.percent(max(fen, 0), most), "brand") for name, fen in rows]


def _table(rows: list[Named], lang: str) -> list[Line]:
    return [_line(_name(each, lang), each) for each in rows]


def _line(name: str, each: Named) -> Line:
    of = each.figures
    sums = (of.captured_fen, of.refunded_fen, of.earned_fen, of.fee_fen)
    return Line([name, f"{of.captured_number:,}", *map(money, sums)])
