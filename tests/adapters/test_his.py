"""The FHIR adapter against the HIS sandbox: what it refuses, in which order it may come, how it heals."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hospital_app.adapters import his_fhir
from hospital_app.adapters.his_fhir import FhirHis
from hospital_app.ports import Rejected, Unreachable
from tests.adapters.world import Sandbox
from tests.support.waiting import free_port

Resource = dict[str, Any]


def a_slot(number: str, *, version: int = 1, **changed: Any) -> Resource:
    return {
        "resourceType": "Slot",
        "id": number,
        "meta": {"versionId": str(version)},
        "identifier": [{"system": "urn:guahao:slot", "value": number}],
        "schedule": {"reference": "Schedule/7"},
        "status": "busy-tentative",
        "start": "2026-11-25T09:00:00+08:00",
        "end": "2026-11-25T09:30:00+08:00",
        **changed,
    }


def an_appointment(number: str, *, version: int = 1, **changed: Any) -> Resource:
    return {
        "resourceType": "Appointment",
        "id": number,
        "meta": {"versionId": str(version)},
        "identifier": [{"system": "urn:guahao:appointment", "value": number}],
        "status": "pending",
        "slot": [{"reference": "Slot/1"}],
        "start": "2026-11-25T09:00:00+08:00",
        "end": "2026-11-25T09:30:00+08:00",
        "participant": [
            {"actor": {"reference": "Patient/1"}, "status": "accepted"},
            {"actor": {"reference": "Practitioner/2"}, "required": "required", "status": "accepted"},
        ],
        **changed,
    }


def without(resource: Resource, name: str) -> Resource:
    return {key: value for key, value in resource.items() if key != name}


def one(his: FhirHis, kind: str, number: str) -> Resource | None:
    return his.held(kind, [number]).get(number)


def found(world: Sandbox, identifier: str) -> list[Resource]:
    answer = world.get("/sandbox/his/Appointment", params={"identifier": identifier}).json()
    return [entry["resource"] for entry in answer.get("entry", [])]


def versions(world: Sandbox, kind: str, number: str) -> list[str]:
    """The accepted versions, oldest first."""
    bundle = world.http.get(f"/sandbox/his/{kind}/{number}/_history").json()
    return [entry["resource"]["meta"]["versionId"] for entry in reversed(bundle.get("entry", []))]


def test_what_is_put_can_be_got_and_found(his: FhirHis, his_world: Sandbox) -> None:
    his.put(an_appointment("A1"))
    his.put(a_slot("S1"))
    assert [each["status"] for each in found(his_world, "A1")] == ["pending"]
    assert found(his_world, "urn:guahao:appointment|A1") == found(his_world, "A1")
    assert found(his_world, "urn:other|A1") == found(his_world, "A9") == []
    held = his.held("Slot", ["S1", "S9"])
    assert {number: slot["schedule"] for number, slot in held.items()} == {"S1": {"reference": "Schedule/7"}}


def test_what_is_held_is_replaced_only_as_it_was_read(his: FhirHis) -> None:
    his.put(an_appointment("R1", version=5, status="cancelled"))
    with pytest.raises(Rejected) as refusal:
        his.replace(an_appointment("R1", version=2, status="booked"), "4")
    assert refusal.value.code == "412"
    his.replace(an_appointment("R1", version=2, status="booked"), "5")
    held = one(his, "Appointment", "R1")
    assert held is not None and (held["status"], held["meta"]["versionId"]) == ("booked", "2")
    his.put(an_appointment("R1", version=3, status="checked-in"))
    his.replace(an_appointment("R2"), None)
    assert set(his.held("Appointment", ["R1", "R2"])) == {"R1", "R2"}


def test_many_are_asked_for_in_several_questions(his: FhirHis) -> None:
    for number in range(3):
        his.put(a_slot(f"Q{number}"))
    asked = [f"Q{number}" for number in range(250)]
    assert sorted(his.held("Slot", asked)) == ["Q0", "Q1", "Q2"]


def test_repeated_and_out_of_order_versions_are_harmless(his: FhirHis, his_world: Sandbox) -> None:
    for version, status in [(1, "pending"), (1, "pending"), (3, "cancelled"), (2, "booked"), (3, "booked")]:
        his.put(an_appointment("A2", version=version, status=status))
    held = one(his, "Appointment", "A2")
    assert held is not None and (held["status"], held["meta"]["versionId"]) == ("cancelled", "3")
    assert versions(his_world, "Appointment", "A2") == ["1", "3"]


INVALID: dict[str, Callable[[], Resource]] = {
    "an unknown status": lambda: an_appointment("X1", status="paid"),
    "a status that is no text": lambda: an_appointment("X1", status=["booked"]),
    "no status": lambda: without(an_appointment("X1"), "status"),
    "no participant": lambda: an_appointment("X1", participant=[]),
    "app-1": lambda: an_appointment("X1", participant=[{"status": "accepted"}]),
    "app-2": lambda: without(an_appointment("X1", status="cancelled"), "end"),
    "app-3": lambda: without(without(an_appointment("X1", status="booked"), "end"), "start"),
    "app-4": lambda: an_appointment("X1", status="booked", cancelationReason={"text": "changed my mind"}),
    "a participant's status": lambda: an_appointment(
        "X1", participant=[{"status": "ready", "actor": {"reference": "Patient/1"}}]
    ),
    "a reference to nothing": lambda: an_appointment("X1", slot=[{"reference": "slot 1"}]),
    "a list for an object": lambda: a_slot("X1", schedule=[{"reference": "Schedule/7"}]),
    "an object for a list": lambda: an_appointment("X1", slot={"reference": "Slot/1"}),
    "an element of nobody": lambda: an_appointment("X1", patientName="张三"),
    "an end before the start": lambda: a_slot("X1", end="2026-11-25T08:00:00+08:00"),
    "a time without a zone": lambda: a_slot("X1", start="2026-11-25T09:00:00"),
    "a day that does not exist": lambda: a_slot("X1", start="2026-02-30T09:00:00Z"),
    "a slot's status": lambda: a_slot("X1", status="held"),
    "a slot of no schedule": lambda: without(a_slot("X1"), "schedule"),
    "a schedule of nobody": lambda: {"resourceType": "Schedule", "id": "X1", "active": True},
    "a version that is no number": lambda: a_slot("X1", meta={"versionId": "two"}),
}


@pytest.mark.parametrize("resource", INVALID.values(), ids=INVALID.keys())
def test_an_invalid_resource_is_rejected_and_not_held(his: FhirHis, resource: Callable[[], Resource]) -> None:
    with pytest.raises(Rejected) as refusal:
        his.put(resource())
    assert refusal.value.code == "422" and refusal.value.detail
    assert one(his, resource()["resourceType"], "X1") is None


@pytest.mark.parametrize("status", ["pending", "booked", "checked-in", "fulfilled", "cancelled", "noshow", "arrived"])
def test_every_status_of_ours_is_taken(his: FhirHis, status: str) -> None:
    reason = {"cancelationReason": {"coding": [{"code": "pat"}]}} if status in ("cancelled", "noshow") else {}
    his.put(an_appointment(f"A-{status}", status=status, **reason))


def test_a_kind_that_is_not_served_is_rejected(his: FhirHis) -> None:
    with pytest.raises(Rejected):
        his.put({"resourceType": "Patient", "id": "1"})


def test_a_transaction_is_all_or_nothing(his: FhirHis, his_world: Sandbox) -> None:
    def send(*resources: Resource) -> int:
        entries = [
            {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
            for each in resources
        ]
        return his_world.http.post(
            "/fhir/R4",
            json={"resourceType": "Bundle", "type": "transaction", "entry": entries},
            headers={"Authorization": f"Bearer {his_world.keys.his_token}"},
        ).status_code

    assert send(a_slot("T1"), an_appointment("T1", status="paid")) == 422
    assert one(his, "Slot", "T1") is None
    assert send(a_slot("T1"), an_appointment("T1")) == 200
    assert one(his, "Slot", "T1") is not None and one(his, "Appointment", "T1") is not None


def test_down_and_up_again(his: FhirHis, his_world: Sandbox) -> None:
    assert his_world.http.post("/sandbox/his", json={"up": False}).json() == {"up": False}
    with pytest.raises(Unreachable):
        his.put(an_appointment("D1"))
    his_world.kill()
    with pytest.raises(Unreachable):
        his.put(an_appointment("D1"))
    his_world.start()
    with pytest.raises(Unreachable):  # the switch outlives the process
        one(his, "Appointment", "D1")
    assert his_world.http.get("/sandbox/his/Appointment?identifier=D1").json()["total"] == 0
    assert his_world.http.post("/sandbox/his", data={"up": "true"}).status_code == 303
    his.put(an_appointment("D1"))
    assert his_world.http.get("/sandbox/his/Appointment?identifier=D1").json()["total"] == 1


def test_a_wrong_token_or_nobody_there_passes(his_world: Sandbox) -> None:
    with pytest.raises(Unreachable):
        FhirHis(f"{his_world.url}/fhir/R4", "wrong").put(an_appointment("W1"))
    with pytest.raises(Unreachable):
        FhirHis(f"http://127.0.0.1:{free_port()}/fhir/R4", "x").held("Slot", ["1"])


@pytest.mark.parametrize("body", [{}, {"up": "perhaps"}, {"up": None}])
def test_a_switch_that_is_neither_on_nor_off_changes_nothing(his_world: Sandbox, body: Resource) -> None:
    assert his_world.http.post("/sandbox/his", json=body).status_code == 422
    assert "运行中" in his_world.http.get("/sandbox/his").text


def test_the_page_shows_what_is_held(his: FhirHis, his_world: Sandbox) -> None:
    his.put(an_appointment("PAGE-1", status="booked"))
    page = his_world.http.get("/sandbox/his").text
    assert "PAGE-1" in page and "已预约" in page


def test_searching_by_status(his: FhirHis, his_world: Sandbox) -> None:
    his.put(a_slot("F1", status="free"))
    answer = his_world.http.get("/sandbox/his/Slot", params={"status": "free,busy"}).json()
    assert [entry["resource"]["id"] for entry in answer["entry"]] == ["F1"]
    assert his_world.http.get("/sandbox/his/Slot?patient=1").status_code == 400
    assert his_world.http.get("/sandbox/his/Patient").status_code == 404


def test_searching_by_time_goes_from_page_to_page(
    his: FhirHis, his_world: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(his_fhir, "FOUND_AT_ONCE", 2)
    begin = datetime(2027, 3, 1, tzinfo=UTC)
    for hour in range(5):
        at = begin + timedelta(hours=hour)
        times = {"start": at.isoformat(), "end": (at + timedelta(minutes=30)).isoformat()}
        his.put(a_slot(f"P{hour}", **times))
        his.put(a_slot(f"X{hour}", identifier=[{"system": "urn:others", "value": "X"}], **times))

    def found(until: datetime | None) -> list[list[str]]:
        return [[each["id"] for each in page] for page in his.of_ours("Slot", begin + timedelta(hours=1), until)]

    assert found(begin + timedelta(hours=4)) == [["P1", "P2"], ["P3"]]
    assert found(None) == [["P1", "P2"], ["P3", "P4"], []]
    assert [page for page in his.of_ours("Appointment", begin, None) if page] == []
    assert his_world.http.get("/sandbox/his/Slot?start=2027-03-01").status_code == 400


def test_the_token_goes_to_no_other_address(his: FhirHis, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {"entry": [], "link": [{"relation": "next", "url": "https://elsewhere.example/fhir/R4/Slot?page=2"}]}
    monkeypatch.setattr(his, "_call", lambda *_, **__: elsewhere)
    with pytest.raises(Rejected, match="not under the address"):
        list(his.of_ours("Slot", datetime(2027, 3, 1, tzinfo=UTC), None))
