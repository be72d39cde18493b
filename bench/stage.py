"""What is measured on: private servers, the real schema, clinics, people, a container of this process."""

import base64
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Engine, insert, select
from sqlmodel import col

from hospital_app import clock
from hospital_app import container as containers
from hospital_app.db import make_engine
from hospital_app.domain.appointment import Status
from hospital_app.domain.calendar import Session, clinic_day, periods
from hospital_app.domain.numbers import payment_no
from hospital_app.flows import sandbox
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.payment import Payment
from hospital_app.sandbox import keys
from hospital_app.services.sandbox_people import Invented
from hospital_app.settings import Settings, get_settings
from tests.support import database, servers
from tests.support.builders import a_doctor, a_schedule
from tests.support.processes import environment_of
from tests.support.waiting import free_port

CLINICS = 60
PER_PERIOD = 115
UNLIMITED = 1_000_000_000
#: One address asks for everything here.
WITHOUT_BUDGETS = {
    f"budget_{name}_per_minute": UNLIMITED for name in ("session", "account", "address", "reading", "socket_events")
}
NOBODY = "http://127.0.0.1:1"


@dataclass(frozen=True)
class Wish:
    """One number that somebody will try to get, each at a period of its own turn."""

    person: Invented
    schedule_id: int
    starts_at: datetime
    key: str


@dataclass(frozen=True)
class Bill:
    """An open payment, and what its capture touches."""

    no: str
    appointment_id: int
    slot_id: int
    amount_fen: int


@dataclass(frozen=True)
class Stage:
    settings: Settings
    engine: Engine
    mariadb_port: int
    database: str
    keys: keys.SandboxKeys
    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        return environment_of(self.settings)

    @cached_property
    def clinics(self) -> list[tuple[int, datetime]]:
        """CLINICS × PERIODS half hours with room for everybody: (schedule, start) each, neighbours in other clinics."""
        sessions = containers.container().sessions
        on = clinic_day(clock.now()) + timedelta(days=2)
        ids = [a_schedule(sessions, doctor_id=a_doctor(sessions), on=on, per_period=PER_PERIOD) for _ in range(CLINICS)]
        return [(schedule_id, start) for start, _ in periods(on, Session.MORNING) for schedule_id in ids]

    @cached_property
    def _turns(self) -> Iterator[tuple[int, datetime]]:
        return cycle(self.clinics)

    def wishes(self, count: int, *, label: str) -> list[Wish]:
        """One for each of so many fresh accounts, spread over the clinics."""
        return [
            Wish(person, *next(self._turns), f"{label}-{i}") for i, person in enumerate(sandbox.accounts(count=count))
        ]

    def free_slots(self, wishes: list[Wish]) -> list[Any]:
        """A free number for each wish: id, seq, starts_at, ends_at."""
        free: dict[tuple[int, datetime], list[Any]] = {}
        columns = (Slot.id, Slot.seq, Slot.schedule_id, Slot.starts_at, Slot.ends_at)
        with containers.container().sessions() as session:
            query = select(*map(col, columns)).where(col(Slot.schedule_id).in_({wish.schedule_id for wish in wishes}))
            for slot in session.execute(query.where(col(Slot.status) == "free")):
                free.setdefault((slot.schedule_id, slot.starts_at), []).append(slot)
        return [free[wish.schedule_id, wish.starts_at].pop() for wish in wishes]

    def bills(self, wishes: list[Wish]) -> list[Bill]:
        """Payments for the holds of these wishes, written in bulk as services.payments.create does."""
        schedules = {wish.schedule_id for wish in wishes}
        now = clock.now()
        with containers.container().sessions.begin() as session:
            held = session.scalars(
                select(Appointment).where(
                    col(Appointment.schedule_id).in_(schedules), col(Appointment.status) == Status.PENDING
                )
            ).all()
            bills = [
                Bill(payment_no(clinic_day(now), f"{row.id or 0:010d}"), row.id or 0, row.slot_id, row.fee_fen)
                for row in held
            ]
            session.execute(
                insert(Payment),
                [
                    {
                        "no": bill.no,
                        "appointment_id": bill.appointment_id,
                        "channel": "wechat",
                        "amount_fen": bill.amount_fen,
                        "cash_fen": bill.amount_fen,
                        "created_at": now,
                        "expires_at": now + timedelta(minutes=15),
                    }
                    for bill in bills
                ],
            )
        return bills


@contextmanager
def stage(**changed: Any) -> Iterator[Stage]:
    """MariaDB that flushes every commit, Redis; both end with the block. `changed`: other settings than these."""
    secrets = {name: base64.b64encode(os.urandom(32)).decode() for name in ("encryption", "index", "signing")}
    servers.open_session()
    try:
        directory = Path(tempfile.mkdtemp(dir=servers.session_directory()))
        mariadb, redis = servers.shared_mariadb(), servers.shared_redis("bench")
        mariadb.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
        mariadb.execute("CREATE DATABASE bench")
        url = mariadb.database_url("bench")
        database.migrate(url)
        known = keys.generate(directory / "keys")
        products = {
            name.removeprefix("HOSPITAL_").lower(): value
            for name, value in keys.product_settings(directory / "keys").items()
        }
        port = free_port()
        settings = Settings(
            profile="test",
            database_url=url,
            database_pool_size=40,
            redis_url=redis.redis_url,
            encryption_keys={"bench": SecretStr(secrets["encryption"])},
            encryption_key_id="bench",
            index_key=SecretStr(secrets["index"]),
            signing_key=SecretStr(secrets["signing"]),
            host="127.0.0.1",
            port=port,
            public_url=f"http://127.0.0.1:{port}",
            web_workers=2,
            sandbox_wechat_port=1,  # so that accounts may be made in bulk; nobody listens there
            wechat_gateway_url=NOBODY,
            his_url=NOBODY,
            sms_url=NOBODY,
            **{**WITHOUT_BUDGETS, **products, **changed},
        )
        os.environ.update(environment_of(settings))
        get_settings.cache_clear()  # whoever was imported may have asked for them
        engine = make_engine(url, pool_size=settings.database_pool_size)
        containers.use(containers.build(settings))
        yield Stage(settings, engine, mariadb.port, "bench", known, directory)
        engine.dispose()
    finally:
        servers.close_session()
