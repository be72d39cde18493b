"""审计日志: search, details, the chain's state; for the hospital's admin."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, may
from hospital_app.domain.calendar import clinic_day, instant
from hospital_app.domain.identity import Role
from hospital_app.domain.staffing import ROLE_NAMES
from hospital_app.flows import trail
from hospital_app.services.trail import ChainState
from hospital_app.services.trail_search import LONGEST, Found, Page, Wanted
from state import administering
from state.access import handles
from state.figures import Fact
from state.given import a_form
from state.session import Reader, reader_of
from state.staff_signin import to_staff_signin
from state.wording import moment

ROLES: dict[Role, str] = {Role.PATIENT: "患者", **ROLE_NAMES, Role.SYSTEM: "系统", Role.ANONYMOUS: "未登录"}
#: What stands in a detail under these names is told side by side.
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class EntryRow:
    id: str
    at: str
    actor: str
    role: str
    address: str
    action: str
    code: str
    subject: str
    link: str
    detail: list[Fact]


class AuditState(rx.State):
    loaded: bool = False
    who: str = ""
    chain: str = ""
    checked: str = ""
    #: ok, warn or loss: what the chain's state asks for.
    tone: str = "ok"
    faults: list[str] = []
    entries: list[EntryRow] = []
    older: int = 0
    #: What was asked for last; the next page and the export ask for the same.
    filters: dict[str, str] = {}

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        actor = await asyncio.to_thread(reader.actor)
        if not may(actor, Right.SEE_AUDIT):
            self.reset()
            return to_staff_signin("/admin/audit")
        self.who = administering.at_work(actor, reader.lang)
        self.filters = {}
        self._show_chain(await asyncio.to_thread(_state, reader), reader.lang)
        self._show(await asyncio.to_thread(_search, reader, {}, None), reader.lang, more=False)
        self.loaded = True
        return None

    @handles(Right.SEE_AUDIT)
    async def search(self, form: dict):
        reader = await reader_of(self)
        filters = {name: _short(a_form(form).get(name)) for name in ("who", "role", "action", "subject", "address")}
        filters |= {name: _day_of(a_form(form).get(name)) for name in ("since", "until")}
        self.filters = {name: value for name, value in filters.items() if value}
        self._show(await asyncio.to_thread(_search, reader, self.filters, None), reader.lang, more=False)

    @handles(Right.SEE_AUDIT)
    async def show_older(self):
        reader = await reader_of(self)
        if self.older:
            page = await asyncio.to_thread(_search, reader, self.filters, self.older)
            self._show(page, reader.lang, more=True)

    @handles(Right.SEE_AUDIT)
    async def export(self):
        reader = await reader_of(self)
        content = await asyncio.to_thread(_export, reader, self.filters)
        return rx.download(data=content, filename=f"audit-{clinic_day(clock.now()).isoformat()}.xlsx")

    def _show(self, page: Page, lang: str, *, more: bool) -> None:
        rows = [_row(entry, lang) for entry in page.entries]
        self.entries = [*self.entries, *rows] if more else rows
        self.older = page.older or 0

    def _show_chain(self, seen: ChainState, lang: str) -> None:
        at = moment(seen.sealed_at) if seen.sealed_at else "—"
        self.chain = say("已封存到第 {seq} 环（{at}）", lang, seq=f"{seen.sealed_to:,}", at=at)
        self.tone = "ok"
        if seen.overdue:
            self.tone = "warn"
            self.chain += " · " + say("{count} 条超过一分钟未封存", lang, count=seen.overdue)
        if seen.checked is None:
            self.checked, self.faults = say("还没有核对过", lang), []
            return
        when = moment(seen.checked.at)
        if seen.checked.broken:
            self.tone = "loss"
            self.checked = say(
                "{at} 核对：{count} 处被破坏，请按运维手册处理", lang, at=when, count=seen.checked.broken
            )
        else:
            self.checked = say("{at} 核对：{count} 环完整", lang, at=when, count=f"{seen.checked.links:,}")
        self.faults = list(seen.checked.faults)


def _row(entry: Found, lang: str) -> EntryRow:
    return EntryRow(
        id=str(entry.id),
        at=moment(entry.at),
        actor=entry.actor,
        role=say(ROLES.get(Role(entry.role), entry.role), lang),
        address=entry.address,
        action=say(entry.name, lang),
        code=entry.action,
        subject=entry.subject,
        link=f"{entry.link:,}" if entry.link else say("待封存", lang),
        detail=_facts(entry.detail, lang),
    )


def _facts(detail: dict[str, Any], lang: str) -> list[Fact]:
    """Name and value of each; what changed as `old → new`."""
    before, after = detail.get(BEFORE), detail.get(AFTER)
    facts = [Fact(name, _plain(value), "") for name, value in detail.items() if name not in (BEFORE, AFTER)]
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = before if isinstance(before, dict) else {}, after if isinstance(after, dict) else {}
        facts += [
            Fact(name, f"{_plain(old.get(name))} → {_plain(new.get(name))}", "warn")
            for name in dict.fromkeys([*old, *new])
        ]
    return facts


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "；".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return "、".join(_plain(each) for each in value)
    return "—" if value is None or value == "" else str(value)


def _short(value: object) -> str:
    return value.strip()[:LONGEST] if isinstance(value, str) else ""


def _day_of(value: object) -> str:
    try:
        return date.fromisoformat(_short(value)).isoformat()
    except ValueError:
        return ""


def _wanted(filters: dict[str, str]) -> Wanted:
    """Days are the hospital's; the last one counts whole."""
    texts = {name: filters.get(name, "") for name in ("who", "role", "action", "subject", "address")}
    since, until = filters.get("since"), filters.get("until")
    return Wanted(
        **texts,
        since=_begin(since, days=0) if since else None,
        until=_begin(until, days=1) if until else None,
    )


def _begin(day: str, *, days: int) -> datetime | None:
    try:
        return instant(date.fromisoformat(day) + timedelta(days=days), time())
    except (ValueError, OverflowError):
        return None


def _state(reader: Reader) -> ChainState:
    return trail.state(reader.actor())


def _search(reader: Reader, filters: dict[str, str], below: int | None) -> Page:
    return trail.search(reader.actor(), wanted=_wanted(filters), below=below)


def _export(reader: Reader, filters: dict[str, str]) -> bytes:
    return trail.export(reader.actor(), wanted=_wanted(filters))
