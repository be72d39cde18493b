"""近两周走势: visits and money, day by day."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain.appointment import Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.models.booking import Appointment
from hospital_app.services import takings
from hospital_app.services.statistics import KEPT, scope_of
from hospital_app.services.tallies import within
from hospital_app.work import Work

TREND_DAYS = 14


@dataclass(frozen=True, slots=True)
class TrendDay:
    """One clinic day: visits by what became of them, and the money that moved on that calendar day."""

    on: date
    booked: int
    fulfilled: int
    noshow: int
    revenue_fen: int
    refund_fen: int


def trend(work: Work) -> list[TrendDay]:
    """The last two weeks up to today, one entry a day."""
    scope = scope_of(work)
    today = clinic_day(work.now)
    days = [today - timedelta(days=n) for n in reversed(range(TREND_DAYS))]
    query = select(col(Appointment.on), col(Appointment.status), func.count()).where(
        col(Appointment.on).in_(days), *within(col(Appointment.department_code), scope)
    )
    counts: dict[tuple[date, str], int] = {
        (on, status): n
        for on, status, n in work.session.execute(query.group_by(col(Appointment.on), col(Appointment.status)))
    }
    money = takings.by_day(work, since=days[0], until=days[-1], scope=scope)
    return [
        TrendDay(
            on=day,
            booked=sum(counts.get((day, status.value), 0) for status in KEPT),
            fulfilled=counts.get((day, Status.FULFILLED.value), 0),
            noshow=counts.get((day, Status.NOSHOW.value), 0),
            revenue_fen=money.get(day, (0, 0))[0],
            refund_fen=money.get(day, (0, 0))[1],
        )
        for day in days
    ]
