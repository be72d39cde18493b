"""规则: the list, and one rule (`/admin/rule?name=`) with its history."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import instant
from hospital_app.domain.policy import Rules
from hospital_app.domain.rulebook import RULEBOOK
from hospital_app.flows import rules
from hospital_app.services.rules import ChangeView, RuleView
from state import administering, wording
from state.access import handles
from state.given import a_day, a_form, a_text, a_time, an_id
from state.notice import NoticeState
from state.session import Reader, asked, reader_of

#: Where a value comes from: word and tone.
SOURCES = {"default": ("默认", "still"), "configuration": ("来自配置", "brand"), "changed": ("已修改", "ok")}
STANDINGS = {
    "planned": ("待生效", "warn"),
    "in_force": ("生效中", "ok"),
    "past": ("已被取代", "still"),
    "withdrawn": ("已撤回", "still"),
}


@dataclass(frozen=True)
class RuleRow:
    """One rule; `group` is empty unless it is the first one of its group."""

    group: str
    href: str
    name: str
    note: str
    word: str
    tone: str


@dataclass(frozen=True)
class ChangeRow:
    id: int
    title: str
    note: str
    word: str
    tone: str
    open: bool


class RulesState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    rows: list[RuleRow] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SET_RULES, "/admin/rules")
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        found = await asyncio.to_thread(rules.listing, came.actor)
        self.rows = _rows(found, came.reader.lang)
        self.loaded = True
        return None


class RuleState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    group: str = ""
    label: str = ""
    unit: str = ""
    #: number, switch, time or tiers: what its field looks like.
    kind: str = ""
    lowest: int = 0
    highest: int = 0
    value: str = ""
    told: str = ""
    source: str = ""
    tone: str = ""
    planned: str = ""
    changes: list[ChangeRow] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        came = await administering.entered(self, Right.SET_RULES, "/admin/rules")
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        name = asked(self, "name")
        self._show(*await asyncio.to_thread(rules.one, came.actor, name=name), came.reader.lang)
        self.loaded = True
        return None

    @handles(Right.SET_RULES)
    async def save(self, form: dict):
        """From the hour that the form says, at the hospital's clock; at once without a day."""
        form, reader, name = a_form(form), await reader_of(self), asked(self, "name")
        value, reason = a_text(form.get("value", "")), a_text(form.get("reason", ""))
        day, at = a_text(form.get("day", "")), a_text(form.get("at", "")) or "00:00"
        effective_at = instant(a_day(day), a_time(at)) if day else None
        await asyncio.to_thread(
            lambda: rules.change(reader.actor(), name=name, value=value, effective_at=effective_at, reason=reason)
        )
        await self._again(reader, name)
        return NoticeState.show("已保存，到时自动生效。" if effective_at else "已保存，两秒内全院生效。")

    @handles(Right.SET_RULES)
    async def withdraw(self, change_id: int):
        reader, wanted = await reader_of(self), an_id(change_id)
        await asyncio.to_thread(lambda: rules.withdraw(reader.actor(), change_id=wanted))
        await self._again(reader, asked(self, "name"))
        return NoticeState.show("已撤回，这次修改不会生效。")

    async def _again(self, reader: Reader, name: str) -> None:
        self._show(*await asyncio.to_thread(lambda: rules.one(reader.actor(), name=name)), reader.lang)

    def _show(self, view: RuleView, history: list[ChangeView], lang: str) -> None:
        entry = RULEBOOK[view.name]
        self.group, self.label, self.unit = say(entry.group, lang), say(entry.label, lang), say(entry.unit, lang)
        self.kind, self.lowest, self.highest = _kind(view.name), entry.lowest, entry.highest
        self.value, self.told = view.value, _told(view.name, view.value, lang)
        word, self.tone = SOURCES[view.source]
        self.source, self.planned = say(word, lang), _planned(view, lang)
        self.changes = [_change(view.name, change, lang) for change in history]


def _kind(name: str) -> str:
    default = getattr(Rules(), name)
    return {bool: "switch", int: "number", tuple: "tiers"}.get(type(default), "time")


def _told(name: str, value: str, lang: str) -> str:
    if _kind(name) == "switch":
        return say("是" if value == "yes" else "否", lang)
    if _kind(name) == "tiers":
        tiers = [part.split("=") for part in value.split()]
        parts = [say("{hours} 小时前 {percent}%", lang, hours=hours, percent=percent) for hours, percent in tiers]
        return " · ".join(parts)
    return " ".join(part for part in (value, say(RULEBOOK[name].unit, lang)) if part)


def _planned(view: RuleView, lang: str) -> str:
    if view.next_at is None:
        return ""
    return say(
        "{at} 起改为 {value}", lang, at=wording.moment(view.next_at), value=_told(view.name, view.next_value, lang)
    )


def _rows(found: list[RuleView], lang: str) -> list[RuleRow]:
    rows, before = [], ""
    for view in found:
        entry = RULEBOOK[view.name]
        word, tone = SOURCES[view.source] if view.next_at is None else ("将修改", "warn")
        note = " · ".join(part for part in (_told(view.name, view.value, lang), _planned(view, lang)) if part)
        group = say(entry.group, lang) if entry.group != before else ""
        href = f"/admin/rule?name={view.name}"
        rows.append(RuleRow(group, href, say(entry.label, lang), note, say(word, lang), tone))
        before = entry.group
    return rows


def _change(name: str, change: ChangeView, lang: str) -> ChangeRow:
    word, tone = STANDINGS[change.standing]
    at = wording.moment(change.effective_at)
    title = say("{at} 起：{value}", lang, at=at, value=_told(name, change.value, lang))
    note = f"{change.reason} · {change.by} · {wording.moment(change.changed_at)}"
    return ChangeRow(change.id, title, note, say(word, lang), tone, change.standing == "planned")
