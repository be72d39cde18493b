"""What a FHIR R4 (4.0.1) server must refuse of Appointment, Slot, Schedule and PaymentReconciliation.

Codes, required elements, cardinality, references, instants and the invariants app-1 to app-4.
Each check answers with sentences; an empty list means valid.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

Resource = Mapping[str, Any]

SLOT_STATUS = {"busy", "free", "busy-unavailable", "busy-tentative", "entered-in-error"}
APPOINTMENT_STATUS = {
    "proposed",
    "pending",
    "booked",
    "arrived",
    "fulfilled",
    "cancelled",
    "noshow",
    "entered-in-error",
    "checked-in",
    "waitlist",
}
FINANCIAL_STATUS = {"active", "cancelled", "draft", "entered-in-error"}
PARTICIPANT_STATUS = {"accepted", "declined", "tentative", "needs-action"}
PARTICIPANT_REQUIRED = {"required", "optional", "information-only"}

_ANY = {"resourceType", "id", "meta", "implicitRules", "language", "text", "contained", "extension"}
_SHARED = _ANY | {"modifierExtension", "identifier", "serviceCategory", "serviceType", "specialty", "comment"}
ELEMENTS = {
    "Slot": _SHARED | {"appointmentType", "schedule", "status", "start", "end", "overbooked"},
    "Schedule": _SHARED | {"active", "actor", "planningHorizon"},
    "Appointment": _SHARED
    | {"status", "cancelationReason", "appointmentType", "reasonCode", "reasonReference", "priority"}
    | {"description", "supportingInformation", "start", "end", "minutesDuration", "slot", "created"}
    | {"patientInstruction", "basedOn", "participant", "requestedPeriod"},
    "PaymentReconciliation": _ANY
    | {"modifierExtension", "identifier", "status", "period", "created", "paymentIssuer", "request", "requestor"}
    | {"outcome", "disposition", "paymentDate", "paymentAmount", "paymentIdentifier", "detail", "formCode"}
    | {"processNote"},
}
LISTS = {
    "identifier",
    "serviceCategory",
    "serviceType",
    "specialty",
    "reasonCode",
    "reasonReference",
    "supportingInformation",
    "slot",
    "basedOn",
    "participant",
    "requestedPeriod",
    "actor",
    "extension",
    "contained",
    "detail",
    "processNote",
}
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_REFERENCE = re.compile(r"(https?://\S+/)?[A-Z][A-Za-z]+/[A-Za-z0-9\-.]{1,64}")


def problems(resource: Resource) -> list[str]:
    """Everything wrong with it, one sentence each."""
    kind = resource.get("resourceType")
    if kind not in ELEMENTS:
        return [f"resourceType {kind!r} is not served here"]
    return [*_common(resource, str(kind)), *CHECKS[str(kind)](resource)]


def _common(resource: Resource, kind: str) -> Iterator[str]:
    for name in sorted(set(resource) - ELEMENTS[kind]):
        yield f"{kind}.{name} is not an element of R4"
    for name, value in resource.items():
        if (name in LISTS) != isinstance(value, list):
            yield f"{kind}.{name} must {'' if name in LISTS else 'not '}be a list"
        if value in ("", [], {}, None):
            yield f"{kind}.{name} must not be empty"
    if not _ID.fullmatch(str(resource.get("id", ""))):
        yield f"{kind}.id must be 1-64 characters of A-Z a-z 0-9 - ."
    for each in _objects(resource, "identifier"):
        if not isinstance(each.get("value"), str):
            yield f"{kind}.identifier.value is required here"


def _slot(slot: Resource) -> Iterator[str]:
    yield from _code(slot, "Slot.status", SLOT_STATUS)
    yield from _reference(slot.get("schedule"), "Slot.schedule")
    for name in ("start", "end"):
        if name not in slot:
            yield f"Slot.{name} is required"
    yield from _times(slot, "Slot")
    if not isinstance(slot.get("overbooked", False), bool):
        yield "Slot.overbooked must be a boolean"


def _schedule(schedule: Resource) -> Iterator[str]:
    actors = _objects(schedule, "actor")
    if not actors:
        yield "Schedule.actor is required"
    for actor in actors:
        yield from _reference(actor, "Schedule.actor")
    if not isinstance(schedule.get("active", True), bool):
        yield "Schedule.active must be a boolean"
    horizon = schedule.get("planningHorizon")
    if isinstance(horizon, Mapping):
        yield from _times(horizon, "Schedule.planningHorizon")


def _appointment(appointment: Resource) -> Iterator[str]:
    status = appointment.get("status")
    yield from _code(appointment, "Appointment.status", APPOINTMENT_STATUS)
    participants = _objects(appointment, "participant")
    if not participants:
        yield "Appointment.participant is required"
    for participant in participants:
        yield from _code(participant, "Appointment.participant.status", PARTICIPANT_STATUS)
        if "required" in participant and participant["required"] not in PARTICIPANT_REQUIRED:
            yield "Appointment.participant.required is not a code of R4"
        if "type" not in participant and "actor" not in participant:
            yield "app-1: either the type or actor of a participant must be specified"
        if "actor" in participant:
            yield from _reference(participant["actor"], "Appointment.participant.actor")
    for slot in _objects(appointment, "slot"):
        yield from _reference(slot, "Appointment.slot")
    yield from _times(appointment, "Appointment")
    if ("start" in appointment) != ("end" in appointment):
        yield "app-2: either start and end are specified, or neither"
    elif "start" not in appointment and status not in ("proposed", "cancelled"):
        yield "app-3: only proposed or cancelled appointments can be missing start/end dates"
    if "cancelationReason" in appointment and status not in ("cancelled", "noshow"):
        yield "app-4: cancelationReason is only for appointments that are cancelled or noshow"


def _payment(payment: Resource) -> Iterator[str]:
    yield from _code(payment, "PaymentReconciliation.status", FINANCIAL_STATUS)
    if _moment(payment.get("created")) is None:
        yield "PaymentReconciliation.created must be a dateTime with a time zone"
    if _day(payment.get("paymentDate")) is None:
        yield "PaymentReconciliation.paymentDate must be a date"
    yield from _amount(payment.get("paymentAmount"), "PaymentReconciliation.paymentAmount")
    details = _objects(payment, "detail")
    for detail in details:
        if not isinstance(detail.get("type"), Mapping):
            yield "PaymentReconciliation.detail.type is required"
        yield from _reference(detail.get("request"), "PaymentReconciliation.detail.request")
        yield from _amount(detail.get("amount"), "PaymentReconciliation.detail.amount")
    amounts = [each["amount"] for each in details if isinstance(each.get("amount"), Mapping)]
    whole = payment.get("paymentAmount")
    if amounts and isinstance(whole, Mapping) and _fen(whole) != sum(map(_fen, amounts)):
        yield "the details must sum to PaymentReconciliation.paymentAmount here"


CHECKS: Mapping[str, Callable[[Resource], Iterator[str]]] = {
    "Slot": _slot,
    "Schedule": _schedule,
    "Appointment": _appointment,
    "PaymentReconciliation": _payment,
}


def _objects(resource: Resource, name: str) -> list[Resource]:
    found = resource.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []


def _code(resource: Resource, path: str, codes: set[str]) -> Iterator[str]:
    found = resource.get(path.rpartition(".")[2])
    if found is None:
        yield f"{path} is required"
    elif not isinstance(found, str) or found not in codes:
        yield f"{path} {found!r} is not one of {', '.join(sorted(codes))}"


def _reference(found: object, path: str) -> Iterator[str]:
    reference = found.get("reference") if isinstance(found, Mapping) else None
    if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
        yield f"{path} must be a reference like Type/id"


def _amount(found: object, path: str) -> Iterator[str]:
    if not isinstance(found, Mapping) or isinstance(found.get("value"), bool):
        yield f"{path} must be an amount of money"
    elif not isinstance(found.get("value"), int | float) or found.get("currency") != "CNY":
        yield f"{path} must have a value in CNY here"


def _fen(amount: Resource) -> int:
    value = amount.get("value")
    return round(value * 100) if isinstance(value, int | float) else 0


def _day(found: object) -> date | None:
    try:
        return date.fromisoformat(found) if isinstance(found, str) and len(found) == 10 else None
    except ValueError:
        return None


def _times(resource: Resource, path: str) -> Iterator[str]:
    moments = [(name, _moment(resource[name])) for name in ("start", "end") if name in resource]
    for name, moment in moments:
        if moment is None:
            yield f"{path}.{name} must be an instant with seconds and a time zone"
    if len(moments) == 2 and moments[0][1] and moments[1][1] and moments[1][1] < moments[0][1]:
        yield f"{path}.end must not lie before its start"


def _moment(found: object) -> datetime | None:
    text = str(found)
    if not _INSTANT.fullmatch(text):
        return None
    try:
        date.fromisoformat(text[:10])
        return datetime.fromisoformat(text)
    except ValueError:
        return None
