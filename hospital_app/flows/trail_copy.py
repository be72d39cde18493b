"""审计副本: sealed entries are copied out of the database, in order, and catch up by themselves after an absence."""

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from hospital_app.container import container
from hospital_app.domain.chain import Link
from hospital_app.domain.identity import SYSTEM
from hospital_app.domain.policy import AUDIT_KEPT_DAYS
from hospital_app.flows.reading import look
from hospital_app.ports import Unreachable
from hospital_app.services import trail

log = logging.getLogger(__name__)
BATCH = 500
#: After an absence the scheduler's other duties shall not wait for it at every turn.
PAUSE_SECONDS = 30.0
_away_until: list[float] = [0.0]  # on the monotonic clock


def catch_up() -> int:
    """Copy what is sealed and not copied yet; how many links. Doing it twice changes nothing more."""
    copy = container().audit_copy
    if copy is None or time.monotonic() < _away_until[0]:
        return 0
    count = 0
    try:
        newest = copy.newest()
        after = newest[0] if newest else 0
        while links := look(SYSTEM, trail.links, after_seq=after, limit=BATCH):
            copy.keep([_document(link) for link in links if link.entry is not None])
            after, count = links[-1].seq, count + len(links)
    except Unreachable as fault:
        _away_until[0] = time.monotonic() + PAUSE_SECONDS
        log.warning("audit trail is not copied: %s; again in %.0f s", fault, PAUSE_SECONDS)
    return count


def retire() -> int:
    """Remove copies past the retention that the rules in force give the trail; how many."""
    house = container()
    if house.audit_copy is None:
        return 0
    days = max(house.rules.audit_retention_days, AUDIT_KEPT_DAYS + 1)
    try:
        return house.audit_copy.forget(house.clock() - timedelta(days=days))
    except Unreachable as fault:
        log.warning("old copies of the audit trail stay for now: %s", fault)
        return 0


def disagreement() -> str | None:
    """What the newest copied link says against the database, in a sentence; None if nothing, or nobody to ask."""
    copy = container().audit_copy
    if copy is None:
        return None
    try:
        newest = copy.newest()
    except Unreachable:
        return None
    if newest is None:
        return None
    seq, hash_ = newest
    kept = look(SYSTEM, trail.links, after_seq=seq - 1, limit=1)
    if not kept or kept[0].seq != seq:
        return f"the copy in MongoDB has link {seq}, the database has not: the newest links were removed"
    if kept[0].hash != hash_:
        return f"link {seq} of the copy in MongoDB is another than the database's"
    return None


def _document(link: Link) -> Mapping[str, Any]:
    """With all that its hash covers, so that the copy can be verified by itself."""
    entry = asdict(link.entry) if link.entry else {}
    entry_id = entry.pop("id", link.entry_id)
    return {"seq": link.seq, "hash": link.hash, "sealed_at": link.sealed_at, "entry_id": entry_id, **entry}
