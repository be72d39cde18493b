"""一次门诊的变更申请: what an admin asks for a clinic within reach; it is decided where all requests are."""

import asyncio
from typing import Any

import reflex as rx

from hospital_app import clock
from hospital_app.domain.authority import Right
from hospital_app.domain.change import ChangeKind
from hospital_app.flows import changes
from hospital_app.services.own_calendar import Askable
from state import administering, my_schedule, wording
from state.access import handles
from state.administering import Option
from state.given import a_form, a_text, an_id
from state.session import Reader, asked, reader_of

HERE = "/admin/board"


class ClinicState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = False
    title: str = ""
    when: str = ""
    note: str = ""
    waiting: str = ""
    kind: str = "suspend"
    periods: list[Option] = []
    substitutes: list[Option] = []
    per_period: int = 1
    most: int = 1
    first_day: str = ""
    last_day: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.MANAGE_SCHEDULE, HERE)
        self.reset()
        if came.away:
            return came.away
        self.who, self.whole = administering.at_work(came.actor, came.reader.lang), administering.whole(came.actor)
        seen = await asyncio.to_thread(_askable, came.reader, an_id(asked(self, "id") or 0))
        lang, clinic = came.reader.lang, seen.clinic
        self.title = wording.doctor(seen.doctor_name, seen.doctor_title, lang)
        self.when = wording.when(clinic.starts_at, clinic.ends_at, lang, now=clock.now())
        self.note = f"{wording.room(clinic.room, lang)} · {my_schedule.counts(clinic, lang)}"
        self.waiting = my_schedule.waiting_words(clinic, lang)
        self.periods, self.substitutes = my_schedule.choices(seen, lang)
        self.per_period, self.most = clinic.per_period, seen.per_period_most
        self.first_day, self.last_day = my_schedule.days(seen)
        self.loaded = True
        return None

    @handles(Right.MANAGE_SCHEDULE)
    async def choose_kind(self, kind: str):
        chosen = a_text(kind)
        self.kind = chosen if chosen in set(ChangeKind) else ChangeKind.SUSPEND.value

    @handles(Right.MANAGE_SCHEDULE)
    async def ask(self, form: dict):
        reader = await reader_of(self)
        given = {**a_form(form), "kind": self.kind}
        await asyncio.to_thread(_ask, reader, an_id(asked(self, "id") or 0), given)
        return rx.redirect("/admin/changes")


def _askable(reader: Reader, schedule_id: int) -> Askable:
    return changes.askable(reader.actor(), schedule_id=schedule_id)


def _ask(reader: Reader, schedule_id: int, form: dict[str, Any]) -> None:
    my_schedule.ask_for(reader, schedule_id, form)
