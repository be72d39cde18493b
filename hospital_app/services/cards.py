"""医生卡片：doctors and pooled clinics as search results show them, with their next free time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import not_found
from hospital_app.domain.schedule import Provider, read_provider
from hospital_app.models.booking import Schedule, ScheduleTemplate, Slot
from hospital_app.models.hospital import Area, Department, Doctor
from hospital_app.services import grid
from hospital_app.services.slots import takeable
from hospital_app.work import Work

POOL_NAME = "普通门诊"
POOL_TITLE = "普通号"


@dataclass(frozen=True, slots=True)
class Card:
    """医生 (`kind` doctor) or 普通门诊 (`kind` pool, id None). `provider` is what calendars and holds ask for.

    `rating` in stars with one decimal, None without reviews; `fee_fen` is the lowest of the coming days, None without
    a clinic; `next_left` counts the whole day of `next_free_at`.
    """

    provider: str
    kind: str
    id: int | None
    name: str
    title: str
    gender: str
    department: str
    department_code: str
    specialty: str
    introduction: str
    photo: str  # Photo.sha256, or empty
    rating: float | None
    rating_count: int
    fee_fen: int | None
    next_free_at: datetime | None
    next_left: int
    location: str
    opening: str
    area_code: str
    area_name: str
    room: str


@dataclass(frozen=True, slots=True)
class _Supply:
    fee_fen: int | None = None
    next_free_at: datetime | None = None
    next_left: int = 0


def of_departments(work: Work, *, codes: Sequence[str] | None) -> list[Card]:
    """Everybody of these departments, in the order of the codes, then the soonest free; of all departments if None."""
    if codes is None:
        found = _doctors(work, true()) + _pools(work, true())
    else:
        found = _doctors(work, col(Doctor.department_code).in_(codes))
        found += _pools(work, col(ScheduleTemplate.department_code).in_(codes))
    place = {code: index for index, code in enumerate(codes or ())}
    return sorted(found, key=lambda card: (place.get(card.department_code, 0), *_soonest(card)))


def matching(work: Work, *, condition: ColumnElement[bool]) -> list[Card]:
    """Doctors that a condition on Doctor selects, the soonest free first."""
    return sorted(_doctors(work, condition), key=_soonest)


def one(work: Work, *, provider: str) -> Card:
    """The card of a provider; raises Refusal `not_found`."""
    wanted = read_provider(provider)
    if wanted.doctor_id is not None:
        found = _doctors(work, col(Doctor.id) == wanted.doctor_id)
    else:
        found = _pools(
            work,
            (col(ScheduleTemplate.department_code) == wanted.department_code)
            & (col(ScheduleTemplate.room) == wanted.room),
        )
    if not found:
        raise not_found("这位医生")
    return found[0]


def _soonest(card: Card) -> tuple[bool, float, str]:
    at = card.next_free_at
    return at is None, at.timestamp() if at else 0.0, card.provider


def _doctors(work: Work, condition: ColumnElement[bool]) -> list[Card]:
    rows = work.session.execute(
        select(
            Doctor,
            col(Department.name),
            col(Department.location),
            col(Department.opening),
            col(Area.code),
            col(Area.name),
        )
        .join(Department, col(Department.code) == Doctor.department_code)
        .join(Area, col(Area.code) == Department.area_code)
        .where(condition, col(Doctor.active), col(Department.open))
    ).all()
    supply = _supply(work, [Provider(row[0].id).key for row in rows])
    return [_doctor_card(row, supply) for row in rows]


def _doctor_card(row: Any, supply: dict[str, _Supply]) -> Card:
    doctor, department, location, opening, area_code, area_name = row
    key = Provider(doctor.id).key
    has = supply.get(key, _Supply())
    return Card(
        provider=key,
        kind="doctor",
        id=doctor.id,
        name=doctor.name,
        title=doctor.title,
        gender=doctor.gender,
        department=department,
        department_code=doctor.department_code,
        specialty=doctor.specialty,
        introduction=doctor.introduction,
        photo=doctor.photo or "",
        rating=_stars(doctor.rating_sum, doctor.rating_count),
        rating_count=doctor.rating_count,
        fee_fen=has.fee_fen,
        next_free_at=has.next_free_at,
        next_left=has.next_left,
        location=location,
        opening=opening,
        area_code=area_code,
        area_name=area_name,
        room="",
    )


def _stars(tenths_sum: int, count: int) -> float | None:
    return round(tenths_sum / count / 10, 1) if count else None


def _pools(work: Work, condition: ColumnElement[bool]) -> list[Card]:
    rows = work.session.execute(
        select(
            col(Department.code),
            col(ScheduleTemplate.room),
            col(Department.name),
            col(Department.scope),
            col(Department.location),
            col(Department.opening),
            col(Area.code),
            col(Area.name),
        )
        .join(Department, col(Department.code) == ScheduleTemplate.department_code)
        .join(Area, col(Area.code) == Department.area_code)
        .where(
            condition,
            col(ScheduleTemplate.doctor_id).is_(None),
            col(ScheduleTemplate.active),
            col(Department.open),
        )
        .distinct()
    ).all()
    supply = _supply(work, [Provider(None, row[0], row[1]).key for row in rows])
    return [_pool_card(row, supply) for row in rows]


def _pool_card(row: Any, supply: dict[str, _Supply]) -> Card:
    code, room, department, scope, location, opening, area_code, area_name = row
    key = Provider(None, code, room).key
    has = supply.get(key, _Supply())
    return Card(
        provider=key,
        kind="pool",
        id=None,
        name=POOL_NAME,
        title=POOL_TITLE,
        gender="unknown",
        department=department,
        department_code=code,
        specialty=scope,
        introduction="",
        photo="",
        rating=None,
        rating_count=0,
        fee_fen=has.fee_fen,
        next_free_at=has.next_free_at,
        next_left=has.next_left,
        location=location,
        opening=opening,
        area_code=area_code,
        area_name=area_name,
        room=room,
    )


def _supply(work: Work, providers: list[str]) -> dict[str, _Supply]:
    """Fee and next free time of each provider within the days that the grid shows."""
    today = clinic_day(work.now)
    last = today + timedelta(days=work.rules.horizon_days - 1)
    mine = (col(Schedule.provider).in_(providers), col(Schedule.on).between(today, last))
    fees = dict(
        work.session.execute(
            select(col(Schedule.provider), func.min(Schedule.fee_fen)).where(*mine).group_by(col(Schedule.provider))
        ).all()
    )
    free: dict[str, tuple[datetime, int]] = {}
    rows = work.session.execute(
        select(col(Schedule.provider), col(Schedule.on), func.min(Slot.starts_at), func.count())
        .join(Slot, col(Slot.schedule_id) == Schedule.id)
        .where(*mine, *grid.bookable(work), takeable(work.now))
        .group_by(col(Schedule.provider), col(Schedule.on))
        .order_by(col(Schedule.on))
    )
    for provider, _on, starts_at, left in rows:
        free.setdefault(provider, (starts_at, int(left)))
    return {key: _Supply(fee, *free.get(key, (None, 0))) for key, fee in fees.items()}
