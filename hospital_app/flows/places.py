"""Where and with whom clinics are, remembered for a while: what is shown beside a new hold, and decides nothing.

In a release every hold of a batch may be at another clinic: they are asked for together.
"""

import time
from collections import OrderedDict
from collections.abc import Collection, Sequence

from sqlalchemy import Engine

from hospital_app.container import container
from hospital_app.domain.errors import not_found
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows.reading import look
from hospital_app.flows.together import Together
from hospital_app.services import appointments
from hospital_app.services.appointments import Place

REMEMBERED_SECONDS = 20.0
REMEMBERED = 5_000

_remembered: OrderedDict[tuple[Engine, int], tuple[float, Place]] = OrderedDict()


def known(schedule_id: int) -> Place | None:
    """Without asking anybody; None: not remembered."""
    found = _remembered.get((container().engine, schedule_id))
    return found[1] if found is not None and found[0] > time.monotonic() else None


def find(schedule_id: int) -> Place:
    """Asks the database, if need be."""
    place = known(schedule_id) or _learn({schedule_id}).get(schedule_id)
    if place is None:
        raise not_found("这个门诊")
    return place


async def find_soon(schedule_id: int) -> Place:
    """The same for a task, of which hundreds may ask at once."""
    place = known(schedule_id) or await _asked.ask(schedule_id)
    if place is None:
        raise not_found("这个门诊")
    return place


def _learn(schedule_ids: Collection[int]) -> dict[int, Place]:
    found = look(SYSTEM, appointments.places, schedule_ids=schedule_ids)
    until, engine = time.monotonic() + REMEMBERED_SECONDS, container().engine
    for schedule_id, place in found.items():
        _remembered[engine, schedule_id] = (until, place)
        _remembered.move_to_end((engine, schedule_id))
    while len(_remembered) > REMEMBERED:
        _remembered.popitem(last=False)
    return found


def _answers(schedule_ids: Sequence[int]) -> list[Place | None]:
    """What the question before this one has taught is not asked for again."""
    found = {schedule_id: known(schedule_id) for schedule_id in schedule_ids}
    if unknown := [schedule_id for schedule_id, place in found.items() if place is None]:
        found |= _learn(unknown)
    return [found[schedule_id] for schedule_id in schedule_ids]


_asked: Together[int, Place | None] = Together(_answers)
