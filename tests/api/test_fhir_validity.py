"""Everything that we say in FHIR, judged by an implementation that is not ours."""

from typing import Any

import pytest

from hospital_app.domain import fhir
from hospital_app.domain.appointment import CancelReason, SlotStatus, Status
from hospital_app.domain.his import HisChange
from tests.api.test_fhir import machine as machine
from tests.support.booked import a_booked_appointment
from tests.support.builders import a_doctor, a_schedule
from tests.support.fhir_validator import problems
from tests.support.house import House
from tests.support.terminal import Terminal

Resource = dict[str, Any]
AT = {"starts_at": "2026-11-28T01:00:00+00:00", "ends_at": "2026-11-28T01:30:00+00:00"}
MONEY = {
    "appointment_no": "GH26112800000001",
    "patient_id": 12,
    "department_code": "CARD",
    "channel": "wechat",
    "created_at": "2026-11-26T00:00:00+00:00",
    "at": "2026-11-26T16:01:00+00:00",
    "channel_number": "4200000001",
    "amount_fen": 5001,
}


def an_appointment(status: Status, reason: str = "", doctor_id: int | None = 5) -> Resource:
    told = {"no": MONEY["appointment_no"], "version": 3, "status": status.value, "cancel_reason": reason, **AT}
    told |= {"patient_id": 12, "schedule_id": 7, "slot_id": 77, "department_code": "CARD", "doctor_id": doctor_id}
    return fhir.appointment(told | {"created_at": MONEY["created_at"]})


def a_slot(status: SlotStatus) -> Resource:
    return fhir.slot({"id": 77, "version": 2, "schedule_id": 7, "status": status.value, "overbooked": True, **AT})


def all_that_is_sent() -> list[Resource]:
    parts = {"cash_fen": 3001, "fund_fen": 1500, "account_fen": 500}
    back = {"payment_no": "GP261126000000001", "no": "GR261126000000001"}
    found = [
        *(an_appointment(status) for status in Status if status is not Status.CANCELLED),
        *(an_appointment(Status.CANCELLED, reason) for reason in CancelReason),
        an_appointment(Status.BOOKED, doctor_id=None),
        *(a_slot(status) for status in SlotStatus),
        *(fhir.payment({**MONEY, **parts, "no": "GP261126000000001", "version": v}) for v in (1, 2, 3)),
        *(fhir.refund({**MONEY, **back, "leg": leg, "version": v}) for leg in ("cash", "insurance") for v in (1, 2)),
    ]
    entries = [{"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/1"}} for each in found]
    return [*found, {"resourceType": "Bundle", "type": "transaction", "entry": entries}]


def test_every_resource_that_is_sent_is_valid_r4() -> None:
    sent = all_that_is_sent()
    assert problems(sent) == [[]] * len(sent)
    assert fhir.resources(HisChange()) == []


def test_every_answer_of_ours_is_valid_r4(house: House, machine: Terminal) -> None:
    schedule_id = a_schedule(house.sessions, doctor_id=a_doctor(house.sessions))
    no = a_booked_appointment(house.sessions, schedule_id=schedule_id).no
    paths = ("metadata", "Schedule", f"Schedule/{schedule_id}", "Slot", "Slot?_count=3", "Appointment")
    answers = [machine.get(f"/fhir/R4/{path}").json() for path in (*paths, f"Appointment/{no}", "Slot/99999999")]
    assert answers[-1]["resourceType"] == "OperationOutcome"
    assert problems(answers) == [[]] * len(answers)


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        (an_appointment(Status.BOOKED) | {"status": "paid"}, "Appointment.status"),
        (an_appointment(Status.BOOKED) | {"patientName": "张三"}, "Appointment.patientName"),
        ({"resourceType": "Slot", "id": "1", "status": "free"}, "Slot.schedule"),
        ({"resourceType": "PaymentReconciliation", "id": "1", "status": "active"}, "PaymentReconciliation.created"),
    ],
    ids=["a code", "an element", "a number of nothing", "money of no day"],
)
def test_the_judge_can_say_no(resource: Resource, said: str) -> None:
    ((*found,),) = problems([resource])
    assert any(line.startswith(said) for line in found), found
