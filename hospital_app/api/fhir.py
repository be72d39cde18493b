"""FHIR R4 for other systems: Schedule, Slot, Appointment, by id or by search; a machine token opens it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from hospital_app.api.access import allows
from hospital_app.api.errors import OUTCOMES
from hospital_app.api.shapes import AppointmentNo, PathId
from hospital_app.api.visitor import Bearer
from hospital_app.container import container
from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.authority import Right
from hospital_app.domain.fhir_search import bad_parameter, reference_id, token_value, window
from hospital_app.flows import fhir
from hospital_app.services.fhir_reading import Page, Resource, Wanted

router = APIRouter(prefix="/fhir/R4", tags=["fhir"], responses=OUTCOMES)

BASE = "/fhir/R4"
MEDIA_TYPE = "application/fhir+json"
#: resource type → (search parameter, its type)
SEARCHES: dict[str, tuple[tuple[str, str], ...]] = {
    "Schedule": (("actor", "reference"), ("date", "date")),
    "Slot": (("schedule", "reference"), ("start", "date"), ("status", "token")),
    "Appointment": (("identifier", "token"), ("date", "date"), ("status", "token")),
}
PAGING = ("_count", "_after", "_format")

Count = Annotated[int, Query(alias="_count", ge=1, le=200)]
After = Annotated[int, Query(alias="_after", ge=0, le=2**31 - 1)]
Texts = Annotated[list[str] | None, Query(max_length=4)]
Text = Annotated[str | None, Query(max_length=100)]


class FhirJson(JSONResponse):
    media_type = MEDIA_TYPE


def _token(bearer: Bearer) -> str | None:
    return bearer.credentials if bearer else None


@router.get("/metadata", response_class=FhirJson, summary="CapabilityStatement")
@allows(Right.READ_FHIR)
def metadata(bearer: Bearer) -> Resource:
    fhir.admit(_token(bearer))
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "implementation": {
            "description": container().settings.hospital_name,
            "url": container().settings.public_url + BASE,
        },
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "resource": [
                    {
                        "type": kind,
                        "interaction": [{"code": "read"}, {"code": "search-type"}],
                        "searchParam": [{"name": name, "type": sort} for name, sort in parameters],
                    }
                    for kind, parameters in SEARCHES.items()
                ],
            }
        ],
    }


@router.get("/Schedule", response_class=FhirJson, summary="Schedule 查询")
@allows(Right.READ_FHIR)
def schedules(
    request: Request, bearer: Bearer, actor: Text = None, date: Texts = None, count: Count = 50, after: After = 0
) -> Resource:
    """`actor=Practitioner/<id>` or `HealthcareService/<department>`; `date=ge2026-11-24&date=lt2026-12-01`."""
    _check_known(request, "Schedule")
    since, before = window("date", date or [])
    department = actor.removeprefix("HealthcareService/") if actor and actor.startswith("Healthcare") else None
    doctor_id = reference_id("actor", actor, "Practitioner") if actor and department is None else None
    wanted = Wanted(since=since, before=before, doctor_id=doctor_id, department_code=department)
    return _bundle(request, "Schedule", fhir.schedules(_token(bearer), wanted=wanted, after=after, count=count))


@router.get("/Schedule/{schedule_id}", response_class=FhirJson, summary="Schedule")
@allows(Right.READ_FHIR)
def schedule(schedule_id: PathId, bearer: Bearer) -> Resource:
    return fhir.schedule(_token(bearer), schedule_id=schedule_id)


@router.get("/Slot", response_class=FhirJson, summary="Slot 查询")
@allows(Right.READ_FHIR)
def slots(
    request: Request,
    bearer: Bearer,
    schedule: Text = None,
    start: Texts = None,
    status: Text = None,
    count: Count = 50,
    after: After = 0,
) -> Resource:
    """`schedule=Schedule/<id>`, `start=ge...`, `status=free`."""
    _check_known(request, "Slot")
    since, before = window("start", start or [])
    wanted = Wanted(
        since=since,
        before=before,
        schedule_id=reference_id("schedule", schedule, "Schedule") if schedule else None,
        status=_status(status, SlotStatus),
    )
    return _bundle(request, "Slot", fhir.slots(_token(bearer), wanted=wanted, after=after, count=count))


@router.get("/Slot/{slot_id}", response_class=FhirJson, summary="Slot")
@allows(Right.READ_FHIR)
def slot(slot_id: PathId, bearer: Bearer) -> Resource:
    return fhir.slot(_token(bearer), slot_id=slot_id)


@router.get("/Appointment", response_class=FhirJson, summary="Appointment 查询")
@allows(Right.READ_FHIR)
def appointments(
    request: Request,
    bearer: Bearer,
    identifier: Text = None,
    date: Texts = None,
    status: Text = None,
    count: Count = 50,
    after: After = 0,
) -> Resource:
    """`identifier=<no>`, `date=2026-11-24`, `status=booked`."""
    _check_known(request, "Appointment")
    since, before = window("date", date or [])
    wanted = Wanted(
        since=since,
        before=before,
        no=token_value(identifier) if identifier else None,
        status=_status(status, Status),
    )
    return _bundle(request, "Appointment", fhir.appointments(_token(bearer), wanted=wanted, after=after, count=count))


@router.get("/Appointment/{no}", response_class=FhirJson, summary="Appointment")
@allows(Right.READ_FHIR)
def appointment(no: AppointmentNo, bearer: Bearer) -> Resource:
    return fhir.appointment(_token(bearer), no=no)


def _check_known(request: Request, kind: str) -> None:
    """A filter that we would ignore must not look as if it had been applied."""
    known = {name for name, _ in SEARCHES[kind]} | set(PAGING)
    for name in request.query_params:
        if name not in known:
            raise bad_parameter(name)


def _status(text: str | None, known: type[SlotStatus] | type[Status]) -> str | None:
    if text is None:
        return None
    value = token_value(text)
    if value not in {status.value for status in known}:
        raise bad_parameter("status")
    return value


def _bundle(request: Request, kind: str, page: Page) -> Resource:
    base = container().settings.public_url + BASE
    asked = [(name, value) for name, value in request.query_params.multi_items() if name != "_after"]
    links = [{"relation": "self", "url": f"{base}/{kind}?{urlencode(asked)}"}]
    if page.after is not None:
        links.append({"relation": "next", "url": f"{base}/{kind}?{urlencode([*asked, ('_after', page.after)])}"})
    entries: list[dict[str, Any]] = [
        {"fullUrl": f"{base}/{kind}/{resource['id']}", "resource": resource, "search": {"mode": "match"}}
        for resource in page.resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries}
