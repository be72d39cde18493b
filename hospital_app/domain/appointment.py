"""挂号单 and 号源: the two state machines of booking, FHIR R4 codes."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.identity import Role
from hospital_app.domain.machine import Move


class SlotStatus(StrEnum):
    """FHIR Slot.status: 可约 / 锁号 / 已约 / 停诊或已关闭."""

    FREE = "free"
    HELD = "busy-tentative"
    BUSY = "busy"
    BLOCKED = "busy-unavailable"


class Status(StrEnum):
    """FHIR Appointment.status: 待支付 / 已预约 / 已签到 / 已就诊 / 已取消 / 爽约."""

    PENDING = "pending"
    BOOKED = "booked"
    CHECKED_IN = "checked-in"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"


class Action(StrEnum):
    """What can happen to an appointment."""

    CONFIRM = "confirm"  # 支付成功
    RELEASE = "release"  # 未支付，患者主动放弃
    EXPIRE = "expire"  # 锁号超时
    REVIVE = "revive"  # 超时之后才收到钱，而号还在
    CANCEL = "cancel"  # 退号
    SUSPEND = "suspend"  # 停诊
    RESCHEDULE = "reschedule"  # 改签：status stays
    CHECK_IN = "check-in"  # 签到
    FULFIL = "fulfil"  # 就诊完成
    MISS = "miss"  # 爽约


class CancelReason(StrEnum):
    """Why an appointment was cancelled."""

    EXPIRED = "expired"
    RELEASED = "released"
    PATIENT = "patient"
    SUSPENDED = "suspended"


LIVE = frozenset(Status) - {Status.CANCELLED}

_PATIENT_SIDE = frozenset({Role.PATIENT, Role.CLERK})
_SYSTEM = frozenset({Role.SYSTEM})
_DESK = frozenset({Role.DOCTOR, Role.CLERK})


def _move(*sources: Status, to: Status, by: frozenset[Role]) -> Move[Status]:
    return Move(frozenset(sources), to, by)


MOVES: Mapping[Action, Move[Status]] = MappingProxyType(
    {
        Action.CONFIRM: _move(Status.PENDING, to=Status.BOOKED, by=_SYSTEM | {Role.CLERK}),
        Action.RELEASE: _move(Status.PENDING, to=Status.CANCELLED, by=_PATIENT_SIDE),
        Action.EXPIRE: _move(Status.PENDING, to=Status.CANCELLED, by=_SYSTEM),
        Action.REVIVE: _move(Status.CANCELLED, to=Status.BOOKED, by=_SYSTEM),
        Action.CANCEL: _move(Status.BOOKED, to=Status.CANCELLED, by=_PATIENT_SIDE),
        Action.SUSPEND: _move(
            Status.PENDING,
            Status.BOOKED,
            Status.CHECKED_IN,
            to=Status.CANCELLED,
            by=_SYSTEM | {Role.HOSPITAL_ADMIN},
        ),
        Action.RESCHEDULE: _move(Status.BOOKED, to=Status.BOOKED, by=_PATIENT_SIDE | _SYSTEM),
        Action.CHECK_IN: _move(Status.BOOKED, to=Status.CHECKED_IN, by=_PATIENT_SIDE | {Role.KIOSK}),
        Action.FULFIL: _move(Status.CHECKED_IN, to=Status.FULFILLED, by=_DESK | _SYSTEM),
        Action.MISS: _move(Status.BOOKED, Status.CHECKED_IN, to=Status.NOSHOW, by=_SYSTEM),
    }
)
