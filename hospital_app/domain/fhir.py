"""FHIR R4 resources from the snapshots of the outbox. No personal data: a patient is a reference."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.his import HisChange

NUMBER_SYSTEM = "urn:guahao:appointment-no"
SLOT_SYSTEM = "urn:guahao:slot"
REASON_SYSTEM = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
# FHIR's code for who cancelled: patient or provider.
REASONS = {"suspended": "prov"}
PAYMENT_SYSTEM = "urn:guahao:payment-no"
REFUND_SYSTEM = "urn:guahao:refund-no"
PAYMENT_TYPE_SYSTEM = "http://terminology.hl7.org/CodeSystem/payment-type"
PAYMENT_STATUS = {1: "draft", 2: "active", 3: "cancelled"}
#: By which what is ours is told from what others have there.
SYSTEMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Appointment": (NUMBER_SYSTEM,),
        "Slot": (SLOT_SYSTEM,),
        "PaymentReconciliation": (PAYMENT_SYSTEM, REFUND_SYSTEM),
    }
)


def resources(change: HisChange) -> list[dict[str, Any]]:
    """All of one change, what is referred to before what refers to it."""
    booked = [] if change.appointment is None else [appointment(change.appointment)]
    return [
        *(slot(each) for each in change.slots),
        *booked,
        *(payment(each) for each in change.payments),
        *(refund(each) for each in change.refunds),
    ]


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
        "identifier": [{"system": SLOT_SYSTEM, "value": str(snapshot["id"])}],
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


def payment(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """FHIR PaymentReconciliation of one 支付单; each leg that has money is a detail (docs/decisions/0018)."""
    legs = {"cash": snapshot["cash_fen"], "fund": snapshot["fund_fen"], "account": snapshot["account_fen"]}
    details = [_detail(snapshot, "payment", leg, fen) for leg, fen in legs.items() if fen]
    status = PAYMENT_STATUS[snapshot["version"]]
    resource = _money_moved(snapshot, PAYMENT_SYSTEM, status, snapshot["amount_fen"])
    return resource | ({"detail": details} if details else {})


def refund(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """FHIR PaymentReconciliation of one 退款单: negative, an adjustment of its payment."""
    amount_fen = -snapshot["amount_fen"]
    detail = _detail(snapshot, "adjustment", snapshot["leg"], amount_fen)
    detail["predecessor"] = {"system": PAYMENT_SYSTEM, "value": snapshot["payment_no"]}
    status = PAYMENT_STATUS[snapshot["version"]]
    return {**_money_moved(snapshot, REFUND_SYSTEM, status, amount_fen), "detail": [detail]}


def _money_moved(snapshot: Mapping[str, Any], system: str, status: str, amount_fen: int) -> dict[str, Any]:
    number = snapshot["channel_number"]
    told = {"paymentIdentifier": {"system": f"urn:guahao:channel:{snapshot['channel']}", "value": number}}
    return {
        "resourceType": "PaymentReconciliation",
        "id": snapshot["no"],
        "meta": {"versionId": str(snapshot["version"])},
        "identifier": [{"system": system, "value": snapshot["no"]}],
        "status": status,
        "created": snapshot["created_at"],
        "paymentDate": clinic_day(datetime.fromisoformat(snapshot["at"])).isoformat(),
        "paymentAmount": _money(amount_fen),
        **(told if number else {}),
    }


def _detail(snapshot: Mapping[str, Any], code: str, leg: str, amount_fen: int) -> dict[str, Any]:
    return {
        "type": {"coding": [{"system": PAYMENT_TYPE_SYSTEM, "code": code}], "text": leg},
        "request": {"reference": f"Appointment/{snapshot['appointment_no']}"},
        "amount": _money(amount_fen),
    }


def _money(fen: int) -> dict[str, Any]:
    return {"value": fen / 100, "currency": "CNY"}
