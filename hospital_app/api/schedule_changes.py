"""停诊、调诊、加号、增减号：asked for by doctors and admins, decided by the department's admin or the hospital's."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, GivenDay, GivenInstant, Id, Instant, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.domain.change import Wanted as WantedChange
from hospital_app.flows import changes

router = APIRouter(prefix="/api/v1/schedule-changes", tags=["schedules"])

Reason = Annotated[str, Field(min_length=1, max_length=200)]


class Request(Body):
    """`suspend` 停诊 wants nothing more; `adjust` 调诊 a room, a start or a substitute; `overbook` 加号 a half hour and
    whose document; `quota` the numbers of each half hour, of this clinic or of one more on another day."""

    schedule_id: Id
    kind: Literal["suspend", "adjust", "overbook", "quota"]
    reason: Reason
    room: Annotated[str, Field(max_length=20)] | None = None
    starts_at: GivenInstant | None = None
    substitute_id: Id | None = None
    document_number: Annotated[str, Field(max_length=40)] | None = None
    per_period: Annotated[int, Field(ge=1, le=100)] | None = None
    on: GivenDay | None = None


class Decision(Body):
    """A rejection needs its reason in `answer`."""

    decision: Literal["approved", "rejected"]
    answer: Annotated[str, Field(max_length=200)] = ""


class Wanted(Answer):
    room: str | None
    starts_at: Instant | None
    substitute_id: int | None
    per_period: int | None
    on: date | None


class Change(Answer):
    """`status`: requested, approved, rejected, withdrawn; `actions`: what the caller may do with it now. Patients'
    names are masked; `doctor_name` empty: 普通门诊."""

    id: int
    kind: str
    status: str
    schedule_id: int
    department_code: str
    department_name: str
    doctor_name: str
    on: date
    session: str
    service_type: str
    starts_at: Instant
    ends_at: Instant
    room: str
    wanted: Wanted
    patient_name: str
    substitute_name: str
    reason: str
    answer: str
    requested_by: str
    requested_at: Instant
    decided_at: Instant | None
    short_notice: bool
    actions: tuple[str, ...]


class Concerned(Answer):
    name: str
    seq: int
    starts_at: Instant
    status: str
    paid_fen: int


class Equal(Answer):
    doctor_name: str
    doctor_title: str
    service_type: str
    left: int
    next_at: Instant


class ChangeEffect(Answer):
    """`refund_fen`: what goes back if nobody is moved; `equals`: where they could go."""

    patients: list[Concerned]
    paying: int
    refund_fen: int
    free: int
    overbooked: int
    equals: list[Equal]


class ChangeWithEffect(Answer):
    change: Change
    effect: ChangeEffect


class ChangeId(Answer):
    id: int


@router.post("", status_code=201, summary="申请变更门诊")
@allows(Right.REQUEST_CHANGE)
def request(wanted: Request, caller: Caller) -> ChangeId:
    """Doctors for their own clinics (others' are 404), admins for those of their department. What cannot be is refused
    at once: 409 `suspended`, `clinic_over`, `already_requested`, `overbook_cap`, `duplicate_booking`; 422
    `quota_bounds`, `day_bounds`, `nothing_wanted`."""
    actor = caller.actor()
    number = wanted.document_number
    wish = WantedChange(
        room=wanted.room,
        starts_at=wanted.starts_at,
        substitute_id=wanted.substitute_id,
        patient_id=changes.patient_of(actor, document_number=number) if number else None,
        per_period=wanted.per_period,
        on=wanted.on,
    )
    asked = changes.request(actor, schedule_id=wanted.schedule_id, kind=wanted.kind, wanted=wish, reason=wanted.reason)
    return ChangeId(id=asked)


@router.get("", summary="审批列表")
@allows(Right.MANAGE_SCHEDULE)
def inbox(
    caller: Caller,
    status: Annotated[Literal["", "requested", "approved", "rejected", "withdrawn"], Query()] = "",
) -> list[Change]:
    """Within the caller's reach. Open ones oldest first, others newest first; 100 at most."""
    return [Change.model_validate(view) for view in changes.inbox(caller.actor(), status=status)]


@router.get("/own", summary="我的申请")
@allows(Right.REQUEST_CHANGE)
def own(caller: Caller) -> list[Change]:
    return [Change.model_validate(view) for view in changes.own(caller.actor())]


@router.get("/{change_id}", summary="一个申请及其影响")
@allows(Right.MANAGE_SCHEDULE)
def effect(change_id: PathId, caller: Caller) -> ChangeWithEffect:
    """What approving it would do now: which patients, how much money, where they could go."""
    view, foreseen = changes.effect(caller.actor(), change_id=change_id)
    return ChangeWithEffect(change=Change.model_validate(view), effect=ChangeEffect.model_validate(foreseen))


@router.post("/{change_id}/decision", summary="批准或驳回")
@allows(Right.MANAGE_SCHEDULE)
def decide(change_id: PathId, wanted: Decision, caller: Caller) -> Change:
    """What is approved is carried out at once, or refused with the reason and nothing has changed. 403
    `needs_hospital_admin` for a suspension asked for too late; 409 `wrong_status` once it is decided."""
    decision = changes.approve if wanted.decision == "approved" else changes.reject
    return Change.model_validate(decision(caller.actor(), change_id=change_id, answer=wanted.answer))


@router.delete("/{change_id}", status_code=204, summary="撤回申请")
@allows(Right.REQUEST_CHANGE)
def withdraw(change_id: PathId, caller: Caller) -> None:
    """By whoever asked, while nobody has decided."""
    changes.withdraw(caller.actor(), change_id=change_id)
