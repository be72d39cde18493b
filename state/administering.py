"""What every administrator's page begins with: who is at work, whether the page is theirs, choices for its forms."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.identity import Actor, Role
from hospital_app.domain.staffing import ROLE_NAMES
from hospital_app.services.staff_directory import Choice
from state import wording
from state.session import Reader, reader_of
from state.staff_signin import turned_away


@dataclass(frozen=True)
class Option:
    """One line of a list to choose from."""

    value: str
    label: str


@dataclass(frozen=True)
class Entered:
    """Somebody whose page it is; or where they have to go first."""

    reader: Reader
    actor: Actor
    away: rx.event.EventSpec | None


async def entered(state: rx.State, right: Right, here: str) -> Entered:
    reader = await reader_of(state)
    actor = await asyncio.to_thread(reader.actor)
    return Entered(reader, actor, turned_away(actor, right, here))


def at_work(actor: Actor, lang: str) -> str:
    """Role and name, for the foot of the menu."""
    return " · ".join(part for part in (say(ROLE_NAMES[actor.role], lang), wording.person(actor.name, lang)) if part)


def whole(actor: Actor) -> bool:
    """Whether everything of the hospital is theirs, and not one department's only."""
    return actor.role is Role.HOSPITAL_ADMIN


def roles(actor: Actor, lang: str) -> list[Option]:
    """Whom this administrator may hire."""
    mine = ROLE_NAMES if whole(actor) else (Role.DOCTOR, Role.CLERK)
    return [Option(role.value, say(ROLE_NAMES[role], lang)) for role in mine]


def departments(found: list[Choice], lang: str) -> list[Option]:
    return [Option(choice.code, say(choice.name, lang)) for choice in found]
