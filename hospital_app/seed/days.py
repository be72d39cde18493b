"""Days of booking and of visiting: weeks ago, today up to this minute, and what is sold of the days ahead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from hospital_app.domain.appointment import Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.ticket import Place, TicketStatus, key_after_skip
from hospital_app.seed import demand
from hospital_app.seed.clinics import Clinic, FreeNumber, clinics_of
from hospital_app.seed.crowd import MISSED_MAX, Crowd
from hospital_app.seed.ledger import Ledger, count_bookings
from hospital_app.seed.people import Person
from hospital_app.seed.plan import Stage
from hospital_app.seed.rows import Row
from hospital_app.seed.visits import Visit, a_day, arrival
from hospital_app.work import Work

_CANCELLED, _LAPSED, _NOSHOW = 0.1, 0.045, 0.045  # of what is sold
_ROOM_FOR_ANOTHER = timedelta(hours=1)
# Whoever is sold out today was called to the ward a while ago: people wait there at any hour.
_PAUSE_BEGAN, _PAUSE_ENDED = timedelta(minutes=80), timedelta(minutes=6)
_LATE = timedelta(minutes=20)  # after its end a clinic is over at the latest; the rules give it 30
_MISSED_CALL = 0.4  # of the lines with several waiting, that many have somebody who did not come when called


@dataclass(frozen=True)
class Diary:
    """Everything that one day after the other is written with. `full`: providers whose day of today is sold out."""

    stage: Stage
    crowd: Crowd
    ledger: Ledger
    chance: Random
    full: frozenset[str]
    made_today: list[Row]


def write_day(work: Work, *, diary: Diary, on: date) -> None:
    """Sell the numbers of one clinic day and let its visits happen as far as they have by now."""
    seen_by: dict[str, set[int]] = {}
    for clinic in clinics_of(work, on=on):
        standing = _sell(diary, clinic, people=seen_by.setdefault(clinic.provider, set()))
        if clinic.on <= diary.stage.today:
            _visit(work, diary, clinic, standing)
    diary.ledger.write(work)


def write_counters(work: Work, *, diary: Diary) -> None:
    """How many bookings everybody has made today."""
    count_bookings(work, on=diary.stage.today, booked=diary.made_today)


def _sell(diary: Diary, clinic: Clinic, *, people: set[int]) -> list[tuple[Row, Person]]:
    """Book, cancel and let lapse; what stands comes back. `people`: who has been with this provider that day."""
    chance, now = diary.chance, diary.stage.now
    count = demand.sold(chance, clinic, now=now, full=clinic.provider in diary.full)
    standing = []
    until = {number.slot_id: now for number in clinic.free}
    for number in sorted(chance.sample(clinic.free, count), key=lambda n: n.seq):
        booked = _book(diary, clinic, number, people)
        if booked is not None:
            standing.append(booked)
            until[number.slot_id] = booked[0]["created_at"]
    # Before somebody took a number for good, somebody else may have had it.
    earlier = [number for number in clinic.free if until[number.slot_id] - clinic.released_at > _ROOM_FOR_ANOTHER]
    wanted = round(count * (_CANCELLED + _LAPSED))
    for place, number in enumerate(chance.sample(earlier, min(wanted, len(earlier)))):
        another = _book_and_cancel if place < count * _CANCELLED else _lapse
        another(diary, clinic, number, people, until=until[number.slot_id])
    return standing


def _who_and_when(
    diary: Diary, clinic: Clinic, number: FreeNumber, people: set[int], *, until: datetime
) -> tuple[Person, datetime] | None:
    made = demand.made_at(diary.chance, clinic, number, now=until)
    if made is None:
        return None
    person = diary.crowd.draw(department_code=clinic.department_code, made_on=clinic_day(made), but_not=people)
    if person is None:
        return None
    people.add(person.patient_id)
    return person, made


def _book(diary: Diary, clinic: Clinic, number: FreeNumber, people: set[int]) -> tuple[Row, Person] | None:
    found = _who_and_when(diary, clinic, number, people, until=diary.stage.now)
    if found is None:
        return None
    person, made = found
    row = diary.ledger.book(clinic, number, person, made_at=made, terminal=demand.terminal(diary.chance))
    _note(diary, row)
    return row, person


def _book_and_cancel(diary: Diary, clinic: Clinic, number: FreeNumber, people: set[int], *, until: datetime) -> None:
    found = _who_and_when(diary, clinic, number, people, until=until)
    if found is None:
        return
    person, made = found
    at = demand.cancelled_at(diary.chance, made=made, starts_at=number.starts_at, now=until)
    if at is None:
        return
    row = diary.ledger.book(clinic, number, person, made_at=made, terminal=demand.terminal(diary.chance))
    diary.ledger.cancel(row, cancelled_at=at)
    _note(diary, row)


def _lapse(diary: Diary, clinic: Clinic, number: FreeNumber, people: set[int], *, until: datetime) -> None:
    """Holds of today are left out: the first one of a day does not count, and their end is not over yet."""
    found = _who_and_when(diary, clinic, number, people, until=until)
    if found is not None and found[1] < diary.stage.now - timedelta(days=1):
        diary.ledger.lapse(clinic, number, found[0], made_at=found[1], terminal=demand.terminal(diary.chance))


def _note(diary: Diary, row: Row) -> None:
    if diary.stage.is_today(row["created_at"]):
        diary.made_today.append(row)


def _visit(work: Work, diary: Diary, clinic: Clinic, standing: Sequence[tuple[Row, Person]]) -> None:
    """Who comes, who does not, who waits at this minute."""
    chance, now = diary.chance, diary.stage.now
    over = clinic.ends_at <= now
    coming: list[tuple[Row, datetime]] = []
    for row, person in standing:
        if chance.random() < _NOSHOW and person.missed < MISSED_MAX:
            if over:
                person.missed += 1
                row |= {"status": Status.NOSHOW.value, "version": 3}
            continue
        arrives_at = arrival(
            chance,
            starts_at=row["starts_at"],
            clinic_ends_at=clinic.ends_at,
            opens_minutes=work.rules.check_in_opens_minutes,
        )
        coming.append((row, max(arrives_at, row["booked_at"] + timedelta(minutes=2))))
    visits = a_day(
        chance,
        service_type=clinic.service_type,
        per_period=clinic.per_period,
        starts_at=clinic.starts_at,
        latest=clinic.ends_at + _LATE if over else None,
        pause=(now - _PAUSE_BEGAN, now - _PAUSE_ENDED) if clinic.provider in diary.full else None,
        coming=[(row["seq"], row["starts_at"], row["ends_at"], arrives_at) for row, arrives_at in coming],
    )
    tickets = [
        _arrive(clinic, row, visit, now=now)
        for (row, _), visit in zip(coming, visits, strict=True)
        if visit.arrives_at <= now
    ]
    if clinic.starts_at < now and chance.random() < _MISSED_CALL:
        _miss_a_call(work, tickets, now=now)
    diary.ledger.tickets.extend(tickets)


def _arrive(clinic: Clinic, row: Row, visit: Visit, *, now: datetime) -> Row:
    """The ticket of somebody who has checked in, and the appointment moved on with it."""
    row |= {"status": Status.CHECKED_IN.value, "checked_in_at": visit.arrives_at, "version": 3}
    if visit.done_at <= now:
        status = TicketStatus.DONE
        row |= {"status": Status.FULFILLED.value, "fulfilled_at": visit.done_at, "version": 4}
    elif visit.started_at <= now:
        status = TicketStatus.SERVING
    else:
        status = TicketStatus.CALLED if visit.called_at <= now else TicketStatus.WAITING
    called = status is not TicketStatus.WAITING
    return {
        "appointment_id": row["id"],
        "schedule_id": clinic.schedule_id,
        "area_code": clinic.area_code,
        "room": clinic.room,
        "on": clinic.on,
        "label": str(row["seq"]),
        "status": status.value,
        "rank": 0,
        "order_key": visit.key,
        "calls": int(called),
        "misses": 0,
        "checked_in_at": visit.arrives_at,
        "called_at": visit.called_at if called else None,
        "started_at": visit.started_at if called and status is not TicketStatus.CALLED else None,
        "done_at": visit.done_at if status is TicketStatus.DONE else None,
    }


def _miss_a_call(work: Work, tickets: list[Row], *, now: datetime) -> None:
    """The first of several who wait was called in vain a few minutes ago and has moved back."""
    waiting = sorted((t for t in tickets if t["status"] == TicketStatus.WAITING.value), key=lambda t: t["order_key"])
    if len(waiting) < 3:
        return
    places = [Place(t["appointment_id"], TicketStatus.WAITING, 0, t["order_key"]) for t in waiting]
    first = waiting[0]
    first["order_key"] = key_after_skip(
        places,
        skipped=places[0],
        misses=1,
        back=work.rules.missed_back_places,
        last_at=work.rules.missed_last_at,
    )
    first |= {
        "status": TicketStatus.MISSED.value,
        "misses": 1,
        "calls": work.rules.calls_before_missed,
        "called_at": max(now - timedelta(minutes=4), first["checked_in_at"]),
    }
