"""捣乱: a seed and rates, by which notifications and answers of a channel go wrong, the same way each time.

What happens to the n-th of its kind depends on the seed and n alone, so that a failure found once is found again.
"""

import random
import sqlite3
from collections.abc import Mapping
from typing import Any, Literal

from hospital_app.sandbox.trouble import Trouble

CHAOS = "CREATE TABLE IF NOT EXISTS chaos (name TEXT PRIMARY KEY, value REAL NOT NULL);\n"
#: Notifications, in percent: not sent; sent twice; late; in any order; and how late at most.
NOTICES = ("never", "twice", "late", "shuffled")
#: Answers: done, but nobody hears of it; an error, in turn before the work and after it.
ANSWERS = ("timeout", "error")
OTHER: Mapping[str, float] = {"seed": 1, "late_seconds": 20, "timeout_seconds": 12, "bills_at_once": 0}
LIMITS: Mapping[str, float] = {
    **dict.fromkeys((*NOTICES, *ANSWERS), 100),
    "seed": 2**31,
    "late_seconds": 3600,
    "timeout_seconds": 60,
    "bills_at_once": 1,
}
Fate = Literal["", "timeout", "error before", "error after"]


def settings(books: sqlite3.Connection) -> dict[str, float]:
    """Rates in percent, and the rest; all 0 until somebody asks for it."""
    known = dict(books.execute("SELECT name, value FROM chaos WHERE name NOT LIKE 'n:%'").fetchall())
    return {**dict.fromkeys((*NOTICES, *ANSWERS), 0.0), **OTHER, **known}


def configure(books: sqlite3.Connection, fields: Mapping[str, Any]) -> None:
    """What is named is changed, and all begins anew. Raises Trouble 422."""
    try:
        wanted = {name: float(value) for name, value in fields.items() if name in LIMITS}
    except (TypeError, ValueError) as failure:
        raise Trouble(422, "malformed", "比例与秒数须为数字。") from failure
    if not all(0 <= value <= LIMITS[name] for name, value in wanted.items()):
        raise Trouble(422, "malformed", "比例须为 0 到 100，秒数不可过大。")
    known = {**settings(books), **wanted}
    if sum(known[name] for name in NOTICES) > 100 or sum(known[name] for name in ANSWERS) > 100:
        raise Trouble(422, "malformed", "各项比例之和不可超过 100。")
    with books:
        books.execute("DELETE FROM chaos WHERE name LIKE 'n:%'")
        books.executemany("INSERT OR REPLACE INTO chaos VALUES (?, ?)", list(wanted.items()))


def delays(books: sqlite3.Connection, planned: list[float]) -> list[float]:
    """When one event is told of, instead of as planned. Within the caller's transaction."""
    known = settings(books)
    if not any(known[name] for name in NOTICES):
        return planned
    dice = _dice(books, "notice", known["seed"])
    fate = _fate(dice, known, NOTICES)
    if fate == "never":
        return []
    if fate == "twice":
        return [*planned, *planned]
    if fate == "late":
        return [each + known["late_seconds"] for each in planned]
    if fate == "shuffled":
        return [each + dice.random() * known["late_seconds"] for each in planned]
    return planned


def answer(books: sqlite3.Connection) -> Fate:
    """What becomes of the next answer."""
    known = settings(books)
    if not any(known[name] for name in ANSWERS):
        return ""
    with books:
        dice = _dice(books, "answer", known["seed"])
    fate = _fate(dice, known, ANSWERS)
    if fate == "error":
        return "error before" if dice.random() < 0.5 else "error after"
    return "timeout" if fate else ""


def _dice(books: sqlite3.Connection, kind: str, seed: float) -> random.Random:
    """Of the next of this kind."""
    (count,) = books.execute(
        "INSERT INTO chaos VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (f"n:{kind}",),
    ).fetchone()
    return random.Random(f"{int(seed)}:{kind}:{int(count)}")


def _fate(dice: random.Random, known: Mapping[str, float], names: tuple[str, ...]) -> str:
    rolled = dice.random() * 100
    for name in names:
        rolled -= known[name]
        if rolled < 0:
            return name
    return ""
