"""A whole small hospital, alive: the processes of `make run` on MariaDB and Redis, for browsers and sockets to meet.

Tests bring their own doctors, clinics and accounts, so that they hold at any hour of any day.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from itertools import count
from typing import Any, TypeVar

import httpx
import pymysql
from sqlalchemy import Engine, func, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker
from sqlmodel import col

from hospital_app import clock
from hospital_app import container as containers
from hospital_app.container import Container
from hospital_app.db import make_engine, make_sessions
from hospital_app.domain.calendar import clinic_day, instant, session_of
from hospital_app.domain.identity import ADMIN_ROLES, SYSTEM, Actor, Role
from hospital_app.domain.policy import Rules
from hospital_app.launch.quarters import Quarters
from hospital_app.launch.supervision import control
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.identity import SmsPhone, Staff
from hospital_app.models.operation import AuditEntry, OutboxRow
from hospital_app.seed import seed
from hospital_app.seed.plan import Plan
from hospital_app.services import audit, doctors, second_factor, staff
from hospital_app.services.doctors import DoctorEntry
from hospital_app.services.sms_codes import phone_index
from hospital_app.settings import Settings
from hospital_app.work import transaction
from tests.support import database, servers, totp
from tests.support.people import PASSWORD_HASH
from tests.support.running import RunningHouse, start_house
from tests.support.waiting import wait_until

T = TypeVar("T")

#: A tenth of the demonstration: five departments, two days of history.
SMALL = Plan(past_days=2, days_ahead=8, accounts=400, departments=frozenset({"02", "03.01", "03.04", "04.03", "07"}))
DEPARTMENT, AREA = "04.03", "3B"
FEE_FEN = 5000
HALF_HOUR = timedelta(minutes=30)
#: Numbers that belong to no operator, beyond those of the demonstration.
_phones = count(16_811_000_001)
_rooms = count(701)


@dataclass(frozen=True)
class OnDuty:
    """A doctor with a room and a sign-in of the test's own."""

    id: int
    name: str
    room: str
    staff_no: str


@dataclass(frozen=True)
class Living:
    """The hospital's address, and its books beside the running processes."""

    house: RunningHouse
    engine: Engine
    environment: dict[str, str]

    @property
    def url(self) -> str:
        return self.house.url

    @cached_property
    def sessions(self) -> sessionmaker[Session]:
        return make_sessions(self.engine)

    def do(self, service: Callable[..., T], /, *, actor: Actor = SYSTEM, **arguments: Any) -> T:
        """One service in one transaction, as another process of the house would do it (nobody is told)."""
        with transaction(self.sessions, now=clock.now(), actor=actor, rules=Rules()) as work:
            return service(work, **arguments)

    def employ(self, name: str, *, department: str = DEPARTMENT, title: str = "主任医师") -> OnDuty:
        """A doctor with an account for the desk; no clinic yet."""
        room = f"{next(_rooms)}诊室"
        entry = DoctorEntry(name, "female", title, "关节置换、运动损伤", "", department)
        doctor_id = self.do(doctors.add, entry=entry)
        staff_no = f"E{doctor_id:05d}"
        self.hire(staff_no, Role.DOCTOR, doctor_id=doctor_id, department_code=department)
        return OnDuty(doctor_id, name, room, staff_no)

    def hire(self, staff_no: str, role: Role, **more: Any) -> int:
        """A member of staff (or a kiosk) whose password is people.PASSWORD; administrators have their second factor."""
        staff_id = self.do(
            staff.create,
            staff_no=staff_no,
            name="测试员工",
            role=role,
            password_hash=PASSWORD_HASH,
            must_change_password=False,
            **more,
        )
        if role in ADMIN_ROLES:
            self.do(second_factor.install, staff_id=staff_id, secret=totp.SECRET)
        return staff_id

    def staff_id(self, staff_no: str) -> int:
        with self.sessions() as session:
            return session.scalars(select(col(Staff.id)).where(col(Staff.staff_no) == staff_no)).one() or 0

    def clinic(
        self,
        doctor: OnDuty,
        *,
        starts_at: datetime,
        periods: int = 4,
        per_period: int = 2,
        fee_fen: int = FEE_FEN,
        released_at: datetime | None = None,
    ) -> int:
        """A schedule of so many half hours, released long ago unless said otherwise."""
        with self.sessions.begin() as session:
            schedule = Schedule(
                provider=f"doctor:{doctor.id}",
                doctor_id=doctor.id,
                department_code=DEPARTMENT,
                area_code=AREA,
                on=clinic_day(starts_at),
                session=session_of(starts_at),
                service_type="chief",
                room=doctor.room,
                fee_fen=fee_fen,
                capacity=periods * per_period,
                starts_at=starts_at,
                ends_at=starts_at + periods * HALF_HOUR,
                released_at=released_at or starts_at - timedelta(days=10),
            )
            session.add(schedule)
            session.flush()
            seq = count(1)
            for period in range(periods):
                begins = starts_at + period * HALF_HOUR
                session.add_all(
                    Slot(schedule_id=schedule.id or 0, seq=next(seq), starts_at=begins, ends_at=begins + HALF_HOUR)
                    for _ in range(per_period)
                )
            return schedule.id or 0

    def morning(self, doctor: OnDuty, *, days: int = 1, **more: Any) -> int:
        """A clinic from eight o'clock, so many days from now."""
        on = clinic_day(clock.now()) + timedelta(days=days)
        return self.clinic(doctor, starts_at=instant(on, time(8)), **more)

    def clinic_now(self, doctor: OnDuty, **more: Any) -> int:
        """A clinic that began a few minutes ago, today: right after midnight, with the day."""
        now = clock.now()
        midnight = instant(clinic_day(now), time())
        return self.clinic(doctor, starts_at=max(midnight, now - timedelta(minutes=5)), **more)

    def release(self, schedule_id: int, *, in_seconds: int) -> None:
        """The numbers of this clinic open so many seconds from now."""
        with self.sessions.begin() as session:
            schedule = session.get_one(Schedule, schedule_id, with_for_update=True)
            schedule.released_at = clock.now() + timedelta(seconds=in_seconds)

    def starts_at(self, schedule_id: int) -> datetime:
        with self.sessions() as session:
            return session.get_one(Schedule, schedule_id).starts_at

    def appointment(self, no: str) -> Appointment:
        with self.sessions() as session:
            return session.scalars(select(Appointment).where(col(Appointment.no) == no)).one()

    def free_numbers(self, schedule_id: int) -> int:
        with self.sessions() as session:
            query = select(func.count(col(Slot.id))).where(
                col(Slot.schedule_id) == schedule_id, col(Slot.status) == "free"
            )
            return session.scalar(query) or 0

    def end_hold(self, no: str, *, in_seconds: int = 0) -> None:
        """The hold of this appointment ends now, or so many seconds from now."""
        with self.sessions.begin() as session:
            held = session.scalars(select(Appointment).where(col(Appointment.no) == no).with_for_update()).one()
            held.held_until = clock.now() + timedelta(seconds=in_seconds)
            session.get_one(Slot, held.slot_id, with_for_update=True).held_until = held.held_until

    def new_phone(self) -> str:
        return str(next(_phones))

    def let_code_be_asked_again(self, phone: str) -> None:
        """As if the minute since this number's last code had passed."""
        with self.sessions.begin() as session:
            session.execute(
                update(SmsPhone).where(col(SmsPhone.phone_index) == phone_index(phone)).values(asked_at=None)
            )

    def text_message(self, phone: str, *, but: str = "", template: str = "login_code") -> dict[str, Any]:
        """The last message of its kind to this phone, as soon as there is another one than `but` (its text)."""

        def arrived() -> dict[str, Any] | None:
            answer = httpx.post(
                f"{self.url}/sandbox/sms",
                json={"phone": phone, "template": template},
                trust_env=False,
                verify=False,
                timeout=20,
            )
            message: dict[str, Any] = answer.json()
            return message if answer.status_code == 200 and message["text"] != but else None

        return wait_until(arrived, seconds=30, what=f"the message to {phone}")

    def owed(self) -> int:
        """Effects that are due and not done."""
        with self.sessions() as session:
            due = select(func.count(col(OutboxRow.id))).where(
                col(OutboxRow.done_at).is_(None), col(OutboxRow.run_at) <= clock.now()
            )
            return session.scalar(due) or 0

    @contextmanager
    def standstill(self) -> Iterator[None]:
        """Nothing moves by itself: no worker, no relay, no sweep; the web goes on."""
        with control(Quarters(self.house.directory)) as supervisor:
            names = [f"{each['group']}:{each['name']}" for each in supervisor.getAllProcessInfo()]
            movers = [name for name in names if name.startswith("late:") and not name.endswith(":web")]
            for name in movers:
                supervisor.stopProcess(name)
        try:
            yield
        finally:
            with control(Quarters(self.house.directory)) as supervisor:
                for name in movers:
                    supervisor.startProcess(name, False)

    def broken(self) -> list[str]:
        return self.do(audit.broken)

    def deeds(self, *, after: int) -> list[str]:
        """What the trail says was done since this entry of it, and by whom."""
        entry = col(AuditEntry.id)
        with self.sessions() as session:
            found = session.scalars(select(AuditEntry).where(entry > after).order_by(entry))
            return [f"{each.at:%H:%M:%S} {each.actor} {each.action} {each.subject}" for each in found]

    def newest_deed(self) -> int:
        with self.sessions() as session:
            return session.scalar(select(func.max(col(AuditEntry.id)))) or 0


#: All tests come from one address, and some of them ask much; what the budgets do is shown in tests of their own.
UNLIMITED = {
    f"HOSPITAL_BUDGET_{name}_PER_MINUTE": "10000000"
    for name in ("SESSION", "ACCOUNT", "ADDRESS", "READING", "SOCKET_EVENTS")
}


@contextmanager
def living_hospital(name: str, *, rq_workers: int = 2) -> Iterator[Living]:
    """Seed a small hospital into a database of its own and start it; ends everything afterwards."""
    server = servers.shared_mariadb()
    server.execute(f"CREATE DATABASE {name}")
    url = server.database_url(name)
    database.migrate(url)
    secrets = {variable: value for variable, value in os.environ.items() if variable.startswith("HOSPITAL_")}
    environment = {
        **secrets,
        "HOSPITAL_PROFILE": "test",  # sandboxes, but nobody in the waiting rooms whom no test has sent there
        "HOSPITAL_DATABASE_URL": url,
        "HOSPITAL_REDIS_URL": servers.shared_redis(name).redis_url,
        "HOSPITAL_RQ_WORKERS": str(rq_workers),
        "HOSPITAL_OUTBOX_RETRY_MAX_SECONDS": "2",
        **UNLIMITED,
    }
    engine = make_engine(url)
    _seed(url, environment["HOSPITAL_REDIS_URL"])
    house = start_house(servers.session_directory() / name, **environment)
    try:
        yield Living(house, engine, environment)
    finally:
        house.stop()
        engine.dispose()


def _seed(url: str, redis_url: str) -> None:
    """In this process; whoever had its container gets it back."""
    before: list[Container] = list(containers._in_use)
    containers.use(containers.build(Settings(database_url=url, redis_url=redis_url)))
    try:
        seed(SMALL)
    finally:
        containers.container().engine.dispose()
        containers._in_use[:] = before


def fingerprints(url: str, *, but: frozenset[str]) -> dict[str, int]:
    """The server's checksum of all rows of every table of a MariaDB database except `but`: what must not change."""
    parts = make_url(url)
    connection = pymysql.connect(
        host=parts.host, port=parts.port or 3306, user=parts.username, database=parts.database, ssl_disabled=True
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
            tables = sorted({str(row[0]) for row in cursor.fetchall()} - but)
            cursor.execute(f"CHECKSUM TABLE {', '.join(f'`{table}`' for table in tables)} EXTENDED")
            return {str(name).partition(".")[2]: int(checksum) for name, checksum in cursor.fetchall()}
    finally:
        connection.close()
