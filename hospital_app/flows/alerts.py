"""黄牛预警 from end to end: raised by who watches, answered by the hospital's admin; and numbers handed over."""

import logging
import time
from collections import deque
from dataclasses import dataclass, field

from hospital_app.container import Container, container
from hospital_app.domain import scalping
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.domain.scalping import Act, Kind, Seen, Step
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import freezing, handovers
from hospital_app.services import scalping as books
from hospital_app.services.freezing import FreezeView
from hospital_app.services.scalping import AlertView
from hospital_app.work import Work

log = logging.getLogger(__name__)
#: An id may be given before another one that is committed first.
LATE_COMMIT_SECONDS = 10.0
REMEMBERED = 10_000


def listing(actor: Actor) -> list[AlertView]:
    """Open ones first."""
    return look(actor, books.listing)


def dismiss(actor: Actor, *, alert_id: int, answer: str) -> AlertView:
    """No scalper after all: what was counted is forgotten, what was frozen by itself is free again.

    Raises Refusal not_found (404), already_handled (409), bad_answer (422).
    """
    done = perform(actor, books.dismiss, alert_id=alert_id, answer=answer)
    container().scalping.forget(done.account_id, [f"account:{done.account_id}"])
    return done


def confirm(actor: Actor, *, alert_id: int, answer: str) -> AlertView:
    """Seen, and dealt with. Raises Refusal not_found (404), already_handled (409), bad_answer (422)."""
    return perform(actor, books.confirm, alert_id=alert_id, answer=answer)


def freeze_and_confirm(work: Work, *, account_id: int, reason: str, hours: int, evidence: dict[str, int]) -> FreezeView:
    """An admin's freeze answers what is open against the account."""
    frozen = freezing.freeze(work, account_id=account_id, reason=reason, hours=hours, evidence=evidence)
    for alert_id in books.open_of(work, account_id=account_id):
        books.confirm(work, alert_id=alert_id, answer=reason)
    return frozen


def raise_alert(account_id: int, seen: Seen) -> None:
    """Written once for an account and window, whoever else has seen the same; the heaviest are frozen."""
    perform(SYSTEM, books.raise_alert, account_id=account_id, counts=seen.counts, schedules=seen.schedules)


@dataclass(slots=True)
class _Looked:
    """Up to which appointment one house was looked at."""

    house: Container
    marks: deque[tuple[float, int]] = field(default_factory=deque)  # (when, newest id then)
    known: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED))


_looked: list[_Looked] = []


def watch_handovers() -> int:
    """A few times a minute: who gave numbers to whom since the last look is counted against both; how many."""
    house = container()
    if not _looked or _looked[0].house is not house:
        _looked[:] = [_Looked(house)]
    here = _looked[0]
    now, newest = time.monotonic(), look(SYSTEM, handovers.newest)
    if not here.marks:
        here.marks.append((now, newest))
        return 0
    while len(here.marks) > 1 and here.marks[1][0] < now - LATE_COMMIT_SECONDS:
        here.marks.popleft()
    since = here.marks[0][1]
    later = look(SYSTEM, handovers.after, appointment_id=since) if newest > since else []
    found = [each for each in later if each.taken_id not in here.known]
    here.marks.append((now, newest))
    here.known.extend(each.taken_id for each in found)
    acts = [
        Act(Kind.LINKED if each.linked else Kind.HANDED, time.time(), account, schedule_id=each.schedule_id)
        for each in found
        for account in {each.giver, each.taker}
    ]
    if acts:
        rules = house.rules
        for account_id, seen in house.scalping.count(acts, scalping.watch_of(rules)).items():
            consider(house, account_id, seen)
    return len(found)


def consider(house: Container, account_id: int, seen: Seen) -> None:
    """Ask for proofs, warn, freeze: whatever the account's counts call for."""
    rules = house.rules
    points = scalping.score(rules, seen.counts)
    if scalping.needs_proof(rules, points, proved=seen.proved):
        until = time.time() + rules.scalping_window_minutes * 60
        house.scalping.mark([f"account:{account_id}"], until=until)
    if scalping.step(rules, points) >= Step.ALERT:
        raise_alert(account_id, seen)
