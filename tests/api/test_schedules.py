"""号源管控 over REST: templates, board, requests, rules and holidays, each within the caller's own department."""

from datetime import date, timedelta
from typing import Any

import pytest

from hospital_app.domain.identity import Role
from hospital_app.flows import schedules
from hospital_app.models.booking import Schedule
from hospital_app.services import sessions
from tests.support.hospital import Hospital, a_hospital
from tests.support.house import House
from tests.support.people import a_member_of_staff, resident_id
from tests.support.terminal import Terminal, refusal

SUNDAY = date(2026, 11, 29)
NUMBERS = {
    "service_type": "chief",
    "room": "302",
    "starts": "08:00",
    "ends": "10:00",
    "per_period": 2,
    "fee_fen": 8000,
    "referral_percent": 25,
    "since": SUNDAY.isoformat(),
}


@pytest.fixture
def hospital(house: House) -> Hospital:
    built = a_hospital(house)
    schedules.generate_ahead()
    return built


def at_work(house: House, role: Role, department: str = "", doctor_id: int | None = None) -> Terminal:
    """With a session whose second factor was given."""
    more: dict[str, Any] = {"department_code": department} if department else {}
    staff_no = f"{role.value[:4]}-{department or 'all'}-{doctor_id or ''}"
    staff_id = a_member_of_staff(house, staff_no=staff_no, role=role, doctor_id=doctor_id, **more)
    return Terminal(token=house.do(sessions.open_for_staff, staff_id=staff_id, role=role, proved=True).token)


def clinic_of(house: House, doctor_id: int) -> int:
    with house.sessions() as session:
        rows = session.query(Schedule).where(Schedule.doctor_id == doctor_id).order_by(Schedule.starts_at)
        return next(row.id or 0 for row in rows if row.starts_at > house.now + timedelta(days=2))


def test_a_template_from_its_beginning_to_its_end(house: House, hospital: Hospital) -> None:
    head, other = (at_work(house, Role.DEPARTMENT_ADMIN, code) for code in ("03.01", "07"))
    assert {each["department_code"] for each in head.get("/api/v1/templates").json()} == {"03.01"}
    assert head.get("/api/v1/templates?department=07").json() == []
    new = {**NUMBERS, "doctor_id": hospital.shan, "department_code": "03.01", "weekday": 6, "session": "morning"}
    assert refusal(other.post("/api/v1/templates", new)) == (403, "forbidden")
    made = head.post("/api/v1/templates", new)
    assert made.status_code == 201, made.text
    assert refusal(head.post("/api/v1/templates", new)) == (409, "template_exists")
    assert refusal(head.post("/api/v1/templates", {**new, "starts": "11:00"}))[1] == "clinic_hours"
    assert head.post("/api/v1/templates", {**new, "starts": "08:00Z"}).status_code == 422
    path = f"/api/v1/templates/{made.json()['id']}"
    wanted = {**NUMBERS, "per_period": 3, "generated": True}
    for call in ("PUT", path), ("POST", f"{path}/preview"), ("POST", f"{path}/ending"):
        assert refusal(other.ask(*call, json=wanted if "ending" not in call[1] else {"since": "2026-12-06"}))[0] == 404
    foreseen = head.post(f"{path}/preview", wanted).json()
    assert foreseen["added"] == 8  # one more in each half hour of the two Sundays that are generated
    assert head.ask("PUT", path, json=wanted).json() == foreseen
    found = [each for each in head.get("/api/v1/templates").json() if each["weekday"] == 6]
    assert [(each["per_period"], each["starts"], each["referral_percent"]) for each in found] == [(3, "08:00:00", 25)]
    ending = {"since": SUNDAY.isoformat(), "generated": True}
    path = f"/api/v1/templates/{found[0]['id']}"
    assert head.post(f"{path}/ending/preview", ending).json()["clinics"] == 2
    assert head.post(f"{path}/ending", ending).json()["removed"] == 24
    assert [each for each in head.get("/api/v1/templates").json() if each["weekday"] == 6] == []
    assert house.broken() == []


def test_the_board_and_closing_in_bulk(house: House, hospital: Hospital) -> None:
    head, other = (at_work(house, Role.DEPARTMENT_ADMIN, code) for code in ("03.01", "07"))
    rows = head.get("/api/v1/board?days=7").json()
    assert [row["code"] for row in rows] == ["03.01"] and "2026-11-25" in rows[0]["days"]
    where = "/api/v1/board/clinics?department=03.01&on=2026-11-25"
    assert refusal(other.get(where)) == (403, "forbidden")
    clinic = next(each for each in head.get(where).json() if each["doctor"] == "单国立")
    numbers = f"/api/v1/board/clinics/{clinic['schedule_id']}/numbers"
    assert refusal(other.get(numbers)) == (404, "not_found")
    one = {"since": "2026-11-25", "until": "2026-11-25", "schedule_id": clinic["schedule_id"]}
    doctors = {"since": "2026-11-25", "until": "2026-11-26", "department_code": "03.01", "doctor_id": hospital.shan}
    for call in ("closing", "closing/preview", "opening", "opening/preview"):
        assert refusal(other.post(f"/api/v1/board/{call}", one)) == (404, "not_found")
        assert refusal(other.post(f"/api/v1/board/{call}", doctors)) == (403, "forbidden")
    assert other.post("/api/v1/board/closing/preview", {**doctors, "department_code": None}).json()["numbers"] == 0
    assert head.post("/api/v1/board/closing/preview", one).json()["numbers"] == 16
    assert head.post("/api/v1/board/closing", one).json() == {"clinics": 1, "numbers": 16, "held": 0, "booked": 0}
    assert {number["status"] for number in head.get(numbers).json()} == {"busy-unavailable"}
    assert head.post("/api/v1/board/opening", one).json()["numbers"] == 16
    assert refusal(head.post("/api/v1/board/closing", {**one, "until": "2026-11-24"})) == (422, "bad_days")


def test_a_request_and_its_decision(house: House, hospital: Hospital) -> None:
    doctor = at_work(house, Role.DOCTOR, "03.01", hospital.shan)
    head, other = (at_work(house, Role.DEPARTMENT_ADMIN, code) for code in ("03.01", "07"))
    clinic = clinic_of(house, hospital.shan)
    wish = {"schedule_id": clinic, "kind": "suspend", "reason": "外出会诊"}
    theirs = {**wish, "schedule_id": clinic_of(house, hospital.zeng)}
    assert refusal(doctor.post("/api/v1/schedule-changes", theirs)) == (404, "not_found")
    assert refusal(other.post("/api/v1/schedule-changes", wish)) == (403, "forbidden")
    unknown = {**wish, "kind": "overbook", "document_number": resident_id()}
    assert refusal(doctor.post("/api/v1/schedule-changes", unknown)) == (404, "not_found")
    asked = doctor.post("/api/v1/schedule-changes", wish)
    assert asked.status_code == 201, asked.text
    path = f"/api/v1/schedule-changes/{asked.json()['id']}"
    assert [each["id"] for each in doctor.get("/api/v1/schedule-changes/own").json()] == [asked.json()["id"]]
    assert other.get("/api/v1/schedule-changes").json() == []
    assert refusal(other.get(path)) == (403, "forbidden")
    assert refusal(other.post(f"{path}/decision", {"decision": "approved"})) == (403, "forbidden")
    assert refusal(head.delete(path)) == (404, "not_found")  # nobody takes back what another asked for
    seen = head.get(path).json()
    assert (seen["change"]["actions"], seen["effect"]["free"]) == (["approve", "reject"], 16)
    assert refusal(head.post(f"{path}/decision", {"decision": "rejected"})) == (422, "reason_missing")
    done = head.post(f"{path}/decision", {"decision": "approved", "answer": "同意"})
    assert done.json()["status"] == "approved"
    assert refusal(doctor.delete(path))[0] == 409
    with house.sessions() as session:
        assert session.get_one(Schedule, clinic).suspended
    quota = {"schedule_id": clinic_of(house, hospital.zeng), "kind": "quota", "per_period": 3, "reason": "患者多"}
    again = head.post("/api/v1/schedule-changes", quota).json()["id"]
    assert head.delete(f"/api/v1/schedule-changes/{again}").status_code == 204


def test_rules_and_holidays_are_the_hospitals(house: House, hospital: Hospital) -> None:
    admin, head = at_work(house, Role.HOSPITAL_ADMIN), at_work(house, Role.DEPARTMENT_ADMIN, "03.01")
    assert refusal(head.get("/api/v1/rules")) == (403, "forbidden")
    assert refusal(head.get("/api/v1/holidays")) == (403, "forbidden")
    assert refusal(admin.get("/api/v1/rules/no_such_rule")) == (404, "not_found")
    path = "/api/v1/rules/hold_minutes"
    later = {"value": "20", "effective_at": "2026-12-01T00:00:00+08:00", "reason": "试行"}
    planned = admin.post(f"{path}/changes", later)
    assert (planned.status_code, planned.json()["rule"]["next_value"]) == (201, "20")
    change_id = planned.json()["changes"][0]["id"]
    assert admin.delete(f"/api/v1/rules/changes/{change_id}").status_code == 204
    assert refusal(admin.post(f"{path}/changes", {**later, "value": "1000"})) == (422, "bad_rule")
    now = admin.post(f"{path}/changes", {"value": "20", "reason": "试行"}).json()
    assert (now["rule"]["value"], now["rule"]["source"]) == ("20", "changed")
    assert refusal(admin.delete(f"/api/v1/rules/changes/{now['changes'][0]['id']}")) == (409, "rule_in_force")
    day = "/api/v1/holidays/2026-12-01"
    assert admin.ask("PUT", day, json={"workday": False, "name": "院庆"}).status_code == 204
    found = next(each for each in admin.get("/api/v1/holidays").json() if each["on"] == "2026-12-01")
    assert (found["name"], found["workday"], found["corrected"]) == ("院庆", False, True)
    assert (admin.delete(day).status_code, refusal(admin.delete(day))) == (204, (404, "not_found"))
    assert admin.ask("PUT", "/api/v1/holidays/1900-01-01", json={"workday": False, "name": "x"}).status_code == 422
