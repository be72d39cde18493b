"""号源日历 kept ready: against an address that passes one value of Redis through, and during a rush of holds.

Both from one server (bench/passing.py), with the scheduler beside it as in the house.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import httpx
import redis

from bench import reading, rest
from bench.client import Load
from bench.paced import paced
from bench.passed import KEY, PATH
from bench.server import reads, serving
from bench.stage import Stage
from hospital_app import container as containers
from hospital_app.models.booking import Schedule
from tests.support.processes import Process, running
from tests.support.waiting import free_port

RUSH_SECONDS = 4
RUSH_HOLDS = 1500


@dataclass(frozen=True)
class Round:
    """`quiet`: a read every hundredth of a second, each timed from the moment it was due.

    `rush`: the same while 32 connections take numbers, this doctor's too.
    """

    passed_through: Load
    calendar: Load
    quiet: Load
    rush: Load


def rounds(stage: Stage, *, count: int, seconds: int) -> list[Round]:
    port = free_port()
    scheduler = Process(
        "schedule", ["-m", "workers", "schedule"], directory=stage.directory, environment=stage.environment
    )
    with running(scheduler), serving(stage, "bench.passing", port=port) as url:
        doctor_id = reading.a_busy_doctor()
        body = httpx.get(reading.address(url, doctor_id), trust_env=False).content
        with redis.Redis.from_url(stage.settings.redis_url) as client:
            client.set(KEY, body)
        here = replace(stage, settings=stage.settings.model_copy(update={"port": port}))
        return [
            Round(
                reads(f"{url}{PATH}", seconds=seconds),
                reading.calendar(url, doctor_id, seconds=seconds),
                *_rush(stage, here, url, f"calendar-{turn}"),
            )
            for turn in range(count)
        ]


def _rush(stage: Stage, here: Stage, url: str, label: str) -> tuple[Load, Load]:
    wishes = stage.wishes(RUSH_HOLDS, label=label)
    with containers.container().sessions() as session:
        hot = session.get_one(Schedule, wishes[0].schedule_id).doctor_id or 0
    quiet = paced(reading.address(url, hot), seconds=RUSH_SECONDS)
    with ThreadPoolExecutor(1) as beside:
        holding = beside.submit(rest.holds, here, wishes)
        rush = paced(reading.address(url, hot), seconds=RUSH_SECONDS)
        holding.result()
    return quiet, rush
