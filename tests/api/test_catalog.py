"""Departments, doctors and calendars over HTTP, on the small hospital."""

import pytest

from hospital_app.services import schedules
from tests.support.builders import TOMORROW
from tests.support.hospital import Hospital, a_hospital
from tests.support.house import House
from tests.support.terminal import Terminal, refusal


@pytest.fixture
def hospital(house: House) -> Hospital:
    made = a_hospital(house)
    house.do(schedules.generate, start=TOMORROW, days=1)
    return made


def test_departments(hospital: Hospital) -> None:
    found = {one["code"]: one for one in Terminal().get("/api/v1/departments").json()}
    assert {"code", "name", "parent", "location", "scope"} <= set(found["03.01"])
    assert found["03.01"]["parent"] == "03" and "20" not in found


def test_doctors_by_name_and_department(hospital: Hospital) -> None:
    browser = Terminal()
    assert {d["id"] for d in browser.get("/api/v1/doctors", params={"q": "曾"}).json()} == {hospital.zeng}
    found = browser.get("/api/v1/doctors", params={"department": "03.04"}).json()
    assert [d["id"] for d in found] == [hospital.ouyang]
    assert {"id", "name", "title", "department", "specialty", "rating", "fee_fen", "next_free_at"} <= set(found[0])


def test_doctors_are_persons_and_pooled_clinics_are_not(hospital: Hospital) -> None:
    browser = Terminal()
    doctors, providers = (browser.get(f"/api/v1/{path}").json() for path in ("doctors", "providers"))
    assert {d["id"] for d in doctors} == {hospital.shan, hospital.zeng, hospital.ouyang, hospital.wang}
    assert [each for each in providers if each["kind"] == "doctor"] == doctors
    pool = next(each for each in providers if each["provider"] == hospital.pool)
    assert (pool["kind"], pool["id"]) == ("pool", None)
    here = browser.get("/api/v1/providers", params={"department": pool["department_code"]}).json()
    assert pool in here
    assert all(
        browser.get(f"/api/v1/providers/{each['provider']}/calendar").json()["doctor"]["kind"] == each["kind"]
        for each in providers
    )


def test_a_dangerous_symptom_adds_advice(hospital: Hospital) -> None:
    browser = Terminal()
    found = browser.get("/api/v1/doctors", params={"symptom": "胸痛"}).json()
    assert found and all(d["advice"][0]["flag"] == "red_flag" for d in found)
    assert all(d["advice"] == [] for d in browser.get("/api/v1/doctors", params={"symptom": "咳嗽"}).json())
    said = browser.get("/api/v1/triage", params={"q": "胸痛"}).json()
    assert said["advice"][0]["text"] == "请立即前往急诊"


def test_calendars_of_doctors_and_of_pooled_clinics(hospital: Hospital) -> None:
    browser = Terminal()
    own = browser.get(f"/api/v1/doctors/{hospital.shan}/calendar?days=3").json()
    assert own["doctor"]["name"] == "单国立" and len(own["days"]) == 3
    assert {cell["on"] for cell in own["cells"]} == {TOMORROW.isoformat()}
    assert own["cells"][0]["starts_at"] == f"{TOMORROW}T08:00:00+08:00"
    pooled = browser.get(f"/api/v1/providers/{hospital.pool}/calendar").json()
    assert pooled["doctor"]["id"] is None and pooled["cells"][0]["left"] == 4


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/api/v1/doctors/999999999/calendar", (404, "not_found")),
        ("/api/v1/doctors/abc/calendar", (422, "invalid_request")),
        ("/api/v1/doctors/99999999999999999999/calendar", (422, "invalid_request")),
        ("/api/v1/doctors/1/calendar?days=0", (422, "invalid_request")),
        ("/api/v1/doctors/1/calendar?days=1000000", (422, "invalid_request")),
        ("/api/v1/providers/nonsense/calendar", (422, "malformed")),
        ("/api/v1/doctors?q=" + "a" * 101, (422, "invalid_request")),
        ("/api/v1/triage", (422, "invalid_request")),
    ],
)
def test_what_is_not_there_or_makes_no_sense(house: House, path: str, refused: tuple[int, str]) -> None:
    assert refusal(Terminal().get(path)) == refused


def test_a_calendar_that_has_not_changed_is_not_sent_again(hospital: Hospital) -> None:
    path = f"/api/v1/doctors/{hospital.shan}/calendar"
    first = Terminal().get(path)
    again = Terminal(if_none_match=first.headers["etag"]).get(path)
    assert (again.status_code, again.content) == (304, b"")
    assert Terminal(if_none_match='W/"another"').get(path).status_code == 200
