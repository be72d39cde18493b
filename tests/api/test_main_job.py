"""The main job through the REST API alone, paid at the WeChat sandbox over its own signed callback."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from hospital_app import clock
from hospital_app import container as containers
from hospital_app.domain.calendar import Session as ClinicSession
from hospital_app.domain.calendar import clinic_day, local, periods
from hospital_app.domain.identity import Role
from tests.adapters.merchant import Merchant
from tests.support.builders import DEPARTMENT, a_doctor, a_schedule
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff, resident_id, signed_in
from tests.support.terminal import Terminal, refusal


@dataclass
class Scene:
    """A doctor's morning of tomorrow, and a patient who is signed in and complete."""

    house: House
    merchant: Merchant
    doctor_id: int
    schedule_id: int
    starts: list[str]  # of its half hours
    patient: Terminal
    patient_id: int

    def hold(
        self, *, period: int = 0, key: str = "k-1", terminal: Terminal | None = None, **changed: Any
    ) -> httpx.Response:
        body = {
            "schedule_id": self.schedule_id,
            "starts_at": self.starts[period],
            "patient_id": self.patient_id,
            **changed,
        }
        return (terminal or self.patient).post("/api/v1/appointments", body, headers={"idempotency-key": key})

    def held(self, **wish: Any) -> str:
        answer = self.hold(**wish)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["no"])

    def pay(self, no: str) -> None:
        """At the cashier; the vendor's callback is carried to our door."""
        opened = self.patient.post(f"/api/v1/appointments/{no}/payments", {"cash": "wechat"})
        assert opened.status_code == 201, opened.text
        heard = len(self.merchant.ear.heard)
        assert self.merchant.choose(opened.json()["payment_no"], "success") == 202
        headers, body = self.merchant.ear.wait_for(heard + 1)[heard]
        answer = self.callback(headers, body)
        assert answer.is_success, answer.text

    def callback(self, headers: dict[str, str], body: bytes) -> httpx.Response:
        vendor = Terminal(origin=None)
        return vendor.ask("POST", "/callbacks/wechat", content=body, headers=headers)

    def booked(self, **wish: Any) -> str:
        no = self.held(**wish)
        self.pay(no)
        return no


@pytest.fixture
def scene(house: House, merchant: Merchant) -> Scene:
    house.at(clock.now())
    containers.use(replace(house.container, payments={"wechat": merchant.gateway}))
    on = clinic_day(house.now) + timedelta(days=1)
    doctor_id = a_doctor(house.sessions)
    schedule_id = a_schedule(house.sessions, doctor_id=doctor_id, on=on, per_period=2)
    patient = Terminal(token=signed_in(house).token)
    me = patient.post(
        "/api/v1/patients", {"name": "王秀芳", "relation": "self", "document_number": resident_id()}
    ).json()
    starts = [local(start).isoformat() for start, _ in periods(on, ClinicSession.MORNING)]
    return Scene(house, merchant, doctor_id, schedule_id, starts, patient, me["id"])


def staff_terminal(house: House, *, staff_no: str, role: Role, doctor_id: int | None = None) -> Terminal:
    a_member_of_staff(house, staff_no=staff_no, role=role, doctor_id=doctor_id, department_code=DEPARTMENT)
    answer = Terminal().post("/api/v1/staff/sessions", {"staff_no": staff_no, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return Terminal(token=answer.json()["token"])


def test_find_book_pay_slip_check_in_call_finish(scene: Scene) -> None:
    anybody = Terminal()
    doctor = next(d for d in anybody.get("/api/v1/doctors?q=zgl").json() if d["id"] == scene.doctor_id)
    assert doctor["fee_fen"] == 5000 and doctor["next_free_at"] == scene.starts[0]
    calendar = anybody.get(f"/api/v1/doctors/{scene.doctor_id}/calendar?days=7").json()
    cell = next(cell for cell in calendar["cells"] if cell["starts_at"] == scene.starts[0])
    assert (cell["state"], cell["left"], cell["schedule_id"]) == ("free", 2, scene.schedule_id)

    held = scene.hold().json()
    no = held["no"]
    assert (held["status"], held["seq"], held["fee_fen"]) == ("pending", 1, 5000)
    assert held["held_until"].endswith("+08:00")
    calendar = anybody.get(f"/api/v1/doctors/{scene.doctor_id}/calendar").json()
    assert next(cell for cell in calendar["cells"] if cell["starts_at"] == scene.starts[0])["left"] == 1
    assert refusal(scene.patient.get(f"/api/v1/appointments/{no}/slip")) == (409, "not_booked")

    scene.pay(no)
    mine = scene.patient.get(f"/api/v1/appointments/{no}").json()
    assert (mine["status"], mine["paid_fen"], mine["held_until"]) == ("booked", 5000, None)
    assert scene.patient.get("/api/v1/appointments").json() == [mine]
    paid = scene.patient.get(f"/api/v1/appointments/{no}/payments").json()
    assert (paid["status"], paid["split"]) == ("captured", {"fund_fen": 0, "account_fen": 0, "cash_fen": 5000})

    assert refusal(scene.patient.get(f"/api/v1/appointments/{no}/slip.png")) == (409, "slip_pending")
    scene.house.work_off()
    slip = scene.patient.get(f"/api/v1/appointments/{no}/slip").json()
    assert slip["ready"] and slip["qr"].startswith(f"GH1.{no}.") and slip["appointment"] == mine
    picture = scene.patient.get(f"/api/v1/appointments/{no}/slip.png")
    assert picture.headers["content-type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    entry = scene.patient.get(f"/api/v1/appointments/{no}/slip.ics")
    assert entry.headers["content-type"].startswith("text/calendar") and b"BEGIN:VEVENT" in entry.content
    inbox = scene.patient.get("/api/v1/messages").json()
    assert inbox["unread"] == 1 and inbox["messages"][0]["appointment_no"] == no
    assert scene.patient.post("/api/v1/messages/read", {"up_to_id": inbox["messages"][0]["id"]}).status_code == 204
    assert scene.patient.get("/api/v1/messages").json()["unread"] == 0

    kiosk = staff_terminal(scene.house, staff_no="K1", role=Role.KIOSK)
    assert refusal(kiosk.post("/api/v1/check-ins", {"qr": slip["qr"]})) == (409, "not_today")
    scene.house.at(scene.house.now.fromisoformat(scene.starts[0]) - timedelta(hours=2))
    assert refusal(kiosk.post("/api/v1/check-ins", {"qr": slip["qr"]})) == (409, "too_early")
    scene.house.later(minutes=90)
    here = kiosk.post("/api/v1/check-ins", {"qr": slip["qr"]})
    assert here.status_code == 201 and (here.json()["ticket_no"], here.json()["ahead"]) == ("1", 0)
    assert "王" not in here.text
    assert refusal(kiosk.post("/api/v1/check-ins", {"code": slip["code"]})) == (409, "already_used")
    assert scene.patient.get(f"/api/v1/queue/{no}").json()["status"] == "waiting"

    doctor_at_desk = staff_terminal(scene.house, staff_no="D1", role=Role.DOCTOR, doctor_id=scene.doctor_id)
    assert [row["name"] for row in doctor_at_desk.get("/api/v1/desk/today").json()["rows"]] == ["王秀芳"]
    desk = doctor_at_desk.post("/api/v1/desk/next", {"after": None}).json()
    ticket = desk["current"]["ticket_id"]
    assert scene.patient.get(f"/api/v1/queue/{no}").json()["status"] == "called"
    recall = {"ticket_id": ticket}
    assert refusal(doctor_at_desk.post("/api/v1/desk/recall", recall)) == (409, "recall_too_soon")
    scene.house.later(minutes=1)
    assert doctor_at_desk.post("/api/v1/desk/recall", recall).json()["current"]["calls"] == 2
    doctor_at_desk.post("/api/v1/desk/start", {"ticket_id": ticket})
    desk = doctor_at_desk.post("/api/v1/desk/finish", {"ticket_id": ticket}).json()
    assert (desk["current"], desk["done"]) == (None, 1)
    assert scene.patient.get(f"/api/v1/appointments/{no}").json()["status"] == "fulfilled"
    assert scene.house.broken() == []


def test_the_same_callback_twice_books_once(scene: Scene) -> None:
    no = scene.booked()
    headers, body = scene.merchant.ear.heard[-1]
    scene.callback(headers, body)
    assert scene.patient.get(f"/api/v1/appointments/{no}").json()["paid_fen"] == 5000
    assert scene.house.broken() == []


def test_a_program_says_how_the_cashier_is_opened(scene: Scene) -> None:
    where = f"/api/v1/appointments/{scene.held()}/payments"
    code = scene.patient.post(where, {"cash": "wechat", "method": "native"}).json()
    assert (code["method"], bool(code["code_url"]), code["jsapi"]) == ("native", True, None)
    inside = scene.patient.post(where, {"cash": "wechat", "method": "jsapi", "payer_id": "oSomebody"}).json()
    assert (inside["method"], inside["jsapi"]["signType"]) == ("jsapi", "RSA")
    assert refusal(scene.patient.post(where, {"cash": "wechat", "method": "wap"})) == (422, "method_unavailable")


def test_a_callback_that_was_touched_is_not_believed(scene: Scene) -> None:
    no = scene.held()
    opened = scene.patient.post(f"/api/v1/appointments/{no}/payments", {"cash": "wechat"}).json()
    heard = len(scene.merchant.ear.heard)
    scene.merchant.choose(opened["payment_no"], "success")
    headers, body = scene.merchant.ear.wait_for(heard + 1)[heard]
    for content in (body.replace(b"TRANSACTION", b"transaction"), b"", b"{}", b"\xff" * 100):
        assert not scene.callback(headers, content).is_success
    assert not scene.callback({}, body).is_success
    assert scene.patient.get(f"/api/v1/appointments/{no}").json()["status"] == "pending"


def test_the_same_key_gives_the_same_appointment(scene: Scene) -> None:
    first, again = scene.hold(), scene.hold()
    assert (
        (first.status_code, first.json()["no"]) == (again.status_code, again.json()["no"]) == (201, first.json()["no"])
    )
    assert refusal(scene.hold(period=1)) == (422, "key_reused")
    assert len(scene.patient.get("/api/v1/appointments").json()) == 1


def test_why_a_hold_is_refused(scene: Scene) -> None:
    unfinished = scene.patient.post("/api/v1/patients", {"name": "王小", "relation": "child"}).json()["id"]
    answer = scene.hold(patient_id=unfinished)
    assert refusal(answer) == (409, "patient_incomplete")
    assert answer.json()["missing"] == ["document_number", "born_on", "gender"]
    scene.held()
    assert refusal(scene.hold(period=1, key="k-2")) == (409, "duplicate_booking")
    assert refusal(scene.hold(key="k-3", schedule_id=2**31 - 1)) == (404, "not_found")
    assert refusal(scene.hold(key="k-4", patient_id=2**31 - 1)) == (404, "not_found")
    assert refusal(scene.hold(key="k-5", starts_at=scene.starts[0].replace("08:00:00", "08:10:00"))) == (
        404,
        "not_found",
    )
    assert len(scene.patient.get("/api/v1/appointments").json()) == 1


def test_the_last_number_goes_once(scene: Scene) -> None:
    for index, phone in enumerate(("13700137001", "13700137002")):
        other = Terminal(token=signed_in(scene.house, phone).token)
        body = {"name": f"李{'雷蕾'[index]}", "relation": "self", "document_number": resident_id(order=f"20{index}")}
        theirs = other.post("/api/v1/patients", body).json()["id"]
        assert scene.hold(terminal=other, patient_id=theirs).status_code == 201
    assert refusal(scene.hold()) == (409, "slot_taken")


def test_cancel_by_quote_and_again(scene: Scene) -> None:
    no = scene.booked(period=7)
    quote = scene.patient.get(f"/api/v1/appointments/{no}/cancellation").json()
    assert quote["fee_fen"] + quote["refund_fen"] == 5000
    done = scene.patient.post(f"/api/v1/appointments/{no}/cancellation")
    assert done.status_code == 200
    assert (done.json()["status"], done.json()["refund_fen"]) == ("cancelled", quote["refund_fen"])
    assert scene.patient.post(f"/api/v1/appointments/{no}/cancellation").json() == done.json()
    assert scene.house.broken() == []


def test_reschedule_within_the_doctors_own_times(scene: Scene) -> None:
    no = scene.booked()
    path = f"/api/v1/appointments/{no}/rescheduling"
    moved = scene.patient.post(path, {"schedule_id": scene.schedule_id, "starts_at": scene.starts[3]})
    assert moved.status_code == 200
    assert (moved.json()["no"], moved.json()["starts_at"], moved.json()["changes_left"]) == (no, scene.starts[3], 1)
    assert refusal(scene.patient.post(path, {"schedule_id": 2**31 - 1, "starts_at": scene.starts[3]})) == (
        404,
        "not_found",
    )


def test_a_dearer_number_is_paid_for_first(scene: Scene) -> None:
    no = scene.booked()
    on = clinic_day(scene.house.now) + timedelta(days=2)
    dearer = a_schedule(scene.house.sessions, doctor_id=scene.doctor_id, on=on, fee_fen=8000)
    path = f"/api/v1/appointments/{no}/rescheduling"
    start = local(periods(on, ClinicSession.MORNING)[0][0]).isoformat()
    answer = scene.patient.post(path, {"schedule_id": dearer, "starts_at": start})
    assert answer.status_code == 202
    assert answer.json()["split"]["cash_fen"] == 3000 and answer.json()["cashier_url"]
    assert scene.patient.get(f"/api/v1/appointments/{no}").json()["rescheduling"] is True
    assert scene.patient.delete(path).json()["rescheduling"] is False
    assert scene.house.broken() == []


@pytest.mark.parametrize("wanted", [{"cash": None}, {}])
def test_ways_of_paying_that_are_not_open_say_so(scene: Scene, wanted: dict[str, Any]) -> None:
    no = scene.held()
    assert refusal(scene.patient.post(f"/api/v1/appointments/{no}/payments", wanted)) == (422, "channel_unavailable")


def test_a_clerk_acts_for_a_patient_with_a_reason_only(scene: Scene) -> None:
    clerk = staff_terminal(scene.house, staff_no="C1001", role=Role.CLERK)
    no = scene.held()
    door = f"/api/v1/appointments/{no}"
    for method, path, body in (
        ("POST", f"{door}/payments", {"cash": "wechat"}),
        ("POST", f"{door}/cancellation", None),
        ("POST", f"{door}/cancellation", {"on_behalf": None}),
        ("POST", f"{door}/cancellation", {"on_behalf": {"why": "other", "note": "好"}}),
    ):
        answer = clerk.ask(method, path, json=body)
        assert refusal(answer) == (422, "reason_needed"), path
    assert refusal(clerk.post(f"{door}/cancellation", {"on_behalf": {"why": "because"}})) == (422, "invalid_request")
    said = {"on_behalf": {"why": "phone"}}
    assert clerk.post(f"{door}/payments", {"cash": "wechat", **said}).status_code == 201
    assert clerk.post(f"{door}/cancellation", said).json()["status"] == "cancelled"


def test_nobody_sees_or_moves_anothers_appointment(scene: Scene) -> None:
    no = scene.booked()
    before = scene.patient.get(f"/api/v1/appointments/{no}").json()
    stranger = Terminal(token=signed_in(scene.house, "13700137000").token)
    move = {"schedule_id": scene.schedule_id, "starts_at": scene.starts[2]}
    answers = [
        stranger.get(f"/api/v1/appointments/{no}"),
        stranger.get(f"/api/v1/appointments/{no}/payments"),
        stranger.post(f"/api/v1/appointments/{no}/payments", {"cash": "wechat"}),
        stranger.get(f"/api/v1/appointments/{no}/cancellation"),
        stranger.post(f"/api/v1/appointments/{no}/cancellation"),
        stranger.post(f"/api/v1/appointments/{no}/rescheduling", move),
        stranger.delete(f"/api/v1/appointments/{no}/rescheduling"),
        stranger.get(f"/api/v1/appointments/{no}/slip"),
        stranger.get(f"/api/v1/appointments/{no}/slip.png"),
        stranger.get(f"/api/v1/appointments/{no}/slip.ics"),
        stranger.get(f"/api/v1/queue/{no}"),
        stranger.post("/api/v1/check-ins", {"no": no, "area_code": "A1-2468"}),
        scene.hold(terminal=stranger, key="theirs"),
    ]
    assert [refusal(answer) for answer in answers] == [(404, "not_found")] * len(answers)
    assert stranger.get("/api/v1/appointments").json() == []
    assert scene.patient.get(f"/api/v1/appointments/{no}").json() == before


@pytest.mark.parametrize(
    "changed",
    [
        {"schedule_id": "1"},
        {"schedule_id": True},
        {"schedule_id": 0},
        {"schedule_id": 2**63},
        {"patient_id": None},
        {"patient_id": [1]},
        {"starts_at": 1764028800},
        {"starts_at": "tomorrow"},
        {"starts_at": "2026-11-25T08:00:00"},
        {"starts_at": "0001-01-01T00:00:00+14:00"},
        {"starts_at": "9999-12-31T23:59:59-14:00"},
        {"fee_fen": 1},
    ],
)
def test_wrong_types_hold_nothing(scene: Scene, changed: dict[str, Any]) -> None:
    assert refusal(scene.hold(**changed)) == (422, "invalid_request")
    assert scene.patient.get("/api/v1/appointments").json() == []


def test_a_hold_needs_a_key(scene: Scene) -> None:
    for key in ("", "x" * 81):
        assert refusal(scene.hold(key=key)) == (422, "invalid_request")
    body = {"schedule_id": scene.schedule_id, "starts_at": scene.starts[0], "patient_id": scene.patient_id}
    assert refusal(scene.patient.post("/api/v1/appointments", body)) == (422, "invalid_request")
