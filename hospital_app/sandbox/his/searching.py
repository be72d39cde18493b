"""FHIR search of the pretended HIS: by id, identifier and status; by time in pages, each of which names the next."""

import sqlite3
from datetime import datetime
from typing import Any

from starlette.datastructures import URL, QueryParams
from starlette.requests import Request

from hospital_app.sandbox.his import books as held
from hospital_app.sandbox.his.rules import ELEMENTS

MOST_FOUND = 500
#: The parameter that asks for the time of each kind, as R4 names it.
TIMES = {"Appointment": "date", "Slot": "start", "PaymentReconciliation": "created"}
KNOWN = {"identifier", "status", "_id", "_count"}
FROM, UNTIL = "ge", "lt"


class NotSupported(Exception):
    """A parameter, or how it is given; `kind`: there is no such resource."""

    def __init__(self, sentence: str, *, kind: bool = False) -> None:
        super().__init__(sentence)
        self.kind = kind


def search(books: sqlite3.Connection, request: Request) -> tuple[list[dict[str, Any]], URL | None]:
    """What is found, and where the next page is. Raises NotSupported."""
    kind, asked = request.path_params["kind"], request.query_params
    if kind not in ELEMENTS:
        raise NotSupported(f"{kind} is not supported", kind=True)
    time = TIMES.get(kind, "")
    unknown = set(asked) - KNOWN - ({time, "_page"} if time else set())
    if unknown:
        raise NotSupported(f"search parameter {', '.join(sorted(unknown))} is not supported")
    count = asked.get("_count", "")
    limit = min(int(count), MOST_FOUND) if count.isdecimal() and len(count) < 9 else MOST_FOUND
    where = held.Wanted(
        identifiers=[each for each in asked.get("identifier", "").split(",") if each],
        statuses=[each for each in asked.get("status", "").split(",") if each],
        ids=[each for each in asked.get("_id", "").split(",") if each],
    )
    if time not in asked:
        return held.search(books, kind, where, limit=limit), None
    begin, end = _times(asked, time)
    found = held.between(books, kind, where, begin=begin, end=end, after=_page(asked.get("_page")), limit=limit)
    if len(found) < limit or not found:
        return [resource for _, resource in found], None
    at, last = found[-1]
    return [resource for _, resource in found], request.url.include_query_params(_page=f"{at!r}~{last['id']}")


def _times(asked: QueryParams, name: str) -> tuple[float, float]:
    begin, end = 0.0, 1e12
    for value in asked.getlist(name):
        try:
            at = datetime.fromisoformat(value[2:])
        except ValueError:
            at = None
        if at is None or at.tzinfo is None or value[:2] not in (FROM, UNTIL):
            raise NotSupported(f"{name}={value}: ge or lt and an instant with its zone are expected")
        if value[:2] == FROM:
            begin = at.timestamp()
        else:
            end = at.timestamp()
    return begin, end


def _page(text: str | None) -> tuple[float, str]:
    at, _, name = (text or "0~").partition("~")
    try:
        return float(at), name
    except ValueError:
        raise NotSupported("no such page") from None
