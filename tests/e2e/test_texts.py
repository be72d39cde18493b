"""What people are called and what is written about them stays text, and turns nothing around it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect
from sqlalchemy import update
from sqlmodel import col

from hospital_app.domain.identity import Role
from hospital_app.models.hospital import Doctor
from tests.support.browser import Visitor
from tests.support.living import AREA, Living

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SCRIPT = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>{{7*7}}=HYPERLINK(1)'
FROM_RIGHT_TO_LEFT = "محمد علي"


def left_of(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["x"]


def test_a_name_from_right_to_left_reorders_no_screen(
    living: Living, phone_of: Callable[..., Visitor], desk_of: Callable[[], Visitor]
) -> None:
    doctor = living.employ("方向明")
    schedule = living.clinic_now(doctor)
    desk, wall, patient = desk_of(), desk_of(), phone_of()
    desk.sign_in_as_staff(doctor.staff_no)
    number = f"K{doctor.id:05d}"
    living.hire(number, Role.KIOSK)
    wall.sign_in_as_staff(number)
    no = patient.booked(schedule, name=FROM_RIGHT_TO_LEFT)
    code = living.appointment(no).code
    assert wall.ask("POST", "/api/v1/check-ins", {"code": code}).status == 201
    desk.go("/desk")
    desk.sees(FROM_RIGHT_TO_LEFT)
    desk.press("叫下一位")
    desk.sees("已呼叫")
    wall.go(f"/screen/{AREA}")
    room = wall.page.get_by_role("row").filter(has_text=doctor.room)
    name = room.locator(".board-name")
    expect(name).to_have_text("م**ي")
    assert name.evaluate("element => getComputedStyle(element).unicodeBidi") == "isolate"
    assert left_of(room.locator(".board-no")) < left_of(name) < left_of(room.locator(".board-state"))
    assert [each.faults for each in (desk, wall, patient)] == [[]] * 3


def test_what_is_written_about_a_doctor_is_shown_and_not_carried_out(living: Living, patient: Visitor) -> None:
    doctor = living.employ("文如其人")
    with living.sessions.begin() as session:
        written = update(Doctor).where(col(Doctor.id) == doctor.id).values(specialty=SCRIPT, introduction=SCRIPT)
        session.execute(written)
    living.morning(doctor)
    for path in (f"/doctor/{doctor.id}", "/find?q=文如其人"):
        patient.go(path)
        patient.sees("文如其人", "onerror")
        assert patient.page.evaluate("window.pwned") is None
        assert patient.page.locator("main img[src='x'], main script").count() == 0
    assert patient.faults == []


@pytest.mark.parametrize("name", ["<b>王</b>", "王\u202e芳", "=王", "王\u200b芳"])
def test_a_name_that_is_none_is_refused_in_words(living: Living, patient: Visitor, name: str) -> None:
    patient.sign_in()
    answer = patient.ask("POST", "/api/v1/patients", {"name": name, "relation": "self"})
    assert (answer.status, answer.json()["error"]) == (422, "bad_name")
