"""What comes round by itself. Runs in its own process and needs neither Redis nor RQ to be right."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

from hospital_app.container import container
from hospital_app.flows import (
    alerts,
    booking,
    calendars,
    changes,
    gate,
    his_comparison,
    ledger,
    reconciling,
    retention,
    schedules,
    signin,
    trail,
    trail_copy,
    waiting,
    waitlist,
    who,
)

log = logging.getLogger(__name__)
TICK_SECONDS = 0.5
QUICK_TICK_SECONDS = 0.1


@dataclass
class Round:
    """One periodic duty. `due_at` is on the monotonic clock."""

    name: str
    every_seconds: float
    duty: Callable[[], object]
    due_at: float = 0.0


def rounds() -> list[Round]:
    return [
        Round("sweep of holds", container().settings.sweep_interval_seconds, booking.sweep),
        Round("offers to who waits for a number", 1, waitlist.sweep),
        Round("numbers handed over", 2, alerts.watch_handovers),
        Round("choices after a suspension", 5, changes.sweep),
        Round("visits that nobody paid for", 10, waiting.miss_unpaid),
        Round("end of sessions", 60, waiting.close_ended),
        Round("use of sessions", 5, who.write_down_use),
        Round("schedules ahead", 3600, schedules.generate_ahead),
        Round("times of release", 30, schedules.follow_rules),
        Round("bills of the day before", 60, reconciling.begin),
        Round("retention", 3600, retention.apply),
        Round("history of the ledger", 1, ledger.catch_up_some),
        Round("day-end close", 60, ledger.close_due),
        Round("sign-ins left half-way", 3600, signin.forget_old_ceremonies),
        Round("seals of the audit trail", 2, trail.seal_recent),
        Round("seals left out", 600, trail.seal_everything),
        Round("copies of the audit trail", 5, trail_copy.catch_up),
        Round("inspection of the audit trail", 2, trail.inspect_some),
        Round("end of the audit trail's retention", 3600, trail.retire),
        Round("end of its copies' retention", 3600, trail_copy.retire),
    ]


def session_rounds() -> list[Round]:
    """Kept sessions are believed only while this comes round: in a rush nothing else may keep it waiting."""
    return [Round("sessions that ended", 0.4, who.compare)]


def long_rounds() -> list[Round]:
    """What takes seconds each time: nobody waits for it."""
    return [Round("comparison with the HIS", 3, his_comparison.nightly)]


def quick_rounds() -> list[Round]:
    """What may not wait for the slower ones; they have a thread of their own."""
    return [
        Round("doubts of the gate", 0.2, gate.settle_doubts),
        Round("the gate and the database", 1, gate.reconcile),
        Round("clinics that open", 5, gate.prepare),
        Round("calendars kept ready", 1, calendars.refresh_hot),
    ]


def run(stop: Event) -> None:
    """Until `stop` is set."""
    others = [
        Thread(target=turn, args=(duties, stop), kwargs={"tick_seconds": tick_seconds})
        for duties, tick_seconds in (
            (session_rounds(), QUICK_TICK_SECONDS),
            (quick_rounds(), QUICK_TICK_SECONDS),
            (long_rounds(), TICK_SECONDS),
        )
    ]
    for thread in others:
        thread.start()
    turn(rounds(), stop, tick_seconds=TICK_SECONDS)
    for thread in others:
        thread.join()


def turn(duties: list[Round], stop: Event, *, tick_seconds: float) -> None:
    """One duty's fault does not keep the others from their turn."""
    while not stop.is_set():
        for duty in duties:
            if time.monotonic() < duty.due_at:
                continue
            try:
                duty.duty()
            except Exception:
                log.exception("%s: trying again next time", duty.name)
            duty.due_at = time.monotonic() + duty.every_seconds
        stop.wait(max(tick_seconds, min(duty.due_at for duty in duties) - time.monotonic()))
