"""Locking numbers for many wishes at once."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Select, bindparam, select
from sqlalchemy.engine import Dialect
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus
from hospital_app.models.booking import Slot
from hospital_app.models.types import UtcDateTime
from hospital_app.services import slots
from hospital_app.services.opening import Period
from hospital_app.work import Work


class Number(NamedTuple):
    """A number that this transaction has locked, as it is."""

    id: int
    schedule_id: int
    seq: int
    starts_at: datetime
    ends_at: datetime
    status: str
    overbooked: bool
    version: int

    @property
    def held(self) -> bool:
        """By somebody whose time is up."""
        return self.status == SlotStatus.HELD


_COLUMNS = tuple(col(getattr(Slot, name)) for name in Number._fields)
_NOW = cast("datetime", bindparam("now", type_=UtcDateTime()))


def pick_all(
    work: Work, *, wanted: Mapping[Period, int], set_aside: Collection[int] = ()
) -> dict[Period, list[Number]]:
    """Lock takeable numbers, of each period as many as are wanted or as there are: first those that were set aside for
    these wishes, then the lowest.

    Nobody is waited for here; a period that has too few this way is asked more closely, as `slots.pick` does.
    """
    got: dict[Period, list[Number]] = {period: [] for period in wanted}
    if set_aside:
        _sort_in(got, wanted, _set_aside(work, set_aside))
    if lacking := _lacking(got, wanted):
        _sort_in(got, wanted, _lowest(work, {period: wanted[period] for period in lacking}))
    for schedule_id, starts_at in _lacking(got, wanted):
        period = (schedule_id, starts_at)
        picked = slots.pick(work, schedule_id=schedule_id, starts_at=starts_at, count=wanted[period])
        got[period] = [number_of(slot) for slot in picked]
    return got


def number_of(slot: Slot) -> Number:
    return Number(*(getattr(slot, name) for name in Number._fields))


def _lacking(got: Mapping[Period, list[Number]], wanted: Mapping[Period, int]) -> list[Period]:
    return [period for period, count in wanted.items() if len(got[period]) < count]


def _sort_in(got: dict[Period, list[Number]], wanted: Mapping[Period, int], found: Iterable[Number]) -> None:
    for number in found:
        period = (number.schedule_id, number.starts_at)
        mine = got.get(period)
        if mine is not None and len(mine) < wanted[period] and number not in mine:
            mine.append(number)


@cache
def _these() -> Select[Any]:
    query = select(*_COLUMNS).where(
        col(Slot.id).in_(bindparam("ids", expanding=True, literal_execute=True)), slots.takeable(_NOW)
    )
    return query.order_by(col(Slot.id)).with_for_update(skip_locked=True)


def _set_aside(work: Work, ids: Collection[int]) -> Iterable[Number]:
    return map(Number._make, work.columns(_these(), {"ids": list(ids), "now": work.now}))


def _lowest(work: Work, wanted: Mapping[Period, int]) -> Iterable[Number]:
    """One statement of many parts, put together by hand: each stops at the first numbers that are to be had, while one
    SELECT over all periods would read, and lock, all numbers of all of them.
    """
    connection = work.session.connection()
    part = _part(connection.dialect)
    values: list[Any] = []
    for (schedule_id, starts_at), count in wanted.items():
        values += part.values(schedule_id=schedule_id, starts_at=starts_at, now=work.now, wanted=count)
    for row in connection.exec_driver_sql(" UNION ALL ".join([part.text] * len(wanted)), tuple(values)):
        number, schedule_id, seq, starts_at, ends_at, status, overbooked, version = row
        yield Number(
            number, schedule_id, seq, part.instant(starts_at), part.instant(ends_at), status, bool(overbooked), version
        )


@dataclass(frozen=True)
class _Part:
    """A SELECT as the driver takes it."""

    text: str
    names: tuple[str, ...]
    constants: dict[str, Any]
    naive: Callable[[datetime], Any]
    instant: Callable[[Any], datetime]

    def values(self, *, schedule_id: int, starts_at: datetime, now: datetime, wanted: int) -> list[Any]:
        given = {
            **self.constants,
            "schedule_id": schedule_id,
            "starts_at": self.naive(starts_at),
            "now": self.naive(now),
            "wanted": wanted,
        }
        return [given[name] for name in self.names]


_NAMED = re.compile(r"%\((\w+)\)s")


@lru_cache(maxsize=4)
def _part(dialect: Dialect) -> _Part:
    query = (
        select(*_COLUMNS)
        .where(
            col(Slot.schedule_id) == bindparam("schedule_id"),
            col(Slot.starts_at) == bindparam("starts_at"),
            slots.takeable(_NOW),
        )
        .order_by(col(Slot.seq))
        .limit(cast("int", bindparam("wanted")))
        .with_for_update(skip_locked=True)
    )
    compiled = query.compile(dialect=dialect)
    if dialect.name == "sqlite":
        text, names = f"SELECT * FROM ({compiled})", tuple(compiled.positiontup or ())
    else:
        text, names = f"({_NAMED.sub('%s', str(compiled))})", tuple(_NAMED.findall(str(compiled)))
    instants = UtcDateTime().dialect_impl(dialect)
    return _Part(
        text,
        names,
        dict(compiled.params),
        cast("Callable[[datetime], Any]", instants.bind_processor(dialect)),
        cast("Callable[[Any], datetime]", instants.result_processor(dialect, None)),
    )
