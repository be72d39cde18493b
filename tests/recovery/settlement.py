"""A town whose parts are killed: stores of its own, every process of the house, and how it is seen to be settled."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from hospital_app import clock
from hospital_app.db import make_engine
from hospital_app.domain.policy import Rules
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment, Refund
from hospital_app.settings import Settings
from tests.recovery.stream import still_owed
from tests.support import database, servers
from tests.support.crew import RqWorker, relay, schedule
from tests.support.house import LiveHouse
from tests.support.outside import Door, outside
from tests.support.processes import Process, environment_of, running
from tests.support.servers import Server
from tests.support.town import Town
from tests.support.waiting import free_port, wait_until

FINAL_WITHIN_SECONDS = 120
QUICK: dict[str, Any] = {
    "outbox_again_seconds": 2,
    "outbox_claim_seconds": 3,
    "outbox_retry_max_seconds": 2,
    "sweep_interval_seconds": 1.0,
    "rules": Rules(query_after_seconds=1),
}


@dataclass
class Settlement:
    """A town whose stores are its own, to be killed."""

    town: Town
    stores: dict[str, Server]
    programs: dict[str, Process]
    url: str

    def kill(self, part: str) -> None:
        (self.stores[part] if part in self.stores else self.programs[part]).kill()

    def start(self, part: str) -> None:
        if part in self.stores:
            self.stores[part] = servers.restart(self.stores[part])
        else:
            self.programs[part].start()

    def supervise(self) -> None:
        """What ended by itself comes back, as under the house's supervisor."""
        for program in self.programs.values():
            if program.ended:
                program.launch()


@pytest.fixture(scope="module")
def settlement(tmp_path_factory: pytest.TempPathFactory, door: Door) -> Iterator[Settlement]:
    base = tmp_path_factory.mktemp("settlement")
    directories = {name: base / name for name in ("mariadb", "redis", "outside", "crew")}
    for directory in directories.values():
        directory.mkdir()
    stores: dict[str, Server] = {}
    try:
        stores["mariadb"] = servers.start_mariadb(directories["mariadb"])
        stores["redis"] = servers.start_redis(directories["redis"])
        stores["mariadb"].execute("CREATE DATABASE guahao")
        url = stores["mariadb"].database_url("guahao")
        database.migrate(url)
        engine = make_engine(url)
        with outside(directories["outside"]) as world:
            house = LiveHouse(
                engine,
                stores["redis"].redis_url,
                database_url=url,
                host="127.0.0.1",
                port=free_port(),
                sandbox_wechat_port=world.wechat.port,  # people may be made in bulk
                **world.settings(door=door.url),
                **QUICK,
            )
            settings = house.container.settings
            programs: dict[str, Process] = {
                "worker": RqWorker(directories["crew"], settings),
                "second worker": RqWorker(directories["crew"], settings, "second-worker"),
                "relay": relay(directories["crew"], settings),
                "schedule": schedule(directories["crew"], settings),
                "web": web_server(directories["crew"], settings),
            }
            with running(*programs.values()):
                programs |= {"wechat": world.wechat, "his": world.his}
                yield Settlement(Town(house, world), stores, programs, url_of(settings))
        engine.dispose()
    finally:
        for store in stores.values():
            store.stop()


def is_final(settlement: Settlement) -> bool:
    """Nothing is owed any more, no payment or refund is open, no hold is over without having ended."""
    settlement.supervise()
    try:
        if still_owed(settlement.town):
            return False
        with settlement.town.house.sessions() as session:
            open_payments = session.scalar(select(func.count()).where(col(Payment.status) == "pending"))
            open_refunds = session.scalar(select(func.count()).where(col(Refund.status) != "done"))
            overdue = session.scalar(
                select(func.count()).where(
                    col(Appointment.status) == "pending", col(Appointment.held_until) <= clock.now()
                )
            )
            return not (open_payments or open_refunds or overdue)
    except DBAPIError:
        return False


class Unfinished(str):
    """Says what is still open at the moment when it is asked."""

    def __new__(cls, settlement: Settlement) -> "Unfinished":
        made = super().__new__(cls, "the end")
        made.settlement = settlement
        return made

    settlement: Settlement

    def __format__(self, _: str) -> str:
        rows = [(row.id, row.kind, row.attempts, row.last_error) for row in still_owed(self.settlement.town)]
        return f"an end; still owed: {rows}"


def settled(settlement: Settlement) -> float:
    """Wait until everything is final; how many seconds it took."""
    settlement.supervise()
    began = time.monotonic()
    wait_until(lambda: is_final(settlement), seconds=FINAL_WITHIN_SECONDS, what=Unfinished(settlement))
    return time.monotonic() - began


def url_of(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.port}"


def web_server(directory: Path, settings: Settings) -> Process:
    """`python -m hospital_app serve`: pages, socket and API, ready when it answers."""

    def alive() -> bool:
        try:
            return httpx.get(f"{url_of(settings)}/healthz", trust_env=False, verify=False, timeout=5).is_success
        except httpx.TransportError:
            return False

    return Process(
        "web", ["-m", "hospital_app", "serve"], directory=directory, environment=environment_of(settings), ready=alive
    )
