"""What may go wrong at the bureau: ordered for the next calls, or by chance from a seed."""

import json
import random
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

#: kind → what people read.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "silent-before": "未办理，也不应答",
        "silent-after": "已办理，但不应答",
        "late": "已办理，应答迟到",
        "refuse": "拒绝",
        "wrong-split": "金额有误",
    }
)
#: Those that move money, or say how much: chance strikes nowhere else.
STRUCK = ("2206", "2207", "2208", "2601", "6201", "6202", "6203")
MOST_SECONDS, MOST_TIMES = 600.0, 1000
_CHAOS = "chaos"


class Malformed(ValueError):
    """The order makes no sense; the text is for people."""


@dataclass(frozen=True, slots=True)
class Trouble:
    kind: str
    seconds: float = 0


def order(books: sqlite3.Connection, *, infno: str, kind: str, seconds: object, times: object) -> None:
    """Let the next `times` calls of a transaction go wrong. Raises Malformed."""
    if kind not in KINDS:
        raise Malformed(f"trouble 须为 {'、'.join(KINDS)} 之一。")
    if not (infno.isascii() and infno.isdecimal() and len(infno) == 4):
        raise Malformed("infno 须为四位交易编号。")
    try:
        lasts, count = float(str(seconds)), int(str(times))
    except ValueError:
        raise Malformed("seconds、times 须为数字。") from None
    if not (0 <= lasts <= MOST_SECONDS and 1 <= count <= MOST_TIMES):
        raise Malformed("seconds 须在 0 到 600 之间，times 在 1 到 1000 之间。")
    with books:
        books.execute(
            "INSERT INTO troubles (infno, kind, seconds, times) VALUES (?, ?, ?, ?)", (infno, kind, lasts, count)
        )


def set_chaos(books: sqlite3.Connection, *, seed: object, rates: object, seconds: object) -> None:
    """{kind: percent of the calls that move money}; all 0, or none: no chance. Raises Malformed."""
    given = rates if isinstance(rates, dict) else {}
    try:
        percents = {str(kind): int(str(percent)) for kind, percent in given.items()}
        drawn = {"seed": int(str(seed)), "rates": percents, "seconds": float(str(seconds)), "drawn": 0}
    except ValueError:
        raise Malformed("seed、seconds 与各比例须为数字。") from None
    if set(percents) - set(KINDS) or any(each < 0 for each in percents.values()) or sum(percents.values()) > 100:
        raise Malformed("各比例须为 0 到 100，合计不超过 100。")
    if not 0 <= drawn["seconds"] <= MOST_SECONDS:  # type: ignore[operator]
        raise Malformed("seconds 须在 0 到 600 之间。")
    with books:
        books.execute("INSERT OR REPLACE INTO switches VALUES (?, ?)", (_CHAOS, json.dumps(drawn)))


def calm(books: sqlite3.Connection) -> None:
    with books:
        books.execute("DELETE FROM troubles")
        books.execute("DELETE FROM switches WHERE name = ?", (_CHAOS,))


def ordered(books: sqlite3.Connection) -> list[sqlite3.Row]:
    return books.execute("SELECT * FROM troubles ORDER BY id").fetchall()


def chaos(books: sqlite3.Connection) -> dict[str, Any]:
    row = books.execute("SELECT value FROM switches WHERE name = ?", (_CHAOS,)).fetchone()
    return {} if row is None else json.loads(row["value"])


def strike(books: sqlite3.Connection, infno: str) -> Trouble | None:
    """What befalls this call."""
    with books:
        row = books.execute("SELECT * FROM troubles WHERE infno = ? ORDER BY id LIMIT 1", (infno,)).fetchone()
        if row is not None:
            books.execute("UPDATE troubles SET times = times - 1 WHERE id = ?", (row["id"],))
            books.execute("DELETE FROM troubles WHERE times <= 0")
            return Trouble(row["kind"], row["seconds"])
        by_chance = chaos(books)
        if not by_chance or infno not in STRUCK:
            return None
        by_chance["drawn"] += 1
        books.execute("INSERT OR REPLACE INTO switches VALUES (?, ?)", (_CHAOS, json.dumps(by_chance)))
    lot = random.Random(f"{by_chance['seed']}:{by_chance['drawn']}").randrange(100)
    for kind, percent in by_chance["rates"].items():
        if lot < percent:
            return Trouble(kind, by_chance["seconds"])
        lot -= percent
    return None
