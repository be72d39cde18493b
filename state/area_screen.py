"""候诊屏."""

import asyncio
import json
from dataclasses import dataclass
from functools import partial

import reflex as rx

from hospital_app.catalogue import isolated, say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import local
from hospital_app.flows import waiting
from hospital_app.services.screens import AreaScreen, Call, RoomView, Shown
from state import wording
from state.access import handles
from state.given import a_text
from state.live import hub
from state.session import Reader, lang_of, reader_of
from state.steady import attempt

#: More rooms than this stand in two columns, so that all of them are readable from afar.
ONE_COLUMN = 6


@dataclass(frozen=True)
class Room:
    """One room's line. `label` empty: nobody is called or inside."""

    room: str
    doctor: str
    label: str
    name: str
    serving: bool
    fresh: bool
    next: str
    waiting: str


@dataclass(frozen=True)
class AreaLink:
    href: str
    name: str
    location: str


class AreaScreenState(rx.State):
    """One area's screen; it holds only what may hang on a wall."""

    loaded: bool = False
    title: str = ""
    location: str = ""
    rooms: list[Room] = []
    dense: bool = False
    called_label: str = ""
    called_name: str = ""
    called_room: str = ""
    #: JSON for the browser's loudspeaker: [{"key": ..., "text": ...}], the oldest first.
    calls: str = "[]"
    check_in_code: str = ""
    as_of: str = ""
    server_now: int = 0
    _area: str = ""

    @handles(Right.LOOK)
    async def load(self):
        self.loaded = False
        self._area = a_text(str(self.area_code))
        reader = await reader_of(self)
        self._show(await asyncio.to_thread(_read, reader, self._area), reader.lang)
        self.loaded = True
        return AreaScreenState.follow

    @handles(Right.LOOK, background=True)
    async def follow(self):
        async with self:
            area, reader = self._area, await reader_of(self)
        async for _ in hub.changes(f"area:{area}"):
            screen = await attempt(partial(_read, reader, area))
            if screen is not None:
                async with self:
                    self._show(screen, reader.lang)

    def _show(self, screen: AreaScreen, lang: str) -> None:
        self.title, self.location = say(screen.area_name, lang), say(screen.location, lang)
        newest = screen.calls[0] if screen.calls else None
        self.rooms = [_room(room, lang, newest=newest) for room in screen.rooms]
        self.dense = len(screen.rooms) > ONE_COLUMN
        self.called_label = newest.label if newest else ""
        self.called_name = newest.name if newest else ""
        self.called_room = newest.room if newest else ""
        self.calls = json.dumps(
            [{"key": call.key, "text": spoken(call)} for call in reversed(screen.calls)], ensure_ascii=False
        )
        self.check_in_code = screen.check_in_code
        self.as_of = f"{local(screen.as_of):%H:%M:%S}"
        self.server_now = int(screen.as_of.timestamp())


class AreaListState(rx.State):
    """Every area that has a screen."""

    areas_loaded: bool = False
    areas: list[AreaLink] = []

    @handles(Right.LOOK)
    async def load(self):
        lang = await lang_of(self)
        found = await asyncio.to_thread(waiting.areas)
        self.areas = [
            AreaLink(f"/screen/{area.code}", say(area.name, lang), say(area.location, lang)) for area in found
        ]
        self.areas_loaded = True


def _read(reader: Reader, area_code: str) -> AreaScreen:
    return waiting.area_screen(reader.actor(), area_code=area_code)


def spoken(call: Call) -> str:
    """What the loudspeaker says; a star cannot be read aloud."""
    name = call.name.replace("**", "某").replace("*", "某")
    return f"请{call.label}号{isolated(name)}，到{call.room}就诊"


def _room(room: RoomView, lang: str, *, newest: Call | None) -> Room:
    current = room.current
    return Room(
        room=room.room,
        doctor=_doctor(room, lang),
        label=current.label if current else "",
        name=current.name if current else "",
        serving=current is not None and current.status == "serving",
        fresh=newest is not None and newest.room == room.room,
        next="　".join(_shown(shown) for shown in room.next),
        waiting=say("候诊 {count} 人", lang, count=room.waiting),
    )


def _doctor(room: RoomView, lang: str) -> str:
    who = wording.person(room.doctor or "普通门诊", lang)
    return f"{who} · {say(room.department, lang)}"


def _shown(shown: Shown) -> str:
    return f"{shown.label} {isolated(shown.name)}".strip()
