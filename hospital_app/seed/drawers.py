"""窗口班次: who had the cash of each day, counted and handed over by the services that clerks use."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.calendar import day_bounds, instant
from hospital_app.domain.identity import Actor, Role
from hospital_app.domain.payment import Channel, Leg
from hospital_app.models.identity import Staff
from hospital_app.models.payment import Payment, Refund
from hospital_app.seed.accounts import CLERK_NO, EVENING_CLERK_NO, HOSPITAL_ADMIN_NO
from hospital_app.seed.plan import Stage
from hospital_app.services import shift_views, shifts
from hospital_app.work import Work

_OPENS, _EVENING, _CLOSES = time(6, 30), time(14), time(23, 59)
#: One drawer in so many was not what it had to be.
_ONE_IN = 11
_NOTE = "找零时多给了患者 5 元，已向班长说明"


@dataclass(frozen=True)
class Crew:
    morning: Actor
    evening: Actor
    finance: Actor


def count_drawers(stage: Stage) -> None:
    """Two shifts a day; the last one waits to be received by the finance office, today's first one is open."""
    crew = stage.do(_crew)
    for ago in range(stage.plan.past_days + stage.rules.horizon_days, 0, -1):
        on = stage.today - timedelta(days=ago)
        begins, ends = day_bounds(on)
        turn = instant(on, _EVENING)
        _shift(stage, crew, crew.morning, on, begins, turn, received=True)
        _shift(stage, crew, crew.evening, on, turn, ends, received=ago > 1)
    begins, _ = day_bounds(stage.today)
    opened = min(instant(stage.today, _OPENS), stage.now - timedelta(minutes=5))
    shift = stage.do(shifts.begin, actor=crew.morning, at=max(opened, begins))
    stage.do(_put_into, shift_id=shift.id, begins=begins, ends=stage.now)


def _shift(
    stage: Stage, crew: Crew, clerk: Actor, on: date, begins: datetime, ends: datetime, *, received: bool
) -> None:
    opened = instant(on, _OPENS) if clerk is crew.morning else begins
    shift = stage.do(shifts.begin, actor=clerk, at=opened)
    stage.do(_put_into, shift_id=shift.id, begins=begins, ends=ends)
    closed = min(ends, instant(on, _CLOSES))
    expected = stage.do(shift_views.one, actor=clerk, shift_id=shift.id).expected_fen
    short = expected > 500 and stage.chance(f"drawer{on}{clerk.staff_id}").randrange(_ONE_IN) == 0
    stage.do(
        shifts.close,
        actor=clerk,
        at=closed,
        shift_id=shift.id,
        counted_fen=max(0, expected - (500 if short else 0)),
        handed_to=None,
        note=_NOTE if short or expected < 0 else "",
    )
    if received:
        stage.do(shifts.receive, actor=crew.finance, at=closed + timedelta(minutes=12), shift_id=shift.id)


def _put_into(work: Work, *, shift_id: int, begins: datetime, ends: datetime) -> None:
    """What the bulk of the books took and gave at the window in this time."""
    at_window = select(col(Payment.id)).where(col(Payment.channel) == Channel.ONSITE)
    work.change(
        update(Payment)
        .where(
            col(Payment.channel) == Channel.ONSITE,
            col(Payment.captured_at) >= begins,
            col(Payment.captured_at) < ends,
            col(Payment.shift_id).is_(None),
        )
        .values(shift_id=shift_id)
    )
    work.change(
        update(Refund)
        .where(
            col(Refund.payment_id).in_(at_window),
            col(Refund.leg) == Leg.CASH,
            col(Refund.done_at) >= begins,
            col(Refund.done_at) < ends,
            col(Refund.shift_id).is_(None),
        )
        .values(shift_id=shift_id)
    )


def _crew(work: Work) -> Crew:
    found = {member.staff_no: member for member in work.session.scalars(select(Staff)) if member.doctor_id is None}

    def at_work(staff_no: str, role: Role) -> Actor:
        return Actor(role, staff_id=found[staff_no].id)

    return Crew(
        at_work(CLERK_NO, Role.CLERK),
        at_work(EVENING_CLERK_NO, Role.CLERK),
        at_work(HOSPITAL_ADMIN_NO, Role.HOSPITAL_ADMIN),
    )
