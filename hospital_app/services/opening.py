"""Which clinics and half hours can be booked now, for many wishes at once."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, tuple_
from sqlmodel import col

from hospital_app.domain import taking
from hospital_app.domain.calendar import PERIOD_MINUTES, clinic_day
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.policy import check_bookable
from hospital_app.domain.visits import Visit
from hospital_app.models.booking import Schedule, Slot
from hospital_app.work import Work

Period = tuple[int, datetime]  # schedule, start
_SPAN = timedelta(minutes=PERIOD_MINUTES)


class Clinic(NamedTuple):
    """What an appointment takes from its schedule."""

    id: int
    provider: str
    on: date
    session: str
    department_code: str
    doctor_id: int | None
    fee_fen: int
    suspended: bool
    starts_at: datetime
    released_at: datetime

    @property
    def visit(self) -> Visit:
        return Visit(self.department_code, self.on, self.session)


_CLINICS = select(*(col(getattr(Schedule, name)) for name in Clinic._fields)).where(
    col(Schedule.id).in_(bindparam("ids", expanding=True, literal_execute=True))
)
_STILL = select(
    col(Schedule.id), col(Schedule.provider), col(Schedule.department_code), col(Schedule.fee_fen),
    col(Schedule.suspended),
).where(col(Schedule.id).in_(bindparam("ids", expanding=True, literal_execute=True)))  # fmt: skip
_ENDS = (
    select(col(Slot.schedule_id), col(Slot.starts_at), func.min(col(Slot.ends_at)))
    .where(tuple_(col(Slot.schedule_id), col(Slot.starts_at)).in_(bindparam("periods", expanding=True)))
    .group_by(col(Slot.schedule_id), col(Slot.starts_at))
)


def clinics(work: Work, ids: Collection[int]) -> dict[int, Clinic]:
    return {row.id: Clinic._make(row) for row in work.columns(_CLINICS, {"ids": list(ids)})}


def unchanged(work: Work, known: Collection[Clinic]) -> bool:
    """Whether these are still open, with the same doctor and fee."""
    told = {(clinic.id, clinic.provider, clinic.department_code, clinic.fee_fen, clinic.suspended) for clinic in known}
    found = work.columns(_STILL, {"ids": [clinic.id for clinic in known]})
    return told == {tuple(row) for row in found}


def check(work: Work, known: Mapping[int, Clinic], periods: Collection[Period]) -> dict[Period, Refusal]:
    """Those of these periods that nobody can book now, and why. That they exist is seen when a number is picked."""
    refused: dict[Period, Refusal] = {}
    doubtful = [period for period in periods if _doubtful(work, known.get(period[0]), period[1])]
    ends = _ends(work, doubtful)
    for period in periods:
        clinic = known.get(period[0])
        if clinic is None or (period in doubtful and period not in ends):
            refused[period] = not_found("这个时段")
        elif clinic.suspended:
            refused[period] = taking.suspended()
        else:
            try:
                check_bookable(
                    work.rules,
                    now=work.now,
                    released_at=clinic.released_at,
                    starts_at=period[1],
                    ends_at=ends.get(period, period[1] + _SPAN),
                )
            except Refusal as refusal:
                refused[period] = refusal
    return refused


def existing(work: Work, periods: Collection[Period]) -> set[Period]:
    return set(_ends(work, periods))


def _doubtful(work: Work, clinic: Clinic | None, starts_at: datetime) -> bool:
    """Whether its numbers must be looked at: a half hour of another day has not ended, if it is one at all."""
    if clinic is None:
        return False
    return clinic.on <= clinic_day(work.now) or bool((starts_at - clinic.starts_at) % _SPAN)


def _ends(work: Work, periods: Collection[Period]) -> dict[Period, datetime]:
    if not periods:
        return {}
    found = work.columns(_ENDS, {"periods": list(periods)})
    return {(schedule_id, starts_at): ends_at for schedule_id, starts_at, ends_at in found}
