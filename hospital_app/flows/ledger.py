"""账簿, kept by itself: what moved before there was one is entered, and days are closed."""

from datetime import date, timedelta

from sqlalchemy.exc import IntegrityError

from hospital_app.container import container
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import ledger_days, ledger_history

#: For what a process of the version before still moves beside us; years of payments take most of an hour.
WALKED_EVERY = timedelta(days=1)


class Walk:
    """A way along all payments, a window at a time, so that whoever does it can do other things between."""

    def __init__(self) -> None:
        self.after: int | None = 0
        self.again_at = container().clock()
        self.done_once = False

    def step(self) -> None:
        now = container().clock()
        if self.after is None and now < self.again_at:
            return
        self.after = perform(SYSTEM, ledger_history.catch_up, after=self.after or 0)
        if self.after is None:
            self.again_at, self.done_once = now + WALKED_EVERY, True


_walks: list[Walk] = []


def catch_up_some() -> None:
    """One step along the history; whoever runs it calls it again and again."""
    if not _walks:
        _walks.append(Walk())
    _walks[0].step()


def catch_up() -> None:
    """The whole history at once."""
    after: int | None = 0
    while after is not None:
        after = perform(SYSTEM, ledger_history.catch_up, after=after)


def close_due() -> list[date]:
    """Close what is due, once the history is entered; the days."""
    if not (_walks and _walks[0].done_once):
        return []
    until = look(SYSTEM, ledger_days.due)
    return [] if until is None else close(SYSTEM, until=until)


def close(actor: Actor, *, until: date) -> list[date]:
    """日结 up to and with a day that is over; the days that this call closed."""
    closed: list[date] = []
    while True:
        try:
            on = perform(actor, ledger_days.mark, until=until)
        except IntegrityError:  # somebody else was quicker with the same day
            continue
        if on is None:
            return closed
        perform(SYSTEM, ledger_days.balance, on=on)
        closed.append(on)
