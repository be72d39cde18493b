"""闸门 built from the database: when somebody asks for a clinic, when numbers came free in it, and every second.

The order matters: how much is in doubt is read before the database, so that what happens meanwhile stays in doubt.
"""

from collections.abc import Sequence

from hospital_app.container import container
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows.reading import look
from hospital_app.services import gate_truth

ASKED_FOR_SECONDS = 5.0
ONE_ROUND = 200
ONE_READING = 20


def rebuild(schedule_ids: Sequence[int]) -> int:
    """Give the gate what the database has of these; how many clinics there were."""
    gate = container().gate
    done = 0
    for begin in range(0, len(schedule_ids), ONE_READING):
        some = schedule_ids[begin : begin + ONE_READING]
        doubts = gate.doubts(some)
        if doubts is None:
            return done
        for clinic in look(SYSTEM, gate_truth.clinics, schedule_ids=some):
            gate.load(clinic, doubts[clinic.schedule_id])
            done += 1
    return done


def reconcile() -> int:
    """Every second: what is being asked for."""
    return rebuild(container().gate.hot(within_seconds=ASKED_FOR_SECONDS, limit=ONE_ROUND))


def settle_doubts() -> int:
    """Several times a second: clinics where numbers came free."""
    return rebuild(container().gate.doubted(limit=ONE_ROUND))


def prepare() -> int:
    """Clinics that open about now, before the crowd asks for them."""
    return rebuild(look(SYSTEM, gate_truth.opening_soon))
