"""How many numbers of a clinic are sold, and when each was booked. The figures: docs/seed.md."""

from datetime import date, datetime, timedelta
from random import Random

from hospital_app.domain.calendar import clinic_day, day_bounds
from hospital_app.seed.clinics import Clinic, FreeNumber

#: Of all numbers of a clinic, by the weekday of the visit (Monday first).
_WEEKDAY_FILL = (0.94, 0.92, 0.91, 0.9, 0.87, 0.87, 0.83)
_SOUGHT_AFTER_FILL = 0.97
_VISITORS_SHARE = 0.84  # of the demo doctors' numbers on the days ahead: whoever tries the product finds one
#: Share of the final sales that has been made so many days before the visit (6: on the release day).
_SOLD_BY_LEAD = (0.96, 0.85, 0.77, 0.69, 0.61, 0.52, 0.42)
_SOUGHT_AFTER_BY_LEAD = (1.0, 1.0, 0.995, 0.99, 0.985, 0.98, 0.95)
_RELEASE_DAY, _SAME_DAY = 0.35, 0.55  # cumulated: 35 % on the release day, 20 % on the day of the visit
_TERMINALS = (("mini", 0.55), ("web", 0.63), ("alipay", 0.75), ("kiosk", 0.85), ("window", 1.0))
LAST_CALL = timedelta(minutes=5)
DRAWS = 30


def sold(chance: Random, clinic: Clinic, *, now: datetime, full: bool) -> int:
    """How many of the clinic's free numbers are sold by `now`; `full`: none left today, some for visitors ahead."""
    if now < clinic.released_at:
        return 0
    lead = max(0, (clinic.on - clinic_day(now)).days)
    if full:
        share = _VISITORS_SHARE if lead else 1.0
    elif clinic.sought_after:
        share = _SOUGHT_AFTER_FILL * _SOUGHT_AFTER_BY_LEAD[min(lead, 6)]
    else:
        share = _WEEKDAY_FILL[clinic.on.weekday()] * _SOLD_BY_LEAD[min(lead, 6)] if lead else _final(clinic)
        share += chance.gauss(0, 0.04)
    return round(len(clinic.free) * min(1.0, max(0.0, share)))


def _final(clinic: Clinic) -> float:
    return _WEEKDAY_FILL[clinic.on.weekday()]


def made_at(chance: Random, clinic: Clinic, number: FreeNumber, *, now: datetime) -> datetime | None:
    """When a number was booked: after its release, before its time and `now`; None if there was no such moment."""
    first = max(clinic.released_at, number.opens_at or clinic.released_at)
    last = min(now, number.starts_at) - LAST_CALL
    if last <= first:
        return None
    # Drawn as for a visit that is over, and again while it would lie ahead: what was sold by now was sold before now.
    for _ in range(DRAWS):
        at = _drawn(chance, clinic, first=first, last=last)
        if at <= last:
            break
    return min(max(at, first), last).replace(microsecond=0)


def _drawn(chance: Random, clinic: Clinic, *, first: datetime, last: datetime) -> datetime:
    kind = chance.random()
    if clinic.sought_after and kind < 0.9:
        return first + timedelta(seconds=round(chance.expovariate(1 / 150)))
    if kind < _RELEASE_DAY:
        return first + timedelta(seconds=round(chance.expovariate(1 / 9000)))
    if kind < _SAME_DAY:
        at = max(first, day_bounds(clinic.on)[0] + timedelta(hours=6.5))
        return at + timedelta(seconds=int(chance.random() * max(0.0, (last - at).total_seconds())))
    return _some_day(chance, first=first, on=clinic.on)


def _some_day(chance: Random, *, first: datetime, on: date) -> datetime:
    """A day between release and visit, the nearer the likelier, at a waking hour."""
    lead = 1
    while chance.random() > 0.35 and lead < 5:
        lead += 1
    hour = min(22.9, max(6.5, chance.gauss(13.5, 4.2)))
    return max(first, day_bounds(on - timedelta(days=lead))[0] + timedelta(seconds=round(hour * 3600)))


def cancelled_at(chance: Random, *, made: datetime, starts_at: datetime, now: datetime) -> datetime | None:
    """When a booking is cancelled, mostly long before the visit; None if it was made too late for that."""
    first = made + timedelta(minutes=20)
    last = min(now - LAST_CALL, starts_at - timedelta(minutes=10))
    if last <= first:
        return None
    return first + timedelta(seconds=int((last - first).total_seconds() * chance.random() ** 1.6))


def terminal(chance: Random) -> str:
    """Where a booking came from, by the channel mix."""
    drawn = chance.random()
    return next(name for name, below in _TERMINALS if drawn < below)
