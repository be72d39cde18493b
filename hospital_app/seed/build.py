"""The order in which a demonstration hospital comes into being."""

import sys
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlmodel import col

from hospital_app.container import container
from hospital_app.models.operation import OutboxRow
from hospital_app.seed import authenticator, channel, demo, hospital, payers, wishes
from hospital_app.seed.accounts import DUTY_DOCTOR, FAMOUS_DOCTOR
from hospital_app.seed.crowd import Crowd
from hospital_app.seed.days import Diary, write_counters, write_day
from hospital_app.seed.drawers import count_drawers
from hospital_app.seed.hospital import Staffed
from hospital_app.seed.ledger import open_ledger
from hospital_app.seed.people import Person, populate
from hospital_app.seed.plan import Plan, Stage
from hospital_app.services import his_comparing, ledger_history
from hospital_app.settings import Settings
from hospital_app.work import Work


def seed(plan: Plan | None = None, *, now: datetime | None = None) -> None:
    """Build the hospital in the database of the settings, as of `now`."""
    house = container()
    stage = Stage(house.sessions, house.settings.rules, now or house.clock(), plan or Plan(), _say)
    stage.report(0)
    staffed = hospital.build(stage)
    stage.report(3)
    hospital.open_clinics(stage)
    demo.hire_staff(stage, staffed)
    authenticator.enrol_admins(stage, port=house.settings.sandbox_authenticator_port)
    demo.settle_families(stage, staffed)
    payers.settle(stage, staffed, house.settings)
    stage.report(15)
    people = stage.do(populate, stage=stage)
    stage.report(20)
    _live(stage, staffed, people, house.settings)
    wishes.file(stage, staffed, people)
    count_drawers(stage)
    channel.tell(stage, house.settings)
    channel.open_books(stage, house.settings)
    if house.his_records is not None:  # it has none of this: the comparison tells it, once the house is open
        stage.do(his_comparing.begin)
    stage.do(_owed_from_now, at=now or house.clock())
    stage.report(100)


def _owed_from_now(work: Work) -> None:
    """The workers begin today: what the past owed is not late because of them."""
    due_long_ago = (col(OutboxRow.done_at).is_(None), col(OutboxRow.run_at) < work.now)
    work.change(update(OutboxRow).where(*due_long_ago).values(run_at=work.now))


def _live(stage: Stage, staffed: Staffed, people: list[Person], settings: Settings) -> None:
    """Day after day, from weeks ago to the last one that is open for booking."""
    chance = stage.chance("days")
    full = frozenset(f"doctor:{staffed.doctor_id(name)}" for name in (DUTY_DOCTOR, FAMOUS_DOCTOR))
    diary = Diary(
        stage=stage,
        crowd=Crowd(people, stage.chance("crowd"), limit=stage.rules.bookings_per_day),
        ledger=stage.do(
            open_ledger,
            chance=stage.chance("ledger"),
            ways=channel.ways(stage, settings),
            region=settings.insurance_region,
        ),
        chance=chance,
        full=full,
        made_today=[],
    )
    past, ahead = stage.plan.past_days, stage.rules.horizon_days
    for offset in range(-past, ahead):
        stage.do(write_day, diary=diary, on=stage.today + timedelta(days=offset))
        stage.report(20 + 78 * (past + offset + 1) // (past + ahead))
    stage.do(write_counters, diary=diary)
    after: int | None = 0
    while after is not None:
        after = stage.do(ledger_history.catch_up, after=after)


def _say(percent: int) -> None:
    """One line that grows on a terminal, one line a step in a log."""
    end = "\n" if percent == 100 or not sys.stdout.isatty() else ""
    start = "\r" if sys.stdout.isatty() else ""
    print(f"{start}正在建立医院… {percent} % Building the hospital", end=end, flush=True)
