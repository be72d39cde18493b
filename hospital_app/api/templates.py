"""出诊模板：the weekly plan that clinics and numbers are made from; a department admin reaches the own department's."""

from datetime import date, time
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AfterValidator, Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, GivenDay, Id, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import schedules
from hospital_app.services.schedules import PER_PERIOD_MAX, TemplateEntry

router = APIRouter(prefix="/api/v1/templates", tags=["schedules"])

FEE_MAX_FEN = 1_000_000


def _of_the_wall_clock(at: time) -> time:
    if at.tzinfo is not None or at.second or at.microsecond:
        raise ValueError("hours and minutes of the hospital's own clock are needed")
    return at


WallTime = Annotated[time, Field(strict=False, examples=["08:00"]), AfterValidator(_of_the_wall_clock)]
Percent = Annotated[int, Field(ge=0, le=90)]
SessionName = Literal["morning", "afternoon", "evening"]
ServiceType = Literal["ordinary", "associate", "chief", "special"]


class TemplateNumbers(Body):
    """`ends` 00:00 is midnight. Of its numbers, the two percentages are kept for referrals and for the window."""

    service_type: ServiceType
    room: Annotated[str, Field(min_length=1, max_length=20)]
    starts: WallTime
    ends: WallTime
    per_period: Annotated[int, Field(ge=1, le=PER_PERIOD_MAX)]
    fee_fen: Annotated[int, Field(ge=0, le=FEE_MAX_FEN)]
    referral_percent: Percent = 0
    onsite_percent: Percent = 0
    since: GivenDay


class NewTemplate(TemplateNumbers):
    """Without `doctor_id` it is the department's pooled clinic of this room; `weekday` 0 is Monday."""

    doctor_id: Id | None = None
    department_code: Annotated[str, Field(min_length=1, max_length=12)]
    weekday: Annotated[int, Field(ge=0, le=6)]
    session: SessionName


class ChangedTemplate(TemplateNumbers):
    """`generated`: also for clinics that exist already, as far as nobody loses a number."""

    generated: bool = False


class Ending(Body):
    """`generated`: clinics that exist already close too, where nobody is booked."""

    since: GivenDay
    generated: bool = False


class Template(Answer):
    id: int
    provider: str
    doctor_id: int | None
    department_code: str
    weekday: int
    session: str
    service_type: str
    room: str
    starts: time
    ends: time
    per_period: int
    fee_fen: int
    referral_percent: int
    onsite_percent: int
    since: date | None
    until: date | None


class NewId(Answer):
    id: int


class TemplateEffect(Answer):
    """On clinics that exist. `stuck`: numbers that should go but are somebody's; `kept`: clinics that keep hours, room
    or type, or stay open, because somebody is booked."""

    clinics: int
    booked: int
    added: int
    removed: int
    stuck: int
    kept: int


@router.get("", summary="出诊模板")
@allows(Right.MANAGE_SCHEDULE)
def listing(caller: Caller, department: Annotated[str, Query(max_length=12)] = "") -> list[Template]:
    """Those in use or to come, within the caller's reach."""
    found = schedules.template_list(caller.actor(), department_code=department or None)
    return [Template.model_validate(each) for each in found]


@router.post("", status_code=201, summary="新增出诊模板")
@allows(Right.MANAGE_SCHEDULE)
def add(wanted: NewTemplate, caller: Caller) -> NewId:
    """From `since` (tomorrow at the earliest) on; days that were generated already get their clinics at once.

    409 `template_exists`; 422 `bad_template`, `clinic_hours`, `bad_since`.
    """
    given = wanted.model_dump()
    since = given.pop("since")
    return NewId(id=schedules.add_template(caller.actor(), entry=TemplateEntry(**given), since=since))


@router.put("/{template_id}", summary="修改出诊模板")
@allows(Right.MANAGE_SCHEDULE)
def change(template_id: PathId, wanted: ChangedTemplate, caller: Caller) -> TemplateEffect:
    """From `since` on the new content holds. What is booked keeps number, time and price. 404 for another
    department's; 422 `pool_room`, `template_over`."""
    done = schedules.change_template(
        caller.actor(),
        template_id=template_id,
        entry=_entry(wanted),
        since=wanted.since,
        generated=wanted.generated,
    )
    return TemplateEffect.model_validate(done)


@router.post("/{template_id}/preview", summary="预览模板修改的影响")
@allows(Right.MANAGE_SCHEDULE)
def preview(template_id: PathId, wanted: ChangedTemplate, caller: Caller) -> TemplateEffect:
    """What PUT with `generated` would do now; nothing is changed."""
    foreseen = schedules.preview_change(
        caller.actor(), template_id=template_id, entry=_entry(wanted), since=wanted.since
    )
    return TemplateEffect.model_validate(foreseen)


@router.post("/{template_id}/ending", summary="停止出诊模板")
@allows(Right.MANAGE_SCHEDULE)
def end(template_id: PathId, wanted: Ending, caller: Caller) -> TemplateEffect:
    """From `since` on there are no more of these clinics."""
    done = schedules.end_template(
        caller.actor(), template_id=template_id, since=wanted.since, generated=wanted.generated
    )
    return TemplateEffect.model_validate(done)


@router.post("/{template_id}/ending/preview", summary="预览停止模板的影响")
@allows(Right.MANAGE_SCHEDULE)
def preview_end(template_id: PathId, wanted: Ending, caller: Caller) -> TemplateEffect:
    """What ending with `generated` would do now; nothing is changed."""
    foreseen = schedules.preview_end(caller.actor(), template_id=template_id, since=wanted.since)
    return TemplateEffect.model_validate(foreseen)


def _entry(wanted: TemplateNumbers) -> TemplateEntry:
    """Whose, on which weekday and in which session stays as the template has it."""
    return TemplateEntry(
        doctor_id=None,
        department_code="",
        weekday=0,
        session="",
        service_type=wanted.service_type,
        room=wanted.room,
        starts=wanted.starts,
        ends=wanted.ends,
        per_period=wanted.per_period,
        fee_fen=wanted.fee_fen,
        referral_percent=wanted.referral_percent,
        onsite_percent=wanted.onsite_percent,
    )
