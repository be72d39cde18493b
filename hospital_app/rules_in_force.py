"""规则 as they are at an instant: configuration, overlaid by what the hospital's admin has changed.

Every process remembers the changes, planned ones too, so that one takes effect at its very second without a query; it
reads them again after FRESH_SECONDS at the latest. The database away: what was read last holds.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col

from hospital_app.db import make_sessions
from hospital_app.domain.policy import Rules
from hospital_app.domain.rulebook import overlay
from hospital_app.models.changing import RuleChange

log = logging.getLogger(__name__)
FRESH_SECONDS = 2.0
_ALWAYS = datetime.min.replace(tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)

#: (from when on, rule, value as written), in the order in which they take effect.
Changes = tuple[tuple[datetime, str, str], ...]


class RulesInForce:
    """Of one process and one database."""

    def __init__(self) -> None:
        self._reading = threading.Lock()
        self._read_at = float("-inf")
        self._changes: Changes = ()
        self._known: tuple[Rules, Rules, datetime, datetime] | None = None

    def at(self, now: datetime, *, base: Rules, engine: Engine) -> Rules:
        """At most FRESH_SECONDS behind. May ask the database: not for the event loop."""
        if self._is_stale() and self._reading.acquire(blocking=self._read_at == float("-inf")):
            try:
                if self._is_stale():
                    self._read(engine)
            finally:
                self._reading.release()
        return self._overlaid(base, now)

    def known(self, now: datetime, *, base: Rules, refresh: Callable[[], object]) -> Rules:
        """By what was read last; never waits. What is stale is read beside it, for the next one who asks."""
        if self._is_stale() and not self._reading.locked():
            threading.Thread(target=refresh, daemon=True).start()
        return self._overlaid(base, now)

    def forget(self) -> None:
        """This process has changed something: the next one who asks reads."""
        self._read_at = float("-inf")

    def _is_stale(self) -> bool:
        return time.monotonic() - self._read_at > FRESH_SECONDS

    def _read(self, engine: Engine) -> None:
        query = (
            select(col(RuleChange.effective_at), col(RuleChange.name), col(RuleChange.value))
            .where(col(RuleChange.withdrawn_at).is_(None))
            .order_by(col(RuleChange.effective_at), col(RuleChange.id))
        )
        try:
            with make_sessions(engine.execution_options(read=True))() as session:
                found = tuple((row[0], row[1], row[2]) for row in session.execute(query))
        except SQLAlchemyError:
            log.warning("the rules could not be read: those read last hold")
            found = self._changes
        if found != self._changes:
            self._changes, self._known = found, None
        self._read_at = time.monotonic()

    def _overlaid(self, base: Rules, now: datetime) -> Rules:
        known = self._known
        if known is not None and known[1] is base and known[2] <= now < known[3]:
            return known[0]
        changes = self._changes
        begun = [change for change in changes if change[0] <= now]
        rules = overlay(base, {name: value for _, name, value in begun})
        until = changes[len(begun)][0] if len(begun) < len(changes) else _NEVER
        self._known = (rules, base, begun[-1][0] if begun else _ALWAYS, until)
        return rules
