"""号源日历 kept ready: one process builds it, all read it; without Redis everybody builds their own."""

import time

from hospital_app.container import container
from hospital_app.domain.identity import ANONYMOUS
from hospital_app.domain.ready import KeptCalendar, SeenCalendar
from hospital_app.domain.schedule import read_provider
from hospital_app.flows import calendar_json
from hospital_app.flows.reading import look
from hospital_app.services import calendars
from hospital_app.services.calendars import Calendar

WAIT_SECONDS = 0.02
LONGEST_WAIT_SECONDS = 1.0
HOT_SECONDS = 5.0
HOT_CALENDARS = 40


def usable(seen: SeenCalendar, provider: str, days: int) -> KeptCalendar | None:
    """What may be shown without building anything: the newest, or, in a rush, what was the newest a moment ago."""
    kept = seen.kept
    if kept is None or not holds(kept):
        return None
    return kept if seen.fresh or not container().calendars.may_build(provider, days) else None


def holds(kept: KeptCalendar) -> bool:
    """The time has not made another one of it."""
    return kept.until > container().clock().timestamp()


def current(provider: str, days: int) -> KeptCalendar:
    """The calendar of a provider, the newest there is; raises Refusal not_found, malformed. Blocks."""
    provider = read_provider(provider).key
    seen = container().calendars.look(provider, days)
    if seen is None:
        return _built(provider, days, version=0)[0]
    return usable(seen, provider, days) or build(provider, days, version=seen.version)


def build(provider: str, days: int, *, version: int) -> KeptCalendar:
    """One that has seen everything up to this version: built here, or by whoever is quicker. Blocks."""
    shelf = container().calendars
    give_up_at = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        leased = shelf.lease(provider, days)
        seen = shelf.look(provider, days)
        if seen is None:
            return _built(provider, days, version=version)[0]
        kept = seen.kept
        if kept is not None and kept.version >= version and holds(kept):
            if leased:
                shelf.give_back(provider, days)
            return kept
        if leased or time.monotonic() > give_up_at:
            return _build_and_keep(provider, days, version=seen.version)
        time.sleep(WAIT_SECONDS)


def refresh_hot() -> int:
    """Build anew what is being asked for, so that nobody who asks has to; how many."""
    shelf = container().calendars
    hot = shelf.hot(within_seconds=HOT_SECONDS, limit=HOT_CALENDARS)
    for provider, days in hot:
        if shelf.lease(provider, days):
            seen = shelf.look(provider, days)
            _build_and_keep(provider, days, version=seen.version if seen else 0)
    return len(hot)


def shown(provider: str, days: int | None) -> Calendar:
    """The same for screens, as the services give it."""
    rules = container().rules
    return calendar_json.read(rules, current(provider, rules.horizon_days if days is None else days).body)


def _build_and_keep(provider: str, days: int, *, version: int) -> KeptCalendar:
    kept, found = _built(provider, days, version=version)
    container().calendars.keep(provider, days, kept, found.schedule_ids)
    return kept


def _built(provider: str, days: int, *, version: int) -> tuple[KeptCalendar, Calendar]:
    found = look(ANONYMOUS, calendars.calendar, provider=provider, days=days)
    body, etag = calendar_json.write(found)
    return KeptCalendar(version, int(found.changes_at.timestamp()), etag, body), found
