"""全部科室."""

import asyncio
import re
from dataclasses import dataclass, field

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import catalog
from hospital_app.services.catalog import DepartmentInfo
from state.access import handles
from state.cards import DepartmentTile
from state.session import reader_of


@dataclass(frozen=True)
class DepartmentGroup:
    name: str
    departments: list[DepartmentTile] = field(default_factory=list)


class DepartmentsState(rx.State):
    loaded: bool = False
    groups: list[DepartmentGroup] = []

    @handles(Right.LOOK)
    async def load(self):
        lang = (await reader_of(self)).lang
        self.groups = _groups(await asyncio.to_thread(catalog.departments), lang)
        self.loaded = True


def _by_floor(location: str) -> str:
    """Where a narrow tile may break it: 门诊楼 | 1层东侧, never 门诊楼1 | 层东侧."""
    return re.sub(r"(?<=\D)(?=\d)", "\u200b", location)


def _groups(found: list[DepartmentInfo], lang: str) -> list[DepartmentGroup]:
    """Open departments under the group that they belong to; one without a group stands under its own name."""
    names = {d.code: d.name for d in found}
    members: dict[str, list[DepartmentTile]] = {}
    for d in found:
        if d.open:
            group = d.parent if d.parent in names else d.code
            tile = DepartmentTile(
                f"/find?d={d.code}", say(d.name, lang), _by_floor(say(d.location, lang)), "still", say(d.opening, lang)
            )
            members.setdefault(group, []).append(tile)
    return [DepartmentGroup(say(names[code], lang), tiles) for code, tiles in members.items()]
