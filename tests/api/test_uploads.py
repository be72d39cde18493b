"""Files over HTTP: who may send them, how large, of which kind; and photos that patients see."""

import io

import pytest
from openpyxl import load_workbook
from PIL import Image
from sqlalchemy import select

from hospital_app.adapters import sheets
from hospital_app.domain.identity import Role
from hospital_app.models.hospital import Doctor, Photo
from hospital_app.services import second_factor
from hospital_app.services.staff_import import COLUMNS
from tests.support.builders import DEPARTMENT, a_department, a_doctor
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff
from tests.support.terminal import Terminal, refusal
from tests.support.totp import SECRET, code_at

OTHER = "04.03"


def an_admin(house: House, staff_no: str, role: Role, department: str | None = None) -> Terminal:
    staff_id = a_member_of_staff(house, staff_no=staff_no, role=role, department_code=department)
    house.do(second_factor.install, staff_id=staff_id, secret=SECRET)
    given = {"staff_no": staff_no, "password": PASSWORD, "otp": code_at(house.now.timestamp())}
    answer = Terminal().post("/api/v1/staff/sessions", given)
    assert answer.status_code == 201, answer.text
    return Terminal(token=answer.json()["token"])


def a_picture(colour: str = "teal") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (700, 900), colour).save(out, "JPEG")
    return out.getvalue()


def send(terminal: Terminal, path: str, content: bytes, kind: str = "image/jpeg"):  # type: ignore[no-untyped-def]
    return terminal.ask("POST", path, content=content, headers={"content-type": kind})


def test_a_photo_is_kept_once_and_thrown_away_unused(house: House) -> None:
    admin = an_admin(house, "M1", Role.HOSPITAL_ADMIN)
    one, two = a_doctor(house.sessions), a_doctor(house.sessions, name="李敏")
    kept = {send(admin, f"/api/v1/doctors/{doctor}/photo", a_picture()).json()["photo"] for doctor in (one, two)}
    assert len(kept) == 1
    shown = Terminal().get(f"/api/v1/photos/{kept.copy().pop()}")
    assert shown.headers["content-type"] == "image/webp" and "immutable" in shown.headers["cache-control"]
    assert Image.open(io.BytesIO(shown.content)).size == (398, 512)
    newer = send(admin, f"/api/v1/doctors/{one}/photo", a_picture("red")).json()["photo"]
    with house.sessions() as session:
        assert set(session.scalars(select(Photo.sha256))) == kept | {newer}
    assert admin.delete(f"/api/v1/doctors/{two}/photo").status_code == 204
    with house.sessions() as session:
        assert set(session.scalars(select(Photo.sha256))) == {newer}
        assert session.get_one(Doctor, two).photo is None
    assert Terminal().get(f"/api/v1/photos/{kept.pop()}").status_code == 404


def test_another_departments_doctor_is_out_of_reach(house: House) -> None:
    a_department(house.sessions, code=OTHER, name="骨科")
    doctor, theirs = a_doctor(house.sessions), a_doctor(house.sessions, department=OTHER)
    head = an_admin(house, "H1", Role.DEPARTMENT_ADMIN, DEPARTMENT)
    assert send(head, f"/api/v1/doctors/{doctor}/photo", a_picture()).status_code == 201
    assert refusal(send(head, f"/api/v1/doctors/{theirs}/photo", a_picture())) == (404, "not_found")
    assert refusal(head.delete(f"/api/v1/doctors/{theirs}/photo")) == (404, "not_found")
    clerk = a_member_of_staff(house, staff_no="C9", role=Role.CLERK, department_code=OTHER)
    assert refusal(head.get(f"/api/v1/staff/{clerk}")) == (404, "not_found")
    assert head.get("/api/v1/staff?department=04.03").json()["rows"] == []
    listed = load_workbook(io.BytesIO(head.get("/api/v1/staff/export.xlsx").content)).worksheets[0]
    assert [row[0] for row in listed.iter_rows(min_row=2, values_only=True)] == []


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"\xff\xd8\xff" + b"\x00" * (5 * 1024**2 + 1), "image/jpeg", (413, "too_large")),
        (b"<svg/>", "image/svg+xml", (415, "wrong_kind")),
        (b"<svg/>", "image/jpeg", (422, "bad_picture")),
        (b"", "image/png", (422, "bad_picture")),
    ],
)
def test_what_is_no_photo(sqlite_house: House, content: bytes, kind: str, expected: tuple[int, str]) -> None:
    admin = an_admin(sqlite_house, "M1", Role.HOSPITAL_ADMIN)
    doctor = a_doctor(sqlite_house.sessions)
    assert refusal(send(admin, f"/api/v1/doctors/{doctor}/photo", content, kind)) == expected


def test_only_the_uploads_take_more_than_a_form(sqlite_house: House) -> None:
    admin = an_admin(sqlite_house, "M1", Role.HOSPITAL_ADMIN)
    large = b"x" * 100_000
    assert refusal(send(admin, "/api/v1/staff/imports/preview", large, sheets.MEDIA_TYPE)) == (422, "bad_sheet")
    larger = b"x" * (2 * 1024**2 + 1)
    assert refusal(send(admin, "/api/v1/staff/imports/preview", larger, sheets.MEDIA_TYPE)) == (413, "too_large")
    for path in ("/api/v1/doctors/1", "/api/v1/staff/sessions", "/api/v1/staff/1"):
        assert refusal(send(admin, path, large, "application/json")) == (413, "too_large")


def test_an_import_over_http(sqlite_house: House) -> None:
    admin = an_admin(sqlite_house, "M1", Role.HOSPITAL_ADMIN)
    a_department(sqlite_house.sessions)
    rows = [("C1", "王敏", "窗口人员", "", "", "", "", ""), ("C1", "重复", "窗口人员", "", "", "", "", "")]
    content = sheets.write("员工", COLUMNS, rows)
    seen = send(admin, "/api/v1/staff/imports/preview", content, sheets.MEDIA_TYPE).json()
    assert (seen["good"], seen["bad"], seen["rows"][1]["problem"]) == (1, 1, "工号与第 2 行重复。")
    assert refusal(send(admin, "/api/v1/staff/imports?expected=2", content, sheets.MEDIA_TYPE)) == (
        409,
        "import_changed",
    )
    report = send(admin, "/api/v1/staff/imports?expected=1", content, sheets.MEDIA_TYPE)
    assert report.status_code == 200 and "attachment" in report.headers["content-disposition"]
    assert admin.get("/api/v1/staff?q=C1").json()["total"] == 1
