"""停诊、调诊、加号的申请 in the reader's words, for those who ask and those who decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.change import ChangeKind, ChangeStatus
from hospital_app.services.change_views import ChangeView
from state import wording

KINDS: Mapping[str, str] = MappingProxyType(
    {
        ChangeKind.SUSPEND: "停诊",
        ChangeKind.ADJUST: "调诊",
        ChangeKind.OVERBOOK: "加号",
        ChangeKind.QUOTA: "号数",
    }
)
STATUSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        ChangeStatus.REQUESTED: ("待审批", "warn"),
        ChangeStatus.APPROVED: ("已批准", "ok"),
        ChangeStatus.REJECTED: ("已驳回", "loss"),
        ChangeStatus.WITHDRAWN: ("已撤回", "still"),
    }
)
SERVICES: Mapping[str, str] = MappingProxyType(
    {"ordinary": "普通号", "associate": "副主任号", "chief": "主任号", "special": "特需号"}
)


@dataclass(frozen=True)
class ChangeRow:
    """One request. `wanted` says what exactly; `asked` by whom and when."""

    id: str = ""  # empty: none
    kind: str = ""
    title: str = ""
    wanted: str = ""
    reason: str = ""
    asked: str = ""
    answer: str = ""
    word: str = ""
    tone: str = "still"
    short_notice: bool = False
    may_withdraw: bool = False
    may_approve: bool = False
    may_reject: bool = False


def change_row(view: ChangeView, lang: str) -> ChangeRow:
    word, tone = STATUSES[view.status]
    return ChangeRow(
        id=str(view.id),
        kind=say(KINDS[view.kind], lang),
        title=title(view, lang),
        wanted=wanted(view, lang),
        reason=view.reason,
        asked=say(
            "{name} 申请于 {at}",
            lang,
            name=wording.person(view.requested_by, lang),
            at=wording.moment(view.requested_at),
        ),
        answer=view.answer,
        word=say(word, lang),
        tone=tone,
        short_notice=view.short_notice and view.status == ChangeStatus.REQUESTED,
        may_withdraw="withdraw" in view.actions,
        may_approve="approve" in view.actions,
        may_reject="reject" in view.actions,
    )


def title(view: ChangeView, lang: str) -> str:
    """张国立 11月25日 周三 08:00–12:00."""
    doctor = wording.person(view.doctor_name or "普通门诊", lang)
    return f"{doctor} {wording.when(view.starts_at, view.ends_at, lang, now=clock.now())}"


def wanted(view: ChangeView, lang: str) -> str:
    """What would be otherwise."""
    wish = view.wanted
    parts = []
    if view.kind == ChangeKind.OVERBOOK and wish.starts_at:
        at = wording.clock_time(wish.starts_at)
        return say("为 {name} 在 {at} 时段加 1 个号", lang, name=view.patient_name, at=at)
    if view.kind == ChangeKind.QUOTA:
        if wish.on is not None:
            on = wording.day_and_weekday(wish.on, lang, today=clinic_day(clock.now()))
            return say("{on} 增开一次同样的门诊，每半小时 {count} 个号", lang, on=on, count=wish.per_period)
        return say("每半小时改为 {count} 个号", lang, count=wish.per_period)
    if wish.starts_at is not None:
        parts.append(say("改到 {at} 开始", lang, at=wording.clock_time(wish.starts_at)))
    if wish.room is not None:
        parts.append(say("改在 {room}", lang, room=wording.room(wish.room, lang)))
    if view.substitute_name:
        parts.append(say("由 {name} 替诊", lang, name=wording.person(view.substitute_name, lang)))
    return "，".join(parts) or say("整个门诊停诊", lang)
