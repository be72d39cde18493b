"""FHIR reading: resources, searches a page at a time, nothing personal."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from hospital_app import container as containers
from hospital_app.flows import booking
from tests.support.booked import a_booked_appointment
from tests.support.builders import TOMORROW, a_doctor, a_patient, a_schedule, an_account, first_period
from tests.support.house import House, patient_actor
from tests.support.terminal import Terminal

TOKEN = "a machine's token"
REFUSED = "OperationOutcome"


@pytest.fixture
def machine(house: House) -> Terminal:
    settings = house.container.settings.model_copy(update={"fhir_tokens": [SecretStr("another"), SecretStr(TOKEN)]})
    containers.use(replace(house.container, settings=settings))
    return Terminal(token=TOKEN)


def resources(machine: Terminal, path: str) -> list[dict[str, Any]]:
    answer = machine.get(path)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("application/fhir+json")
    bundle = answer.json()
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "searchset")
    return [entry["resource"] for entry in bundle["entry"]]


def test_a_schedule_its_slots_and_an_appointment(house: House, machine: Terminal) -> None:
    doctor_id = a_doctor(house.sessions)
    schedule_id = a_schedule(house.sessions, doctor_id=doctor_id)
    appointment = a_booked_appointment(house.sessions, schedule_id=schedule_id)
    schedule = machine.get(f"/fhir/R4/Schedule/{schedule_id}").json()
    assert schedule["actor"][0] == {"reference": f"Practitioner/{doctor_id}"}
    assert resources(machine, f"/fhir/R4/Schedule?actor=Practitioner/{doctor_id}&date={TOMORROW}") == [schedule]
    assert resources(machine, f"/fhir/R4/Schedule?date=gt{TOMORROW}") == []

    busy = resources(machine, f"/fhir/R4/Slot?schedule=Schedule/{schedule_id}&status=busy")
    assert [slot["id"] for slot in busy] == [str(appointment.slot_id)]
    assert machine.get(f"/fhir/R4/Slot/{appointment.slot_id}").json() == busy[0]

    read = machine.get(f"/fhir/R4/Appointment/{appointment.no}").json()
    assert (read["status"], read["slot"]) == ("booked", [{"reference": f"Slot/{appointment.slot_id}"}])
    assert resources(machine, f"/fhir/R4/Appointment?identifier=urn:x|{appointment.no}&status=booked") == [read]


def test_nothing_personal_leaves(house: House, machine: Terminal) -> None:
    appointment = a_booked_appointment(house.sessions, schedule_id=a_schedule(house.sessions), name="王秀芳")
    text = machine.get(f"/fhir/R4/Appointment/{appointment.no}").text
    for secret in ("王", "139", appointment.code if appointment.code not in appointment.no else "王"):
        assert secret not in text.replace(appointment.no, "")


def test_pages_follow_each_other_without_gap(house: House, machine: Terminal) -> None:
    schedule_id = a_schedule(house.sessions, per_period=3)
    path: str | None = f"/fhir/R4/Slot?schedule={schedule_id}&_count=5"
    seen: list[str] = []
    while path is not None:
        bundle = machine.get(path).json()
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        following = [link["url"] for link in bundle["link"] if link["relation"] == "next"]
        parts = urlsplit(following[0]) if following else None
        path = f"{parts.path}?{parts.query}" if parts else None
    assert len(seen) == len(set(seen)) == 24


def test_a_hold_that_is_over_counts_as_free_before_any_worker_came(house: House, machine: Terminal) -> None:
    schedule_id = a_schedule(house.sessions, per_period=1)
    account = an_account(house.sessions)
    patient = a_patient(house.sessions, account_id=account)
    wish = {"schedule_id": schedule_id, "starts_at": first_period(), "patient_id": patient, "key": "k"}
    no = booking.hold(patient_actor(account), **wish).no  # type: ignore[arg-type]
    held = f"/fhir/R4/Slot?schedule={schedule_id}&status=busy-tentative"
    assert len(resources(machine, held)) == 1
    assert len(resources(machine, "/fhir/R4/Appointment?status=pending")) == 1
    house.later(minutes=15)
    assert resources(machine, held) == []
    assert len(resources(machine, f"/fhir/R4/Slot?schedule={schedule_id}&status=free")) == 8
    assert resources(machine, "/fhir/R4/Appointment?status=pending") == []
    assert machine.get(f"/fhir/R4/Appointment/{no}").json()["status"] == "cancelled"


@pytest.mark.parametrize(
    ("query", "left"),
    [
        (f"start={TOMORROW}", 8),
        (f"start=ge{TOMORROW}T10:00:00%2B08:00", 4),
        (f"start=gt{TOMORROW}T10:00:00%2B08:00", 3),
        (f"start=lt{TOMORROW}T10:00:00%2B08:00", 4),
        (f"start=le{TOMORROW}T10:00:00%2B08:00", 5),
        (f"start={TOMORROW}T02:00:00Z", 1),
        (f"start=ge{TOMORROW}T09:00:00%2B08:00&start=lt{TOMORROW}T10:00:00%2B08:00", 2),
    ],
)
def test_bounds_of_time(house: House, machine: Terminal, query: str, left: int) -> None:
    a_schedule(house.sessions, per_period=1)
    assert len(resources(machine, f"/fhir/R4/Slot?{query}")) == left


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("Slot?colour=red", 400),
        ("Slot?status=purple", 400),
        ("Slot?schedule=Practitioner/1", 400),
        ("Slot?schedule=99999999999", 400),
        ("Slot?start=yesterday", 400),
        ("Slot?start=ne2026-11-24", 400),
        ("Slot?start=2026-11-24T10:00:00", 400),
        ("Slot?start=0001-01-01T00:00:00%2B14:00", 400),
        ("Slot?_count=1000000", 422),
        ("Slot/2147483647", 404),
        ("Appointment/nothing", 404),
        ("Appointment/%27%20OR%201=1", 422),
        ("Patient/1", 404),
    ],
)
def test_what_we_do_not_know_is_an_outcome(house: House, machine: Terminal, path: str, status: int) -> None:
    answer = machine.get(f"/fhir/R4/{path}")
    assert (answer.status_code, answer.json()["resourceType"]) == (status, REFUSED)


def test_what_we_can_do_is_written_down(house: House, machine: Terminal) -> None:
    said = machine.get("/fhir/R4/metadata").json()
    assert said["fhirVersion"] == "4.0.1"
    assert [resource["type"] for resource in said["rest"][0]["resource"]] == ["Schedule", "Slot", "Appointment"]
