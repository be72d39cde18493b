"""A town whose parts are killed: stores of its own, every process of the house, and how it is seen to be settled."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from hospital_app import clock
from hospital_app.db import make_engine
from hospital_app.domain.policy import Rules
from hospital_app.models.booking import Appointment
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment, Refund
from hospital_app.settings import Settings
from tests.recovery.owed import still_owed
from tests.support import database, servers
from tests.support.bureau import Bureau
from tests.support.crew import RqWorker, relay, schedule
from tests.support.house import LiveHouse
from tests.support.nursery import Nursery
from tests.support.outside import AlipaySandbox, Outside, Sandbox
from tests.support.processes import Process, environment_of, running
from tests.support.servers import Server
from tests.support.town import Town
from tests.support.traps import Traps
from tests.support.waiting import free_port, wait_until

FINAL_WITHIN_SECONDS = 120
TRAPPED = "tests.support.trapped"
PRELOADED = (
    "tests.support.trapped.watching",
    "hospital_app.api.app",
    "hospital_app.sandbox.__main__",
    "workers.__main__",
)
QUICK: dict[str, Any] = {
    "outbox_again_seconds": 2,
    "outbox_claim_seconds": 3,
    "outbox_retry_max_seconds": 2,
    "outbox_silence_seconds": 2.0,
    "sweep_interval_seconds": 1.0,
    "insurance_timeout_seconds": 2.0,
    "rules": Rules(query_after_seconds=1),
}


@dataclass
class Settlement:
    """A town whose stores are its own, to be killed."""

    town: Town
    bureau: Bureau
    traps: Traps
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

    @property
    def ended(self) -> str:
        """A program that has ended by itself; empty if all are there."""
        return next((name for name, program in self.programs.items() if program.ended), "")


@pytest.fixture(scope="module")
def settlement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settlement]:
    """Exactly as `make run` starts it."""
    with founded(tmp_path_factory.mktemp("settlement"), trapped=False) as made:
        yield made


@pytest.fixture(scope="module")
def trapped_settlement(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settlement]:
    """With traps at the named moments of money (tests/support/trapped/); its web server has no pages."""
    with founded(tmp_path_factory.mktemp("settlement"), trapped=True) as made:
        yield made


@contextmanager
def founded(base: Path, *, trapped: bool) -> Iterator[Settlement]:
    directories = {name: base / name for name in ("mariadb", "redis", "outside", "crew", "traps")}
    for directory in directories.values():
        directory.mkdir()
    traps = Traps(directories["traps"])
    stores: dict[str, Server] = {}
    try:
        stores["mariadb"] = servers.start_mariadb(directories["mariadb"])
        stores["redis"] = servers.start_redis(directories["redis"])
        stores["mariadb"].execute("CREATE DATABASE guahao")
        url = stores["mariadb"].database_url("guahao")
        database.migrate(url)
        engine = make_engine(url)
        with engine.connect() as connection:  # as in production: what was committed survives
            assert connection.scalar(text("SELECT @@innodb_flush_log_at_trx_commit")) == 1
        there = directories["outside"]
        watched = {"program": f"{TRAPPED}.outside", **traps.environment} if trapped else {}
        alipay, bureau = AlipaySandbox(there, **watched), Bureau(there, **watched)
        world = Outside(there, Sandbox("wechat", there, **watched), Sandbox("his", there), Sandbox("sms", there))
        port = free_port()
        door = f"http://127.0.0.1:{port}"
        house = LiveHouse(
            engine,
            stores["redis"].redis_url,
            database_url=url,
            host="127.0.0.1",
            port=port,
            public_url=door,
            sandbox_wechat_port=world.wechat.port,  # people may be made in bulk
            **world.settings(door=door),
            **alipay.settings(door=door),
            **bureau.settings(),
            **QUICK,
        )
        crew = _crew(directories["crew"], house.container.settings, traps if trapped else None)
        outside: dict[str, Process] = {"wechat": world.wechat, "alipay": alipay, "insurance": bureau, "his": world.his}
        everybody: list[Process] = [*outside.values(), world.sms, *crew.values()]
        with Nursery(*PRELOADED) if trapped else nullcontext() as nursery, running(*everybody, nursery=nursery):
            yield Settlement(Town(house, world, alipay), bureau, traps, stores, crew | outside, door)
        engine.dispose()
    finally:
        for store in stores.values():
            store.stop()


def _crew(directory: Path, settings: Settings, traps: Traps | None) -> dict[str, Process]:
    names = ("worker", "second worker")
    if traps is None:
        workers = [RqWorker(directory, settings, name.replace(" ", "-")) for name in names]
        carrier = relay(directory, settings)
        web = _web(directory, settings, ["-m", "hospital_app", "serve"])
    else:
        more = environment_of(settings) | traps.environment
        workers = [
            RqWorker(directory, settings, name.replace(" ", "-"), program=f"{TRAPPED}.crew", more=traps.environment)
            for name in names
        ]
        carrier = Process("relay", ["-m", f"{TRAPPED}.crew", "relay"], directory=directory, environment=more)
        web = _web(directory, settings, ["-m", f"{TRAPPED}.web"], **traps.environment)
    return dict(zip(names, workers, strict=True)) | {
        "relay": carrier,
        "schedule": schedule(directory, settings),
        "web": web,
    }


def _web(directory: Path, settings: Settings, arguments: list[str], **more: str) -> Process:
    """Ready when it answers."""

    def alive() -> bool:
        try:
            return httpx.get(
                f"http://127.0.0.1:{settings.port}/healthz", trust_env=False, verify=False, timeout=5
            ).is_success
        except httpx.TransportError:
            return False

    environment = environment_of(settings) | more
    return Process("web", arguments, directory=directory, environment=environment, ready=alive)


def is_final(settlement: Settlement) -> bool:
    """Nothing is owed any more, nothing of money is open, no hold is over without having ended."""
    settlement.supervise()
    try:
        return not still_owed(settlement.town) and not unfinished(settlement)
    except DBAPIError:
        return False


def unfinished(settlement: Settlement) -> dict[str, int]:
    """What is open, and how often."""
    held = col(Appointment.status) == "pending"
    counted = {
        "payments": select(func.count()).where(col(Payment.status).in_(["pending", "settling"])),
        "settlements": select(func.count()).where(
            col(InsuranceSettlement.status).in_(["quoted", "settling", "reversing"])
        ),
        "refunds": select(func.count()).where(col(Refund.status) != "done"),
        "holds": select(func.count()).where(held, col(Appointment.held_until) <= clock.now()),
    }
    with settlement.town.house.sessions() as session:
        return {what: number for what, query in counted.items() if (number := session.scalar(query) or 0)}


class Unfinished(str):
    """Says what is still open at the moment when it is asked."""

    def __new__(cls, settlement: Settlement) -> "Unfinished":
        made = super().__new__(cls, "the end")
        made.settlement = settlement
        return made

    settlement: Settlement

    def __format__(self, _: str) -> str:
        rows = [(row.id, row.kind, row.attempts, row.last_error) for row in still_owed(self.settlement.town)]
        return f"an end; still owed: {rows}, open: {unfinished(self.settlement)}"


def settled(settlement: Settlement, *, within_seconds: float = FINAL_WITHIN_SECONDS) -> float:
    """Wait until everything is final; how many seconds it took."""
    settlement.supervise()
    began = time.monotonic()
    wait_until(lambda: is_final(settlement), seconds=within_seconds, what=Unfinished(settlement))
    return time.monotonic() - began
