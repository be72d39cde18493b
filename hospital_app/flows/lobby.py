"""排队入场：who may book now, and where the others stand."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from hospital_app.container import container
from hospital_app.domain.calendar import next_release
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.domain.lobby import Line, Movement, Pace, Standing, seconds_left
from hospital_app.domain.policy import Rules

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class View:
    """What somebody in the lobby sees. `release_at`: numbers are released soon; None: not within the hour."""

    inside: bool
    turn: int
    ahead: int
    seconds: int
    release_at: datetime | None
    now: datetime


def enter(place: str) -> View:
    """Where this place stands; a new one joins the end of the line."""
    rules = container().rules
    pace = pace_of(rules)
    standing = container().lobby.enter(name_of(place), pace) if pace.per_second else Standing(inside=True)
    return _view(rules, standing, moving=0.0)


def is_quiet() -> bool:
    """Nobody waited when this process looked last, which was lately: `check` would ask nobody."""
    return _latest.is_quiet() or container().rules_known().lobby_per_second == 0


def check(actor: Actor, *, place: str) -> None:
    """May this account book now? Nobody overtakes those who wait: raises Refusal wait_in_line (429).

    While nobody waits everybody may. Without a place of its own an account stands in the line as itself.
    """
    rules = container().rules
    pace = pace_of(rules)
    if pace.per_second == 0 or actor.account_id is None or not _latest.somebody_waits():
        return
    mine = f"account:{actor.account_id}"
    standing = container().lobby.enter(name_of(place) if place else mine, pace, owner=mine)
    if not standing.inside and not standing.turn:  # it is inside for somebody else
        standing = container().lobby.enter(mine, pace, owner=mine)
    if standing.inside:
        return
    left = seconds_left(standing.ahead, moving=0.0, pace=pace)
    raise Refusal(
        "wait_in_line",
        "现在预约的人很多，您前面还有 {ahead} 人，请保持页面打开，轮到您时再点一次。",
        429,
        params={"ahead": standing.ahead},
        extra={"ahead": standing.ahead, "seconds": left, "retry_after_seconds": min(left, 10)},
    )


@dataclass(slots=True)
class Board:
    """The line as one process tells of it: one question a second, however many ask here."""

    movement: Movement
    line: Line
    looked_at: float = 0.0

    def look(self) -> None:
        """Ask the store. Blocks."""
        self.looked_at = time.monotonic()
        self.line = container().lobby.line(pace_of(container().rules))
        self.movement.note(self.looked_at, self.line.next_turn)

    def somebody_waits(self) -> bool:
        """A second old at most."""
        if time.monotonic() - self.looked_at > LOOK_SECONDS:
            self.look()
        return self.line.waiting > 0

    def is_quiet(self) -> bool:
        """Without asking."""
        return time.monotonic() - self.looked_at <= LOOK_SECONDS and self.line.waiting == 0

    def view(self, turn: int) -> View:
        """Whoever took this turn."""
        ahead = self.line.ahead_of(turn)
        rules = container().rules
        return _view(rules, Standing(ahead < 0, turn, max(0, ahead)), moving=self.movement.per_second())


def new_board() -> Board:
    return Board(Movement(), Line(0, 0))


_latest = new_board()


def pace_of(rules: Rules) -> Pace:
    per_second = rules.lobby_per_second
    return Pace(
        per_second, max(1, per_second * rules.lobby_burst_seconds), rules.lobby_inside, rules.lobby_pass_minutes * 60
    )


def name_of(place: str) -> str:
    """How the store knows a place: a cookie in the clear would let its reader jump the line."""
    return sha256(place.encode()).hexdigest()[:32]


def _view(rules: Rules, standing: Standing, *, moving: float) -> View:
    now = container().clock()
    release_at = next_release(now, rules.release)
    soon = release_at - now <= timedelta(minutes=rules.lobby_countdown_minutes)
    seconds = 0 if standing.inside else seconds_left(standing.ahead, moving=moving, pace=pace_of(rules))
    return View(standing.inside, standing.turn, standing.ahead, seconds, release_at if soon else None, now)
