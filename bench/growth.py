"""python -m bench.growth [appointments]: the figures before and after years of appointments and ten times the doctors.

5,000,000 by default, which takes some minutes to write and 5 GB of disk.
"""

import sys
import time
from collections.abc import Iterator
from statistics import median

from bench import inprocess
from bench.stage import Stage, stage
from hospital_app import container as containers
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.flows.reading import look
from hospital_app.services import appointments, calendars
from tests.support.builders import a_doctor
from tests.support.old_times import fill

OLD = 5_000_000
ROUNDS = 5
HOLDS = 1000
CALLERS = 256
READS = 100
DOCTORS = 600  # ten times those of the stage


def figures(here: Stage, label: str) -> Iterator[tuple[str, float]]:
    """Each a rate: the more the better."""
    inprocess.holds_of_tasks(here.wishes(200, label=f"{label}-warm"), CALLERS)
    rates, calendar, listing = [], [], []
    for turn in range(ROUNDS):
        wishes = here.wishes(HOLDS, label=f"{label}-{turn}")
        inprocess.know(wishes)
        rates.append(inprocess.holds_of_tasks(wishes, CALLERS))
        provider = f"doctor:{_doctor_of(wishes[0].schedule_id)}"
        calendar.append(_per_second(lambda: look(SYSTEM, calendars.calendar, provider=provider)))  # noqa: B023
        owner = Actor(Role.PATIENT, account_id=wishes[0].person.account_id)
        listing.append(_per_second(lambda: look(owner, appointments.listing)))  # noqa: B023
    yield "holds a second, 256 tasks", median(rates)
    yield "calendars a second, from the database", median(calendar)
    yield "lists of appointments a second", median(listing)


def _doctor_of(schedule_id: int) -> int:
    place = look(SYSTEM, appointments.places, schedule_ids=[schedule_id])[schedule_id]
    return place.schedule.doctor_id or 0


def _per_second(read: object) -> float:
    assert callable(read)
    began = time.perf_counter()
    for _ in range(READS):
        read()
    return READS / (time.perf_counter() - began)


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else OLD
    with stage() as here:
        young = dict(figures(here, "young"))
        persons = [(wish.person.account_id, wish.person.patient_id) for wish in here.wishes(1000, label="old")]
        began = time.perf_counter()
        with here.engine.begin() as connection:
            fill(connection, appointments=count, persons=persons)
        for _ in range(DOCTORS):
            a_doctor(containers.container().sessions)
        print(f"{count:,} old appointments written in {time.perf_counter() - began:.0f} s\n", flush=True)
        old = dict(figures(here, "old"))
    print("| what | young | old | old / young |\n|---|---:|---:|---:|")
    for name, rate in young.items():
        print(f"| {name} | {rate:.0f} | {old[name]:.0f} | {old[name] / rate:.2f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
