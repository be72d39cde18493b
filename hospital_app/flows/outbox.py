"""Effects outside the database, carried out: at least once, in order per lane, until they are done."""

import logging
import time
from collections.abc import Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from hospital_app.container import container
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import Rejected, Silent, Unreachable
from hospital_app.services import expiring, outbox

log = logging.getLogger(__name__)

BATCH = 500
EXPIRED_AT_ONCE = 200
# Seconds before the second try; it doubles with each, up to settings.outbox_retry_max_seconds.
FIRST_RETRY_SECONDS: Mapping[str, int] = {
    "payment.query": 30,
    "refund.execute": 2,
    "settlement.settle": 2,
    "his.sync": 2,
}
# And the longest pause, where it is shorter than the setting: what an hour left behind does not wait for one row.
LONGEST_RETRY_SECONDS: Mapping[str, int] = {"his.sync": 30}
# Kinds that are always due at once: whoever gets through again after a failure wakes all the others.
WOKEN = {"his.sync"}
WAKE_EVERY_SECONDS = 5.0
_woken_at: dict[str, float] = {}  # kind of job -> on the monotonic clock

# After waiting once in vain, this worker puts off what goes the same way without trying, for a while: a partner that
# hangs must not hold up everybody else's slips and refunds.
_silent_until: dict[str, float] = {}  # kind of job -> on the monotonic clock

Handler = Callable[..., None]


def relay() -> int:
    """Hand due rows to the queue; how many. Rows whose carrier was lost come again by themselves.

    Ends of holds are worked off here: at the end of a rush there are thousands in one second, which as jobs would keep
    everybody's slips and refunds waiting.
    """
    if not look(SYSTEM, outbox.anything_due):
        return 0
    ended = _expire()
    again = container().settings.outbox_again_seconds
    rows = perform(SYSTEM, outbox.hand_out, limit=BATCH, again_after_seconds=again)
    if rows:
        container().jobs.enqueue_many(rows)
    return len(rows) + ended


def _expire() -> int:
    """Ends of holds that are due, one batch; what fails as a batch goes to the queue, one by one."""
    try:
        return perform(SYSTEM, expiring.work_off, limit=EXPIRED_AT_ONCE)
    except SQLAlchemyError:
        log.exception("holds are ended one by one")
        return 0


def work_off(row_id: int, handlers: Mapping[str, Handler]) -> None:
    """Carry out a row, after the earlier rows of its lane; quiet if the work is done or somebody else has it."""
    while True:
        job = perform(SYSTEM, outbox.claim, row_id=row_id, seconds=container().settings.outbox_claim_seconds)
        if job is None or not _carry_out(job, handlers[job.kind]):
            return
        if job.lane is None:
            return
        following = perform(SYSTEM, outbox.next_in_lane, lane=job.lane)
        if following is None:
            return
        row_id = following


def _carry_out(job: outbox.Job, handler: Handler) -> bool:
    if time.monotonic() < _silent_until.get(job.kind, 0):
        _postpone(job, "not tried: there was no answer to the one before")
        return False
    try:
        handler(**job.payload)
    except Silent as error:
        _silent_until[job.kind] = time.monotonic() + container().settings.outbox_silence_seconds
        _postpone(job, str(error))
        return False
    except Unreachable as error:
        _postpone(job, str(error))
        return False
    except Rejected as error:
        log.error("outbox row %s (%s) was refused for good: %s", job.id, job.kind, error)
        perform(SYSTEM, outbox.give_up, row_id=job.id, error=str(error))
        return False
    except Exception as error:
        log.exception("outbox row %s (%s) failed", job.id, job.kind)
        _postpone(job, _first_line(error))
        return False
    perform(SYSTEM, outbox.finish, row_id=job.id)
    if job.kind in WOKEN and job.attempts > 1:
        _wake(job.kind)
    return True


def _wake(kind: str) -> None:
    """The other side is back: nobody waits for the end of a pause."""
    now = time.monotonic()
    if now - _woken_at.get(kind, -WAKE_EVERY_SECONDS) >= WAKE_EVERY_SECONDS:
        _woken_at[kind] = now
        perform(SYSTEM, outbox.wake, kind=kind)


def _postpone(job: outbox.Job, error: str) -> None:
    perform(SYSTEM, outbox.postpone, row_id=job.id, lane=job.lane, seconds=_pause(job), error=error)


def _pause(job: outbox.Job) -> int:
    first = FIRST_RETRY_SECONDS.get(job.kind, 1)
    longest = container().settings.outbox_retry_max_seconds
    longest = min(longest, LONGEST_RETRY_SECONDS.get(job.kind, longest))
    return min(longest, first << min(max(job.attempts - 1, 0), 10))


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
