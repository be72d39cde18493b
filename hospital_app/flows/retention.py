"""保存期限, applied: batch after batch until nothing is over its time, or this round's share is done."""

from collections.abc import Mapping
from datetime import timedelta

from hospital_app.container import container
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows.unit import perform
from hospital_app.services import retention

BATCH = 200
BATCHES_A_ROUND = 50  # of each table; what is left waits for the next round
BEHAVIOUR = "behaviour"  # the event log's collection of page views


def apply(*, batch: int = BATCH) -> Mapping[str, int]:
    """Table → rows that went. May run twice at once."""
    gone = {name: _through(name, batch) for name in retention.SWEEPS}
    house = container()
    before = house.clock() - timedelta(days=house.rules.keep_behaviour_days)
    gone[BEHAVIOUR] = house.event_log.forget(BEHAVIOUR, before)
    return gone


def _through(name: str, batch: int) -> int:
    total = 0
    for _ in range(BATCHES_A_ROUND):
        gone = perform(SYSTEM, retention.sweep, name=name, limit=batch)
        total += gone
        if gone < batch:
            break
    return total
