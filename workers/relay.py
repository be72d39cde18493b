"""Outbox → RQ. Several may run; each row goes to one of them."""

import logging
from threading import Event

from hospital_app.container import container
from hospital_app.flows import outbox

log = logging.getLogger(__name__)
PAUSE_AFTER_FAULT_SECONDS = 1.0


def run(stop: Event) -> None:
    """Until `stop` is set. A fault (database or Redis away) is logged and tried again."""
    interval = container().settings.relay_interval_seconds
    while not stop.is_set():
        try:
            if outbox.relay():
                continue
            stop.wait(interval)
        except Exception:
            log.exception("relay: trying again")
            stop.wait(PAUSE_AFTER_FAULT_SECONDS)
