"""Where and with whom clinics are, remembered for seconds: what is shown beside a new hold, and decides nothing."""

import time
from collections import OrderedDict

from sqlalchemy import Engine

from hospital_app.container import container
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows.reading import look
from hospital_app.services import appointments
from hospital_app.services.appointments import Place

REMEMBERED_SECONDS = 5.0
REMEMBERED = 5_000

_remembered: OrderedDict[tuple[Engine, int], tuple[float, Place]] = OrderedDict()


def known(schedule_id: int) -> Place | None:
    """Without asking anybody; None: not remembered."""
    found = _remembered.get((container().engine, schedule_id))
    return found[1] if found is not None and found[0] > time.monotonic() else None


def find(schedule_id: int) -> Place:
    """Asks the database, if need be."""
    place = known(schedule_id)
    if place is None:
        place = look(SYSTEM, appointments.place, schedule_id=schedule_id)
        _remembered[container().engine, schedule_id] = (time.monotonic() + REMEMBERED_SECONDS, place)
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return place
