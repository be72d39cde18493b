"""号源日历 as bytes: what the API answers, and what screens make of it again."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import orjson

from hospital_app.domain.calendar import local
from hospital_app.domain.policy import Rules
from hospital_app.services.calendars import Calendar, assembled
from hospital_app.services.cards import Card
from hospital_app.services.grid import Cell


def write(calendar: Calendar) -> tuple[bytes, str]:
    """The answer of the API, and a tag that stays the same while nothing but the time goes on."""
    next_free_at = calendar.provider.next_free_at
    content = orjson.dumps(
        {
            "doctor": {
                **asdict(calendar.provider),
                "next_free_at": None if next_free_at is None else local(next_free_at),
                "advice": [],
            },
            "days": calendar.days,
            "cells": [_written(cell) for cell in calendar.cells],
        }
    )
    tag = sha256(content).hexdigest()[:24]
    return content[:-1] + b',"as_of":"%s"}' % local(calendar.as_of).isoformat().encode(), tag


def read(rules: Rules, body: bytes) -> Calendar:
    content = orjson.loads(body)
    doctor = {name: value for name, value in content["doctor"].items() if name != "advice"}
    return assembled(
        rules,
        provider=Card(**{**doctor, "next_free_at": _instant(doctor["next_free_at"])}),
        days=tuple(date.fromisoformat(day) for day in content["days"]),
        cells=tuple(_cell(cell) for cell in content["cells"]),
        as_of=datetime.fromisoformat(content["as_of"]).astimezone(UTC),
    )


def _written(cell: Cell) -> dict[str, Any]:
    return {
        "schedule_id": cell.schedule_id,
        "on": cell.on,
        "session": cell.session,
        "starts_at": local(cell.starts_at),
        "ends_at": local(cell.ends_at),
        "state": cell.state,
        "left": cell.left,
        "capacity": cell.capacity,
        "fee_fen": cell.fee_fen,
        "service_type": cell.service_type,
        "room": cell.room,
        "released_at": local(cell.released_at),
    }


def _cell(written: dict[str, Any]) -> Cell:
    instants = {name: _instant(written[name]) for name in ("starts_at", "ends_at", "released_at")}
    return Cell(**{**written, "on": date.fromisoformat(written["on"]), **instants})


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
