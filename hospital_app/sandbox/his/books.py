"""What the pretended HIS holds: each resource, every version it ever accepted, and whether it is up."""

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hospital_app.sandbox.books import open_books
from hospital_app.sandbox.his import v2_books

SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
  kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, status TEXT, body TEXT NOT NULL,
  accepted_at REAL NOT NULL, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS resources_latest ON resources (kind, accepted_at);
CREATE INDEX IF NOT EXISTS resources_status ON resources (kind, status);
CREATE TABLE IF NOT EXISTS identifiers (
  kind TEXT NOT NULL, id TEXT NOT NULL, system TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (kind, id, system, value));
CREATE INDEX IF NOT EXISTS identifiers_by_value ON identifiers (kind, value);
CREATE TABLE IF NOT EXISTS times (kind TEXT NOT NULL, id TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (kind, id));
CREATE INDEX IF NOT EXISTS times_in_order ON times (kind, at, id);
CREATE TABLE IF NOT EXISTS history (
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
  accepted_at REAL NOT NULL, UNIQUE (kind, id, version));
CREATE TABLE IF NOT EXISTS switch (one INTEGER PRIMARY KEY CHECK (one = 1), up INTEGER NOT NULL);
INSERT OR IGNORE INTO switch VALUES (1, 1);
"""


class Conflict(Exception):
    """The version is not a whole number."""


class Overtaken(Exception):
    """What was to be replaced has been replaced already."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty: any. An identifier is `value`, `system|value`, or `system|` for all of a system."""

    identifiers: Sequence[str] = ()
    statuses: Sequence[str] = ()
    ids: Sequence[str] = ()

    def conditions(self, kind: str) -> tuple[str, list[str]]:
        where = ""
        values: list[str] = []
        for name, among in (("id", self.ids), ("status", self.statuses)):
            if among:
                where += f" AND {name} IN ({', '.join('?' * len(among))})"
                values += among
        for number, each in enumerate(self.identifiers):
            system, bar, value = each.rpartition("|")
            where += " OR " if number else " AND id IN (SELECT id FROM identifiers WHERE kind = ? AND ("
            values += [] if number else [kind]
            where += " AND ".join((["system = ?"] if bar else []) + (["value = ?"] if value else []))
            values += ([system] if bar else []) + ([value] if value else [])
        return where + ("))" if self.identifiers else ""), values


def open_his_books(path: Path) -> sqlite3.Connection:
    return open_books(path, SCHEMA + v2_books.SCHEMA)


def is_up(books: sqlite3.Connection) -> bool:
    return bool(books.execute("SELECT up FROM switch").fetchone()["up"])


def set_up(books: sqlite3.Connection, up: bool) -> None:
    with books:
        books.execute("UPDATE switch SET up = ?", (up,))


def hold(books: sqlite3.Connection, resource: dict[str, Any], *, instead_of: str | None = None) -> dict[str, Any]:
    """Take a version, unless one at least as new is held; answers what is held now.

    Runs inside the caller's transaction. A resource without meta.versionId is the next version. `instead_of`: the
    version that is held and gives way, whatever its number; raises Overtaken if another one is.
    """
    kind, identity = resource["resourceType"], resource["id"]
    held = fetch(books, kind, identity)
    version = _version(resource, 0 if held is None else int(held["meta"]["versionId"]) + 1)
    if instead_of is not None:
        if held is None or held["meta"]["versionId"] != instead_of:
            raise Overtaken(f"version {instead_of} is not what is held")
    elif held is not None and version <= int(held["meta"]["versionId"]):
        return held
    now = time.time()
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": _instant(now)}
    taken = {**resource, "meta": meta}
    body = json.dumps(taken, ensure_ascii=False)
    books.execute(
        "INSERT OR REPLACE INTO resources (kind, id, version, status, body, accepted_at) VALUES (?, ?, ?, ?, ?, ?)",
        (kind, identity, version, resource.get("status"), body, now),
    )
    books.execute(
        "INSERT OR REPLACE INTO history (kind, id, version, body, accepted_at) VALUES (?, ?, ?, ?, ?)",
        (kind, identity, version, body, now),
    )
    books.execute("DELETE FROM identifiers WHERE kind = ? AND id = ?", (kind, identity))
    books.executemany(
        "INSERT OR IGNORE INTO identifiers (kind, id, system, value) VALUES (?, ?, ?, ?)",
        [(kind, identity, each.get("system", ""), each["value"]) for each in resource.get("identifier", [])],
    )
    moment = resource.get("start") or resource.get("created")
    if moment is not None:
        at = datetime.fromisoformat(moment).timestamp()
        books.execute("INSERT OR REPLACE INTO times (kind, id, at) VALUES (?, ?, ?)", (kind, identity, at))
    return taken


def fetch(books: sqlite3.Connection, kind: str, identity: str) -> dict[str, Any] | None:
    row = books.execute("SELECT body FROM resources WHERE kind = ? AND id = ?", (kind, identity)).fetchone()
    return None if row is None else json.loads(row["body"])


def search(books: sqlite3.Connection, kind: str, wanted: Wanted, *, limit: int) -> list[dict[str, Any]]:
    """Latest accepted first."""
    where, values = wanted.conditions(kind)
    found = f"SELECT body FROM resources WHERE kind = ?{where}"
    rows = books.execute(f"{found} ORDER BY accepted_at DESC, rowid DESC LIMIT ?", (kind, *values, limit))
    return [json.loads(row["body"]) for row in rows]


def between(
    books: sqlite3.Connection,
    kind: str,
    wanted: Wanted,
    *,
    begin: float,
    end: float,
    after: tuple[float, str],
    limit: int,
) -> list[tuple[float, dict[str, Any]]]:
    """By their time, from behind (time, id) on."""
    where, values = wanted.conditions(kind)
    rows = books.execute(
        "SELECT at, body FROM times JOIN resources USING (kind, id)"
        f" WHERE kind = ? AND at >= ? AND at < ? AND (at, id) > (?, ?){where} ORDER BY at, id LIMIT ?",
        (kind, begin, end, *after, *values, limit),
    )
    return [(row["at"], json.loads(row["body"])) for row in rows]


def history(books: sqlite3.Connection, kind: str, identity: str) -> list[dict[str, Any]]:
    """Every accepted version, newest first."""
    rows = books.execute("SELECT body FROM history WHERE kind = ? AND id = ? ORDER BY seq DESC", (kind, identity))
    return [json.loads(row["body"]) for row in rows]


def counts(books: sqlite3.Connection) -> dict[str, int]:
    rows = books.execute("SELECT kind, COUNT(*) AS held FROM resources GROUP BY kind")
    return {row["kind"]: row["held"] for row in rows}


def _version(resource: dict[str, Any], otherwise: int) -> int:
    text = str((resource.get("meta") or {}).get("versionId", otherwise))
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Conflict(f"meta.versionId {text!r} must be a whole number here")
    return int(text)


def _instant(now: float) -> str:
    whole = int(now)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{int((now - whole) * 1000):03d}Z"
