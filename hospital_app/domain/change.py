"""停诊、调诊、加号、增减号：the request's state machine, that of whom it displaced, and the bounds of both."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Role
from hospital_app.domain.machine import Move
from hospital_app.domain.policy import Rules
from hospital_app.domain.staffing import TITLES


class ChangeKind(StrEnum):
    """停诊 / 调诊（时间、诊室、替诊）/ 加号 / 增开门诊或改号数."""

    SUSPEND = "suspend"
    ADJUST = "adjust"
    OVERBOOK = "overbook"
    QUOTA = "quota"


class ChangeStatus(StrEnum):
    """待审批 / 已批准 / 已驳回 / 已撤回."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ChangeAction(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


class DisplacementStatus(StrEnum):
    """待患者选择 / 已改到其他门诊 / 已全额退款."""

    OPEN = "open"
    MOVED = "moved"
    REFUNDED = "refunded"


class DisplacementAction(StrEnum):
    MOVE = "move"
    REFUND = "refund"


_ADMINS = frozenset({Role.DEPARTMENT_ADMIN, Role.HOSPITAL_ADMIN})
_ASKERS = frozenset({Role.DOCTOR}) | _ADMINS
_PATIENT_SIDE = frozenset({Role.PATIENT, Role.CLERK})
_ASKED = frozenset({ChangeStatus.REQUESTED})
_UNDECIDED = frozenset({DisplacementStatus.OPEN})

CHANGE_MOVES: Mapping[ChangeAction, Move[ChangeStatus]] = MappingProxyType(
    {
        ChangeAction.APPROVE: Move(_ASKED, ChangeStatus.APPROVED, _ADMINS),
        ChangeAction.REJECT: Move(_ASKED, ChangeStatus.REJECTED, _ADMINS),
        ChangeAction.WITHDRAW: Move(_ASKED, ChangeStatus.WITHDRAWN, _ASKERS),
    }
)
DISPLACEMENT_MOVES: Mapping[DisplacementAction, Move[DisplacementStatus]] = MappingProxyType(
    {
        DisplacementAction.MOVE: Move(_UNDECIDED, DisplacementStatus.MOVED, _PATIENT_SIDE),
        DisplacementAction.REFUND: Move(
            _UNDECIDED, DisplacementStatus.REFUNDED, _PATIENT_SIDE | frozenset({Role.SYSTEM})
        ),
    }
)

#: 号别 from the least to the most senior.
SENIORITY = ("ordinary", "associate", "chief", "special")
#: A patient who learns of it at the last moment still has so long to choose.
LEAST_TO_DECIDE = timedelta(minutes=15)


def equal_or_better(service_type: str) -> tuple[str, ...]:
    """The service types that somebody may be moved to without losing anything."""
    if service_type not in SENIORITY:
        return (service_type,)
    return SENIORITY[SENIORITY.index(service_type) :]


def title_rank(title: str) -> int:
    """职称, the higher the more senior; a title that is not among ours counts least."""
    return len(TITLES) - TITLES.index(title) if title in TITLES else 0


def is_short_notice(rules: Rules, *, requested_at: datetime, starts_at: datetime) -> bool:
    """停诊须提前 24 小时申请: asked for later than that, only the hospital's admin may approve it."""
    return starts_at - requested_at < timedelta(hours=rules.suspend_ahead_hours)


def check_ahead(*, now: datetime, ends_at: datetime) -> None:
    """Nothing changes what is over."""
    if now >= ends_at:
        raise Refusal("clinic_over", "这次门诊已经结束，不能再变更，请选择之后的门诊。")


def overbook_cap(rules: Rules, *, capacity: int) -> int:
    """加号上限: so many of one clinic, and no more than a share of its planned numbers; one at least."""
    return max(1, min(rules.overbook_per_session, capacity * rules.overbook_percent // 100))


def check_overbook(rules: Rules, *, capacity: int, overbooked: int) -> None:
    cap = overbook_cap(rules, capacity=capacity)
    if overbooked >= cap:
        raise Refusal(
            "overbook_cap",
            "这次门诊最多加 {cap} 个号，已经加满，请选择其他门诊。",
            params={"cap": cap},
        )


def check_quota(rules: Rules, *, per_period: int) -> None:
    """每半小时的号数 within what the hospital allows."""
    if not 1 <= per_period <= rules.quota_per_period:
        raise Refusal(
            "quota_bounds",
            "每半小时可放 1 到 {most} 个号，请重新填写。",
            422,
            params={"most": rules.quota_per_period},
        )


def check_extra_day(rules: Rules, *, days_ahead: int) -> None:
    """An extra clinic is asked for at least a day and at most so many days ahead."""
    if not 1 <= days_ahead <= rules.quota_days_ahead:
        raise Refusal(
            "day_bounds",
            "增开门诊请选择明天起 {most} 天内的日期。",
            422,
            params={"most": rules.quota_days_ahead},
        )


def decide_until(rules: Rules, *, now: datetime, starts_at: datetime) -> datetime:
    """Until when a displaced patient may choose: then the money goes back by itself."""
    latest = min(
        now + timedelta(hours=rules.displaced_decide_hours),
        starts_at - timedelta(hours=rules.displaced_before_hours),
    )
    return max(latest, now + LEAST_TO_DECIDE)


def priority_until(rules: Rules, *, now: datetime) -> datetime:
    return now + timedelta(days=rules.displaced_priority_days)


def displacement_now(status: str, *, until: datetime, now: datetime) -> DisplacementStatus:
    """Not chosen in time is refunded, whether or not a worker has come by yet."""
    if status == DisplacementStatus.OPEN and until <= now:
        return DisplacementStatus.REFUNDED
    return DisplacementStatus(status)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What exactly is asked for; only the fields of its kind are set."""

    room: str | None = None  # 调诊
    starts_at: datetime | None = None  # 调诊: the clinic's new start; 加号: the half hour
    substitute_id: int | None = None  # 替诊医生
    patient_id: int | None = None  # 加号
    per_period: int | None = None  # 增减号
    on: date | None = None  # 增开门诊: like this one, on another day

    @property
    def text(self) -> str:
        """JSON, without what is not wanted."""
        given = {name: value for name, value in asdict(self).items() if value is not None}
        return json.dumps(given, ensure_ascii=False, separators=(",", ":"), default=lambda value: value.isoformat())

    @property
    def troubles(self) -> bool:
        """调诊: another time or another doctor than was booked; whoever does not like it may leave without a fee."""
        return self.starts_at is not None or self.substitute_id is not None


def read_wanted(text: str) -> Wanted:
    given = json.loads(text)
    if "starts_at" in given:
        given["starts_at"] = datetime.fromisoformat(given["starts_at"])
    if "on" in given:
        given["on"] = date.fromisoformat(given["on"])
    return Wanted(**given)
