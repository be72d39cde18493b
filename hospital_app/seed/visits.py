"""How one day in a waiting room goes: when each patient arrives, is called, and is done."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.domain.ticket import order_key

#: 号别 → median minutes of a consultation (facts: 普通 6, 专家 8).
_CONSULT_MINUTES = {"ordinary": 6.0, "associate": 7.5, "chief": 8.0, "special": 11.0}
_PERIOD_MINUTES = 30


@dataclass(slots=True)
class Visit:
    """Somebody who comes. `key` is the place in the line."""

    starts_at: datetime
    arrives_at: datetime
    key: int
    called_at: datetime
    started_at: datetime
    done_at: datetime


def arrival(chance: Random, *, starts_at: datetime, clinic_ends_at: datetime, opens_minutes: int) -> datetime:
    """Half an hour before the booked time, give or take; while check-in is open, on the day itself."""
    minutes = min(60.0, max(1.0 - opens_minutes, chance.gauss(-31, 18)))
    arrives_at = starts_at + timedelta(seconds=round(minutes * 60))
    midnight = day_bounds(clinic_day(starts_at))[0]
    if arrives_at < midnight:
        arrives_at = midnight + timedelta(seconds=chance.randrange(240))
    return min(arrives_at, clinic_ends_at - timedelta(minutes=1))


def a_day(
    chance: Random,
    *,
    service_type: str,
    per_period: int,
    starts_at: datetime,
    coming: Sequence[tuple[int, datetime, datetime, datetime]],
    latest: datetime | None,
    pause: tuple[datetime, datetime] | None,
) -> list[Visit]:
    """The visits of one clinic, in the order of `coming`: (number, booked from, until, arrival) of each patient.

    The doctor takes whoever of those present stands first, and nobody during `pause`; consultations are shorter
    where numbers are many, and when the last one should be done by `latest`.
    """
    median = min(_CONSULT_MINUTES[service_type], 0.9 * _PERIOD_MINUTES / per_period)
    paces = [median * 60 * chance.lognormvariate(0, 0.35) for _ in coming]
    for haste in (1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1):
        visits = _serve(starts_at, coming, [pace * haste for pace in paces], pause)
        if not visits or latest is None or max(v.done_at for v in visits) <= latest:
            break
    return visits


def _serve(
    starts_at: datetime,
    coming: Sequence[tuple[int, datetime, datetime, datetime]],
    paces: Sequence[float],
    pause: tuple[datetime, datetime] | None,
) -> list[Visit]:
    visits = []
    for seq, booked_from, until, arrives_at in coming:
        key = order_key(starts_at=booked_from, seq=seq, checked_in_at=arrives_at, ends_at=until)
        visits.append(Visit(booked_from, arrives_at, key, starts_at, starts_at, starts_at))
    order = sorted(range(len(visits)), key=lambda i: visits[i].arrives_at)
    present: list[tuple[int, int]] = []
    clock, next_to_arrive = starts_at, 0
    for _ in order:
        if not present:
            clock = max(clock, visits[order[next_to_arrive]].arrives_at)
        if pause and pause[0] <= clock < pause[1]:
            clock = pause[1]
        while next_to_arrive < len(order) and visits[order[next_to_arrive]].arrives_at <= clock:
            index = order[next_to_arrive]
            heapq.heappush(present, (visits[index].key, index))
            next_to_arrive += 1
        _, index = heapq.heappop(present)
        visit = visits[index]
        visit.called_at = clock + timedelta(seconds=5)
        visit.started_at = visit.called_at + timedelta(seconds=min(25, paces[index] / 4))
        visit.done_at = visit.started_at + timedelta(seconds=round(paces[index]))
        clock = visit.done_at
    return visits
