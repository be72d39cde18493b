"""FHIR R4 resources from the snapshots of the outbox. No personal data: a patient is a reference."""

from collections.abc import Mapping
from typing import Any

NUMBER_SYSTEM = "urn:guahao:appointment-no"
REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
# FHIR's code for who cancelled: patient or provider.
REASONS = {"suspended": "prov"}


def schedule(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """FHIR Schedule of one clinic: a doctor's, or a department's pooled one."""
    department = {"reference": f"HealthcareService/{snapshot['department_code']}"}
    doctor = snapshot["doctor_id"]
    return {
        "resourceType": "Schedule",
        "id": str(snapshot["id"]),
        "active": not snapshot["suspended"],
        "actor": [department] if doctor is None else [{"reference": f"Practitioner/{doctor}"}, department],
        "planningHorizon": {"start": snapshot["starts_at"], "end": snapshot["ends_at"]},
    }


def slot(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """FHIR Slot of one number."""
    return {
        "resourceType": "Slot",
        "id": str(snapshot["id"]),
        "meta": {"versionId": str(snapshot["version"])},
        "schedule": {"reference": f"Schedule/{snapshot['schedule_id']}"},
        "status": snapshot["status"],
        "start": snapshot["starts_at"],
        "end": snapshot["ends_at"],
        "overbooked": snapshot["overbooked"],
    }


def appointment(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """FHIR Appointment of one 挂号单."""
    doctor = snapshot["doctor_id"]
    department = {"reference": f"HealthcareService/{snapshot['department_code']}"}
    provider = {"reference": f"Practitioner/{doctor}"} if doctor is not None else department
    resource: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": snapshot["no"],
        "meta": {"versionId": str(snapshot["version"])},
        "identifier": [{"system": NUMBER_SYSTEM, "value": snapshot["no"]}],
        "status": snapshot["status"],
        "start": snapshot["starts_at"],
        "end": snapshot["ends_at"],
        "created": snapshot["created_at"],
        "slot": [{"reference": f"Slot/{snapshot['slot_id']}"}],
        "participant": [
            {"actor": {"reference": f"Patient/{snapshot['patient_id']}"}, "status": "accepted"},
            {"actor": provider, "status": "accepted"},
        ],
    }
    if snapshot["status"] == "cancelled":
        code = REASONS.get(str(snapshot["cancel_reason"]), "pat")
        resource["cancelationReason"] = {"coding": [{"system": REASON_SYSTEM, "code": code}]}
    return resource
