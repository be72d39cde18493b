"""Who a token is, asked of Redis first: a patient's session that is kept there costs no database."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from hospital_app.container import container
from hospital_app.domain.identity import ANONYMOUS, SYSTEM, Actor, Role
from hospital_app.domain.ready import KeptSession
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import sessions
from hospital_app.services.sessions import SEEN_EVERY

#: Longer than a transaction takes: one that began so long ago may commit now.
LATELY = timedelta(seconds=20)
WRITTEN_AT_ONCE = 500


def find(token: str, caller: Actor = ANONYMOUS) -> Actor:
    """The actor of a token; ANONYMOUS for none that lives. Notes that the session is in use, once a minute."""
    token_hash = sessions.fingerprint(token)
    (kept,) = container().sessions_kept.look([token_hash])
    if kept is not None and (actor := _actor(kept)) is not None:
        return actor
    read_at = time.time()
    found = look(caller, sessions.find, token=token)
    seen_at = found.seen_at
    if found.actor.session_id is not None and seen_at <= container().clock() - SEEN_EVERY:
        perform(found.actor, sessions.touch, session_id=found.actor.session_id)
        seen_at = container().clock()
    if (kept := sessions.worth_keeping(found, token_hash, seen_at=seen_at)) is not None:
        container().sessions_kept.keep([kept], read_at=read_at)
    return found.actor


def kept(tokens: Sequence[str]) -> list[Actor | None]:
    """Whose sessions are kept ready and need not be noted as in use, all in one question; None: `find` it alone."""
    now = container().clock()
    found = container().sessions_kept.look([sessions.fingerprint(token) for token in tokens])
    return [None if session is None or _is_due(session, now) else _actor(session) for session in found]


def keep_fresh(*tokens: str) -> None:
    """Sessions that were just opened, before their holders ask for anything."""
    read_at = time.time()
    fresh = look(SYSTEM, sessions.to_keep, token_hashes=[sessions.fingerprint(token) for token in tokens])
    container().sessions_kept.keep(fresh, read_at=read_at)


def compare() -> None:
    """Several times a second: what ended lately is forgotten, whoever failed to say so."""
    shelf = container().sessions_kept
    ended, frozen = look(SYSTEM, sessions.changed_since, since=container().clock() - LATELY)
    shelf.forget(token_hashes=ended, account_ids=frozen)
    shelf.compared()


def write_down_use() -> int:
    """That sessions were in use, for all that came by since the last time; how many."""
    ids = container().sessions_kept.used(limit=WRITTEN_AT_ONCE)
    if ids:
        perform(SYSTEM, sessions.touch_many, session_ids=ids)
    return len(ids)


def _actor(kept: KeptSession) -> Actor | None:
    """None: ask the database."""
    now, rules = container().clock(), container().rules
    idle_until = kept.seen_at + sessions.idle_limit(rules, Role.PATIENT).total_seconds()
    second = int(now.timestamp())
    if second >= min(kept.expires_at, idle_until):
        return None
    if _is_due(kept, now) and not container().sessions_kept.note_use(kept, at=second):
        return None
    return Actor(Role.PATIENT, account_id=kept.account_id, session_id=kept.session_id)


def _is_due(kept: KeptSession, now: datetime) -> bool:
    """It was not noted as in use for a while."""
    return int(now.timestamp()) - kept.seen_at >= SEEN_EVERY.total_seconds()
