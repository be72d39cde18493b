"""随机返池：who waits for a number that an accomplice gives back waits in vain; honest later visitors get it."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.domain.policy import Rules
from hospital_app.domain.scalping import Counts
from hospital_app.flows import alerts, booking, gate, waitlist
from hospital_app.models.booking import Schedule, Slot
from hospital_app.services import grid, scalping
from hospital_app.work import Work
from tests.services.test_misuse import signed_in
from tests.support.builders import TOMORROW, a_doctor, a_patient, a_schedule, an_account, first_period
from tests.support.house import House, patient_actor
from tests.support.people import a_member_of_staff

LATEST = timedelta(minutes=Rules().scalping_return_minutes)
SUSPICIOUS = Counts(unseen=9, bursts=4)


class Somebody:
    """An account with one person."""

    def __init__(self, house: House) -> None:
        self.account = an_account(house.sessions)
        self.person = a_patient(house.sessions, account_id=self.account)
        self.actor = patient_actor(self.account)
        self.tries = 0

    def hold(self, schedule: int) -> str:
        self.tries += 1
        return booking.hold(
            self.actor,
            schedule_id=schedule,
            starts_at=first_period(),
            patient_id=self.person,
            key=f"{self.account}-{self.tries}",
        ).no

    def gets(self, schedule: int) -> bool:
        with suppress(Refusal):
            return bool(self.hold(schedule))
        return False


def one_number(house: House) -> int:
    return a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=1, period_count=1)


def alerted(house: House, account: int, *schedules: int) -> int:
    found = house.do(scalping.raise_alert, account_id=account, counts=SUSPICIOUS, schedules=schedules)
    assert found is not None
    return found


def opens_at(house: House, schedule: int) -> datetime | None:
    with house.sessions() as session:
        return session.scalars(select(col(Slot.opens_at)).where(col(Slot.schedule_id) == schedule)).one()


def provider_of(house: House, schedule: int) -> str:
    with house.sessions() as session:
        return session.get_one(Schedule, schedule).provider


def left(house: House, schedule: int) -> int:
    """What the calendar says, built anew."""

    def read(work: Work) -> int:
        cells = grid.cells(work, provider=provider, start=TOMORROW, days=1)
        return sum(cell.left for cell in cells if cell.schedule_id == schedule)

    provider = provider_of(house, schedule)
    return house.do(read)


def test_without_an_alert_a_number_is_free_at_once(house: House) -> None:
    schedule, seller, buyer = one_number(house), Somebody(house), Somebody(house)
    booking.cancel(seller.actor, no=seller.hold(schedule))
    assert opens_at(house, schedule) is None
    assert buyer.gets(schedule)


@pytest.mark.parametrize("gives_back", ["cancels", "lets it run out", "is swept"])
def test_a_number_is_not_handed_over_under_an_alert(house: House, gives_back: str) -> None:
    schedule, seller, buyer, honest = one_number(house), Somebody(house), Somebody(house), Somebody(house)
    no = seller.hold(schedule)
    alerted(house, seller.account)
    if gives_back == "cancels":
        booking.cancel(seller.actor, no=no)
    else:
        house.later(minutes=Rules().hold_minutes)
        if gives_back == "is swept":
            booking.sweep()
    assert not buyer.gets(schedule), "the accomplice is there at the same second"
    moment = opens_at(house, schedule)
    assert moment is not None and house.now < moment <= house.now + LATEST
    gate.rebuild([schedule])
    assert left(house, schedule) == 0 and not buyer.gets(schedule), "gate and calendar agree that there is none"
    house.at(moment)
    assert left(house, schedule) == 1
    assert honest.gets(schedule)
    assert house.broken() == []


def test_whoever_meets_a_number_that_returns_late_gets_another_one(house: House) -> None:
    schedule = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=2, period_count=1)
    seller, visitor = Somebody(house), Somebody(house)
    seller.hold(schedule)
    alerted(house, seller.account)
    house.later(minutes=Rules().hold_minutes)  # and nobody has swept yet
    assert visitor.gets(schedule)
    assert not Somebody(house).gets(schedule)
    assert house.broken() == []


def test_the_clinic_that_an_alert_is_about_is_watched_whoever_gives_back(house: House) -> None:
    wanted, other, scalper, stranger = one_number(house), one_number(house), Somebody(house), Somebody(house)
    nos = [stranger.hold(wanted), stranger.hold(other)]
    alerted(house, scalper.account, wanted)
    for no in nos:
        booking.cancel(stranger.actor, no=no)
    assert opens_at(house, wanted) is not None
    assert opens_at(house, other) is None


def test_an_accomplice_on_the_same_device_is_watched_too(house: House) -> None:
    mine, theirs, scalper, accomplice, stranger = (
        one_number(house),
        one_number(house),
        Somebody(house),
        Somebody(house),
        Somebody(house),
    )
    for each, device in ((scalper, "farm"), (accomplice, "farm"), (stranger, "own")):
        signed_in(house, each.account, device=device)
    alerted(house, scalper.account)
    booking.cancel(accomplice.actor, no=accomplice.hold(mine))
    booking.cancel(stranger.actor, no=stranger.hold(theirs))
    assert opens_at(house, mine) is not None
    assert opens_at(house, theirs) is None


def test_the_line_goes_before_and_at_once(house: House) -> None:
    schedule, seller, buyer, waiting = one_number(house), Somebody(house), Somebody(house), Somebody(house)
    no = seller.hold(schedule)
    alerted(house, seller.account, schedule)
    provider = provider_of(house, schedule)
    waitlist.join(waiting.actor, provider=provider, on=TOMORROW, patient_id=waiting.person)
    booking.cancel(seller.actor, no=no)
    assert not buyer.gets(schedule)
    assert waitlist.sweep() == 1
    assert [entry.status for entry in waitlist.listing(waiting.actor)] == ["offered"]


def admin(house: House) -> Actor:
    return Actor(Role.HOSPITAL_ADMIN, staff_id=a_member_of_staff(house))


def dismissed(house: House, alert: int) -> None:
    alerts.dismiss(admin(house), alert_id=alert, answer="误报")


def confirmed(house: House, alert: int) -> None:
    alerts.confirm(admin(house), alert_id=alert, answer="已冻结")


def grown_old(house: House, alert: int) -> None:
    house.later(hours=Rules().scalping_watch_hours)


@pytest.mark.parametrize("over", [dismissed, confirmed, grown_old])
def test_an_alert_that_is_over_delays_nothing(house: House, over: Callable[[House, int], None]) -> None:
    schedule, seller = one_number(house), Somebody(house)
    over(house, alerted(house, seller.account))
    booking.cancel(seller.actor, no=seller.hold(schedule))
    assert opens_at(house, schedule) is None


def test_each_number_has_a_moment_of_its_own_before_its_half_hour(house: House) -> None:
    schedule = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=12, period_count=1)
    sellers = [Somebody(house) for _ in range(12)]
    nos = [seller.hold(schedule) for seller in sellers]
    alerted(house, sellers[0].account, schedule)
    for seller, no in zip(sellers, nos, strict=True):
        booking.cancel(seller.actor, no=no)
    with house.sessions() as session:
        moments = list(session.scalars(select(col(Slot.opens_at)).where(col(Slot.schedule_id) == schedule)))
    assert all(moment is not None and house.now < moment <= house.now + LATEST for moment in moments)
    assert len(set(moments)) > 6


def test_a_number_of_this_very_hour_is_not_wasted(house: House) -> None:
    schedule, seller = one_number(house), Somebody(house)
    house.at(first_period() - timedelta(seconds=1))
    alerted(house, seller.account)
    booking.cancel(seller.actor, no=seller.hold(schedule))
    assert opens_at(house, schedule) is None


def test_a_number_kept_for_later_does_not_open_earlier(house: House) -> None:
    """现场号 that a clerk gave and took back."""
    schedule, seller = one_number(house), Somebody(house)
    no = seller.hold(schedule)
    kept = first_period() - timedelta(minutes=30)
    with house.sessions.begin() as session:
        session.execute(update(Slot).where(col(Slot.schedule_id) == schedule).values(opens_at=kept))
    alerted(house, seller.account)
    booking.cancel(seller.actor, no=no)
    assert opens_at(house, schedule) == kept
