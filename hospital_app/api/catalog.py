"""科室、医生、号源日历、导诊：for everybody, signed in or not."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, TypeAdapter

from hospital_app.api.access import allows
from hospital_app.api.kept_ready import KeptReady, answer
from hospital_app.api.shapes import Answer, Instant, PathId
from hospital_app.domain.authority import Right
from hospital_app.flows import catalog

router = APIRouter(prefix="/api/v1", tags=["catalog"])
calendars = APIRouter(prefix="/api/v1", tags=["catalog"], route_class=KeptReady)

Words = Annotated[str | None, Query(max_length=100)]
Days = Annotated[int, Query(ge=1, le=28)]


class Department(Answer):
    code: str
    name: str
    parent: str | None
    location: str
    scope: str
    opening: str
    open: bool
    hot_rank: int


class Advice(Answer):
    """What comes before any booking: `red_flag` means the emergency room, `fever` the fever clinic."""

    flag: str
    symptom: str
    text: str


class _Provider(Answer):
    """`provider` is what calendars and holds ask for. `fee_fen`: the lowest of the coming days, null without a clinic;
    `next_left` counts the whole day of `next_free_at`."""

    provider: str
    name: str
    title: str
    gender: str
    department: str
    department_code: str
    specialty: str
    introduction: str
    photo: Annotated[str, Field(description="/photos/{sha256}; empty: none")]
    rating: float | None
    rating_count: int
    fee_fen: int | None
    next_free_at: Instant | None
    next_left: int
    location: str
    opening: str
    area_code: str
    area_name: str
    room: str
    advice: list[Advice] = []


class Doctor(_Provider):
    """医生, a person (FHIR: Practitioner)."""

    kind: Literal["doctor"]
    id: int


class PooledClinic(_Provider):
    """普通门诊: a room where whoever is on duty sees the patient (FHIR: HealthcareService). It is nobody, so it has no
    `id`, no photo and no rating; it is named by `provider` everywhere."""

    kind: Literal["pool"]
    id: None


Provider = Annotated[Doctor | PooledClinic, Field(discriminator="kind")]
_PROVIDER: TypeAdapter[Doctor | PooledClinic] = TypeAdapter(Provider)


class Cell(Answer):
    """A half hour. `state`: free few full suspended unreleased waitlist over; `capacity`: numbers planned in it."""

    schedule_id: int
    on: date
    session: str
    starts_at: Instant
    ends_at: Instant
    state: str
    left: int
    capacity: int
    fee_fen: int
    service_type: str
    room: str
    released_at: Instant


class Calendar(Answer):
    """`doctor`: or the pooled clinic, as its `kind` says."""

    doctor: Provider
    days: list[date]
    cells: list[Cell]
    as_of: Instant


class Triage(Answer):
    advice: list[Advice]
    departments: list[Department]
    symptoms: list[str]


@router.get("/departments", summary="科室")
@allows(Right.LOOK)
def departments() -> list[Department]:
    return [Department.model_validate(found) for found in catalog.departments()]


@router.get("/doctors", summary="医生")
@allows(Right.LOOK)
def doctors(
    department: Annotated[str | None, Query(max_length=12)] = None, q: Words = None, symptom: Words = None
) -> list[Doctor]:
    """By department, by name (Chinese, pinyin, initials) or by symptom; a dangerous symptom adds `advice`. Doctors
    only: GET /api/v1/providers has the pooled clinics as well."""
    return [found for found in providers(department, q, symptom) if isinstance(found, Doctor)]


@router.get("/providers", summary="医生与普通门诊")
@allows(Right.LOOK)
def providers(
    department: Annotated[str | None, Query(max_length=12)] = None, q: Words = None, symptom: Words = None
) -> list[Provider]:
    """Whatever can be booked, told apart by `kind`; the same conditions as GET /api/v1/doctors. A name finds doctors
    only: a pooled clinic has none."""
    found = [_PROVIDER.validate_python(card) for card in catalog.doctors(department=department, q=q, symptom=symptom)]
    if symptom:
        advice = [Advice.model_validate(said) for said in catalog.triage(symptom).advice]
        found = [each.model_copy(update={"advice": advice}) for each in found]
    return found


@router.get("/triage", summary="导诊")
@allows(Right.LOOK)
def triage(q: Annotated[str, Query(min_length=1, max_length=100)]) -> Triage:
    """Departments for symptoms in plain words; `advice` says when not to book but to go at once."""
    return Triage.model_validate(catalog.triage(q))


@calendars.get("/doctors/{doctor_id}/calendar", summary="医生号源日历", response_model=Calendar)
@allows(Right.LOOK)
def calendar(doctor_id: PathId, request: Request, days: Days = 7) -> Response:
    """Kept ready: `ETag` and `If-None-Match` tell whether anything but `as_of` has changed (304)."""
    return answer(request, catalog.kept_calendar(doctor_id=doctor_id, days=days))


@calendars.get("/providers/{provider}/calendar", summary="医生或普通门诊的号源日历", response_model=Calendar)
@allows(Right.LOOK)
def provider_calendar(
    provider: Annotated[str, Path(max_length=40, examples=["doctor:12", "pool:03.01:301"])],
    request: Request,
    days: Days = 7,
) -> Response:
    """The same for doctors and pooled clinics alike."""
    return answer(request, catalog.kept_calendar(provider=provider, days=days))
