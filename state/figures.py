"""The dashboard's figures in the reader's words, ready to be drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from hospital_app.catalogue import say
from hospital_app.domain.calendar import local
from hospital_app.services.backlog import Backlog
from hospital_app.services.his_comparing import Report
from hospital_app.services.statistics import Dashboard
from hospital_app.services.trends import TrendDay
from state import charts, wording
from state.charts import Bar, Share

#: So many of the busiest departments, and as many of the emptiest.
DEPARTMENTS_SHOWN = 4
QUEUES_SHOWN = 8
RATE_DAYS = 7
#: A line whose median wait is longer than this wants somebody's attention.
LONG_WAIT_MINUTES = 45
#: Owed to the outside world for longer than this: the workers are behind.
LATE_SECONDS = 60

#: 任务的中文名。
KINDS = {
    "his.sync": "HIS 同步",
    "slip.make": "电子挂号单",
    "refund.execute": "退款",
    "payment.query": "支付查询",
    "payment.close": "支付关闭",
    "hold.expire": "锁号到期",
    "reconcile.day": "对账",
    "invoice.follow": "电子票据",
    "sms.send": "短信",
}


@dataclass(frozen=True)
class Line:
    """One row of a table."""

    cells: list[str]


@dataclass(frozen=True)
class Fact:
    """A name, its value, and the tone of its state."""

    name: str
    value: str
    tone: str


def yuan(fen: int) -> str:
    """Whole yuan: on a dashboard nobody reads fen."""
    return f"¥{round(fen / 100):,}"


def shares(today: Dashboard, lang: str) -> list[Share]:
    """What has become of today's numbers: the pieces of one whole."""
    pieces = (
        ("空闲", today.free, "free"),
        ("锁定", today.held, "held"),
        ("已预约", today.booked, "booked"),
        ("已签到", today.checked_in, "arrived"),
        ("已就诊", today.fulfilled, "done"),
        ("爽约", today.noshow, "missed"),
        ("停诊", today.blocked, "blocked"),
    )
    whole = sum(number for _, number, _ in pieces)
    return [Share(say(name, lang), f"{number:,}", charts.percent(number, whole), tone) for name, number, tone in pieces]


def departments(today: Dashboard, lang: str) -> tuple[list[Share], list[Share], list[Line]]:
    """Utilisation: the busiest and the emptiest as bars, all of them as a table."""
    bars = [
        Share(say(d.name, lang), f"{d.percent:.0f}%", f"{min(d.percent, 100):.1f}%", "brand") for d in today.departments
    ]
    emptiest = bars[max(DEPARTMENTS_SHOWN, len(bars) - DEPARTMENTS_SHOWN) :]
    table = [
        Line([say(d.name, lang), f"{d.capacity}", f"{d.used}", f"{d.held}", f"{d.free}", f"{d.percent:.1f}%"])
        for d in today.departments
    ]
    return bars[:DEPARTMENTS_SHOWN], emptiest, table


def queues(today: Dashboard, lang: str) -> tuple[list[Share], list[Line]]:
    """Waiting lines, the longest first."""
    longest = max((q.waiting for q in today.queues), default=0)
    bars = [
        Share(
            say(q.department, lang),
            say("{count} 人 · {minutes} 分", lang, count=q.waiting, minutes=q.median_minutes),
            charts.percent(q.waiting, longest),
            "warn" if q.median_minutes >= LONG_WAIT_MINUTES else "brand",
        )
        for q in today.queues[:QUEUES_SHOWN]
    ]
    table = [
        Line(
            [
                say(q.department, lang),
                say(q.area, lang),
                f"{q.waiting}",
                f"{q.in_room}",
                f"{q.median_minutes}",
                f"{q.longest_minutes}",
            ]
        )
        for q in today.queues
    ]
    return bars, table


def noshow_rate(days: Sequence[TrendDay]) -> str:
    """Of the seven days before today, which is not over."""
    past = days[-RATE_DAYS - 1 : -1]
    seen, missed = sum(day.fulfilled for day in past), sum(day.noshow for day in past)
    return f"{100 * missed / (seen + missed):.1f}%" if seen + missed else "—"


def visits(days: Sequence[TrendDay], top: int) -> list[Bar]:
    return [Bar(f"{d.on.day}", f"{d.booked:,}", charts.percent(d.booked, top), d is days[-1]) for d in days]


def takings(days: Sequence[TrendDay], top: int) -> list[Bar]:
    """`top` in yuan."""
    return [
        Bar(f"{d.on.day}", yuan(d.revenue_fen), charts.percent(d.revenue_fen / 100, top), d is days[-1]) for d in days
    ]


def day_table(days: Sequence[TrendDay], lang: str) -> list[Line]:
    return [
        Line(
            [
                wording.day(d.on, lang),
                f"{d.booked:,}",
                f"{d.fulfilled:,}",
                f"{d.noshow:,}",
                yuan(d.revenue_fen),
                yuan(d.refund_fen),
            ]
        )
        for d in reversed(days)
    ]


def facts(owed: Backlog, lang: str) -> list[Fact]:
    """How the workers keep up."""
    his = sum(kind.due for kind in owed.kinds if kind.kind == "his.sync")
    late = "warn" if owed.oldest_seconds > LATE_SECONDS else "ok"
    slow = "warn" if owed.lag_median_seconds > LATE_SECONDS else "ok"
    backlog = say("{count} 条 / {seconds} 秒", lang, count=owed.due, seconds=owed.oldest_seconds)
    lag = say("{median} / {worst} 秒", lang, median=owed.lag_median_seconds, worst=owed.lag_worst_seconds)
    compared = _compared(owed.his, lang) if owed.his else []
    return [
        Fact(say("任务积压 / 最久", lang), backlog, late),
        Fact(say("HIS 同步在途", lang), say("{count} 条", lang, count=his), late),
        Fact(say("任务延迟 中位 / 最大", lang), lag, slow),
        Fact(say("失败待处理", lang), say("{count} 条", lang, count=owed.failed), "loss" if owed.failed else "ok"),
        *compared,
    ]


def _compared(found: Report, lang: str) -> list[Fact]:
    rows = f"{sum(found.counts.values()):,}"
    told = say(
        "{rows} 行 / 差异 {count} / 已补发 {repaired}",
        lang,
        rows=rows,
        count=f"{found.differences:,}",
        repaired=f"{found.repaired:,}",
    )
    name = say("与 HIS 核对（{on}）", lang, on=f"{local(found.started_at):%m-%d %H:%M}")
    unlike = found.differences - found.repaired
    facts = [Fact(name, told, "loss" if unlike else "warn" if found.last_error else "ok")]
    if found.only_there:
        facts.append(Fact(say("HIS 有，本院没有", lang), say("{count} 条", lang, count=found.only_there), "loss"))
    return facts


def failures(owed: Backlog, lang: str) -> list[Line]:
    """What was given up and waits for a person, and what the HIS still holds otherwise."""
    given_up = [Line([say(KINDS.get(r.kind, r.kind), lang), f"{r.attempts}", r.last_error]) for r in owed.failures]
    if owed.his is None:
        return given_up
    unlike = [(name, parts) for name, parts, equal in owed.his.examples if not equal]
    listed = (("与 HIS 不一致", unlike), ("HIS 有，本院没有", owed.his.strangers))
    return given_up + [Line([say(what, lang), "", f"{name}: {said}"]) for what, each in listed for name, said in each]
