"""A stream of patients who book, pay, cancel or forget, whatever breaks meanwhile; and what they were promised."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from threading import Thread
from typing import TypeVar

import httpx
from sqlalchemy import case, select, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from hospital_app import clock
from hospital_app.domain.errors import Refusal
from hospital_app.flows import booking
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.operation import OutboxRow
from tests.support.builders import people
from tests.support.town import Clinic, Order, Town

T = TypeVar("T")

FATES = ("pay", "pay", "pay without a callback", "pay and cancel", "pay and cancel", "let go", "forget")
LONGEST_SECONDS = 60


@dataclass
class Stream:
    """`promised` is what patients were told: the number of each order, and how it must end."""

    town: Town
    clinic: Clinic
    seed: int
    clients: int = 4
    orders_each: int = 5
    promised: dict[str, str] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    faults: list[BaseException] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.clients * self.orders_each

    @contextmanager
    def flowing(self) -> Iterator["Stream"]:
        """The patients come during the block, and everybody has been served at its end."""
        pairs = people(self.town.house.sessions, self.total)
        share = [pairs[i :: self.clients] for i in range(self.clients)]
        threads = [Thread(target=self._client, args=(i, mine)) for i, mine in enumerate(share)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            for thread in threads:
                thread.join()
        if self.faults:
            raise self.faults[0]

    def _client(self, which: int, pairs: list[tuple[int, int]]) -> None:
        chance = Random(self.seed * 100 + which)
        try:
            for pair in pairs:
                self._serve(pair, chance.choice(FATES))
        except BaseException as fault:  # told to the test's own thread
            self.faults.append(fault)

    def _serve(self, pair: tuple[int, int], fate: str) -> None:
        town = self.town
        order = insist(lambda: town.held(self.clinic, pair, key=f"seed-{self.seed}"))
        if fate == "forget":
            insist(lambda: ends_now(town, order))
            self.promised[order.no] = "expired"
            return
        if fate == "let go":
            insist(lambda: booking.cancel(order.actor, no=order.no))
            self.promised[order.no] = "released"
            return
        number = insist(lambda: town.bill(order))
        outcome = "timeout" if fate == "pay without a callback" else "success"
        # 409: an answer was lost and the order had been paid already.
        status = insist(lambda: town.world.choose(number, outcome))
        assert status in (202, 409), status
        self.paid.add(number)
        self.promised[order.no] = "booked"
        if fate == "pay and cancel":
            insist(lambda: _booked(town, order))
            insist(lambda: booking.cancel(order.actor, no=order.no))
            self.promised[order.no] = "patient"


class NotYet(Exception):
    """What a patient waits for has not happened."""


def insist(act: Callable[[], T]) -> T:
    """Try again whatever passes, as people do; a Refusal that is not about the moment is an answer."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        try:
            return act()
        except (DBAPIError, httpx.TransportError, NotYet, Refusal) as fault:
            passing = not isinstance(fault, Refusal) or fault.status >= 500
            if not passing or time.monotonic() > deadline:
                raise
        time.sleep(0.05)


def _booked(town: Town, order: Order) -> None:
    if town.seen(order).status != "booked":
        raise NotYet(order.no)


def ends_now(town: Town, order: Order) -> None:
    """Move the end of a hold to this second, as if its minutes were over."""
    now = clock.now()
    with town.house.sessions.begin() as session:
        row = session.scalars(select(Appointment).where(col(Appointment.no) == order.no).with_for_update()).one()
        if row.status != "pending":
            return
        row.held_until = now
        session.execute(update(Slot).where(col(Slot.id) == row.slot_id).values(held_until=now))


def still_owed(town: Town) -> list[OutboxRow]:
    """Effects not carried out yet, those put off for a retry included; deadlines of holds count once they have come."""
    now = clock.now()
    retried_by = now + timedelta(minutes=5)
    with town.house.sessions() as session:
        return list(
            session.scalars(
                select(OutboxRow).where(
                    col(OutboxRow.done_at).is_(None),
                    col(OutboxRow.failed_at).is_(None),
                    col(OutboxRow.run_at) <= case((col(OutboxRow.kind) == "hold.expire", now), else_=retried_by),
                )
            )
        )
