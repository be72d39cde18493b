"""Every endpoint authorises by itself: what nobody, and what the wrong role, is answered."""

import pytest
from fastapi import APIRouter

from hospital_app.api import app
from hospital_app.domain.identity import Role
from tests.support.builders import a_doctor
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff, signed_in
from tests.support.terminal import Terminal, refusal, the_api

NO = "GH26112400000001"
AT = "2026-11-25T08:00:00+08:00"
HOLD = {"schedule_id": 1, "starts_at": AT, "patient_id": 1}
ACCOUNT = [
    ("GET", "/api/v1/patients", None),
    ("POST", "/api/v1/patients", {"name": "王芳", "relation": "self"}),
    ("PATCH", "/api/v1/patients/1", {"name": "王芳"}),
    ("DELETE", "/api/v1/patients/1", None),
    ("POST", "/api/v1/password", {"new_password": "twelve quiet herons", "password": "an old one"}),
    ("POST", "/api/v1/password/codes", None),
    ("GET", "/api/v1/consents", None),
    ("POST", "/api/v1/consents", {"kind": "health-data"}),
    ("DELETE", "/api/v1/consents/1", None),
    ("GET", "/api/v1/account/export", None),
    ("GET", "/api/v1/account/closing", None),
    ("POST", "/api/v1/account/closing", {"confirm": True}),
    ("GET", "/api/v1/messages", None),
    ("POST", "/api/v1/messages/read", {"up_to_id": 1}),
    ("GET", "/api/v1/appointments", None),
    ("POST", "/api/v1/appointments", HOLD),
    ("GET", "/api/v1/appeals/own", None),
    ("GET", "/api/v1/bills", None),
    ("GET", "/api/v1/bills/GP261125000000001/invoice.pdf", None),
    ("GET", "/api/v1/waitlist", None),
    ("POST", "/api/v1/waitlist", {"provider": "doctor:1", "on": "2026-11-25", "patient_id": 1}),
    ("DELETE", "/api/v1/waitlist/1", None),
    ("POST", "/api/v1/appeals", {"text": "请核实"}),
]
PAID, BACK = "GP261125000000001", "GR261125000000001"
OWN_APPOINTMENT = [
    ("GET", f"/api/v1/appointments/{NO}", None),
    ("GET", f"/api/v1/bills/{PAID}/invoice", None),
    ("POST", f"/api/v1/bills/{PAID}/invoice", None),
    ("GET", f"/api/v1/appointments/{NO}/payments", None),
    ("GET", f"/api/v1/appointments/{NO}/refunds", None),
    ("POST", f"/api/v1/appointments/{NO}/payments", {"cash": "wechat"}),
    ("POST", f"/api/v1/appointments/{NO}/insurance-authorisations", None),
    ("GET", f"/api/v1/appointments/{NO}/cancellation", None),
    ("POST", f"/api/v1/appointments/{NO}/cancellation", None),
    ("POST", f"/api/v1/appointments/{NO}/rescheduling", {"schedule_id": 1, "starts_at": AT}),
    ("DELETE", f"/api/v1/appointments/{NO}/rescheduling", None),
    ("GET", f"/api/v1/appointments/{NO}/displacement", None),
    ("POST", f"/api/v1/appointments/{NO}/displacement", {"schedule_id": 1, "starts_at": AT}),
    ("GET", f"/api/v1/appointments/{NO}/slip", None),
    ("GET", f"/api/v1/appointments/{NO}/slip.png", None),
    ("GET", f"/api/v1/appointments/{NO}/slip.ics", None),
    ("GET", f"/api/v1/queue/{NO}", None),
    ("POST", "/api/v1/check-ins", {"no": NO, "area_code": "A1"}),
]
DESK = [
    ("GET", "/api/v1/desk/today", None),
    ("POST", "/api/v1/desk/next", {"after": None}),
    *(("POST", f"/api/v1/desk/{verb}", {"ticket_id": 1}) for verb in ("call", "recall", "start", "skip", "finish")),
]
REFERRALS = [
    ("GET", "/api/v1/referrals", None),
    ("GET", "/api/v1/referrals/periods?department=03.01", None),
    ("POST", "/api/v1/referrals", {"document_number": "110101199003070433", "schedule_id": 1, "starts_at": AT}),
]
HOSPITAL = [
    ("GET", "/api/v1/misuse", None),
    ("GET", "/api/v1/misuse/1", None),
    ("GET", "/api/v1/scalping-alerts", None),
    ("POST", "/api/v1/scalping-alerts/1/verdict", {"verdict": "confirmed", "answer": "已冻结"}),
    ("GET", "/api/v1/freezes", None),
    ("POST", "/api/v1/freezes", {"account_id": 1, "reason": "倒号", "hours": 24}),
    ("POST", "/api/v1/freezes/1/lifting", {"answer": ""}),
    ("POST", "/api/v1/appeals/1/decision", {"decision": "kept", "answer": "维持"}),
    ("GET", "/api/v1/audit/chain", None),
    ("POST", "/api/v1/audit/searches", {"who": "D1001"}),
    ("POST", "/api/v1/audit/exports", {}),
    ("GET", "/api/v1/rules", None),
    ("GET", "/api/v1/rules/hold_minutes", None),
    ("POST", "/api/v1/rules/hold_minutes/changes", {"value": "20", "reason": "试行"}),
    ("DELETE", "/api/v1/rules/changes/1", None),
    ("GET", "/api/v1/holidays", None),
    ("GET", "/api/v1/holidays/unlisted", None),
    ("PUT", "/api/v1/holidays/2026-12-01", {"workday": False, "name": "院庆"}),
    ("DELETE", "/api/v1/holidays/2026-12-01", None),
    ("GET", "/api/v1/reconciliations", None),
    ("GET", "/api/v1/reconciliations/wechat/2026-12-01", None),
    ("POST", "/api/v1/reconciliations/wechat/2026-12-01/run", None),
    ("GET", "/api/v1/reconciliations/wechat/2026-12-01/differences.xlsx", None),
    ("GET", "/api/v1/reconciliation-differences/1/history", None),
    ("POST", "/api/v1/reconciliation-differences/1/resolution", {"resolution": "explained", "note": "核实无误"}),
    *(
        ("GET", f"/api/v1/finance/{what}", None)
        for what in ("refunds", "ledger/days", "ledger/entries", "ledger/entries.xlsx")
    ),
    *(
        ("GET", f"/api/v1/finance/{what}?since=2026-11-25&until=2026-11-26", None)
        for what in ("takings", "takings.xlsx")
    ),
    *(
        ("GET", f"/api/v1/{what}?on=2026-11-25", None)
        for what in ("finance/payments", "finance/ledger/balances", "shifts")
    ),
    ("GET", f"/api/v1/finance/payments/{PAID}", None),
    ("POST", "/api/v1/finance/payments/search", {"number": PAID}),
    ("POST", f"/api/v1/finance/refunds/{BACK}/retry", None),
    ("POST", "/api/v1/finance/ledger/closing", {"until": "2026-11-25"}),
]
NUMBERS = {
    "service_type": "chief",
    "room": "302",
    "starts": "08:00",
    "ends": "12:00",
    "per_period": 2,
    "fee_fen": 5000,
    "since": "2026-11-30",
}
NEW_TEMPLATE = {**NUMBERS, "department_code": "03.01", "weekday": 0, "session": "morning"}
DAYS = {"since": "2026-11-25", "until": "2026-11-26"}
CHANGE = {"schedule_id": 1, "kind": "suspend", "reason": "外出会诊"}
#: Of a doctor's own clinics, or of those within an admin's reach.
CHANGES = [
    ("POST", "/api/v1/schedule-changes", CHANGE),
    ("GET", "/api/v1/schedule-changes/own", None),
    ("DELETE", "/api/v1/schedule-changes/1", None),
]
ADMINS = [
    ("GET", "/api/v1/staff", None),
    ("GET", "/api/v1/staff/export.xlsx", None),
    ("GET", "/api/v1/staff/import-template.xlsx", None),
    ("POST", "/api/v1/staff/imports/preview", None),
    ("POST", "/api/v1/staff/imports?expected=1", None),
    ("GET", "/api/v1/staff/1", None),
    ("POST", "/api/v1/doctors/1/photo", None),
    ("DELETE", "/api/v1/doctors/1/photo", None),
    ("GET", "/api/v1/templates", None),
    ("POST", "/api/v1/templates", NEW_TEMPLATE),
    ("PUT", "/api/v1/templates/1", NUMBERS),
    ("POST", "/api/v1/templates/1/preview", NUMBERS),
    ("POST", "/api/v1/templates/1/ending", {"since": "2026-11-30"}),
    ("POST", "/api/v1/templates/1/ending/preview", {"since": "2026-11-30"}),
    ("GET", "/api/v1/board", None),
    ("GET", "/api/v1/board/clinics?department=03.01&on=2026-11-25", None),
    ("GET", "/api/v1/board/clinics/1/numbers", None),
    *(("POST", f"/api/v1/board/{what}", DAYS) for what in ("closing", "closing/preview", "opening", "opening/preview")),
    ("GET", "/api/v1/department-referrals?way=sent&outcome=used&since=2026-11-01&until=2026-11-30", None),
    ("GET", "/api/v1/schedule-changes", None),
    ("GET", "/api/v1/schedule-changes/1", None),
    ("POST", "/api/v1/schedule-changes/1/decision", {"decision": "approved"}),
]
COUNTER = [
    ("POST", "/api/v1/staff/patients/searches", {"phone": "13800138000"}),
    ("POST", "/api/v1/staff/patients/1/unmasking", {"reason": "identity", "note": "窗口核对"}),
]
#: Of the clerk who takes money at the window, and has the drawer; a sheet and a receipt also of the finance office.
DRAWER = [
    ("POST", "/api/v1/shifts", None),
    ("GET", "/api/v1/shifts/current", None),
    ("POST", "/api/v1/shifts/1/closing", {"counted_fen": 0}),
    ("GET", "/api/v1/counter/patients/1/dues", None),
    ("GET", "/api/v1/counter/patients/1/cash-refunds", None),
    ("POST", f"/api/v1/counter/appointments/{NO}/collection", None),
    ("POST", f"/api/v1/counter/cash-refunds/{BACK}/payout", None),
]
HAND_OVER = [("GET", "/api/v1/shifts/1", None), ("POST", "/api/v1/shifts/1/receipt", None)]
SIGNED_IN = [
    ("GET", "/api/v1/sessions/current", None),
    ("DELETE", "/api/v1/sessions/current", None),
    ("GET", "/api/v1/sessions", None),
    ("DELETE", "/api/v1/sessions/1", None),
    ("DELETE", "/api/v1/sessions", None),
    ("GET", "/api/v1/passkeys", None),
    ("POST", "/api/v1/passkeys/creation-options", None),
    ("POST", "/api/v1/passkeys", {"handle": "x", "credential": {}}),
    ("PATCH", "/api/v1/passkeys/1", {"label": "我的手机"}),
    ("DELETE", "/api/v1/passkeys/1", None),
    ("GET", "/api/v1/identity/links", None),
    ("POST", "/api/v1/identity/wechat/links", {"next": "/me"}),
    ("DELETE", "/api/v1/identity/wechat/links", None),
]
MACHINES = [
    ("GET", path, None)
    for path in (
        "/fhir/R4/metadata",
        "/fhir/R4/Schedule",
        "/fhir/R4/Schedule/1",
        "/fhir/R4/Slot",
        "/fhir/R4/Slot/1",
        "/fhir/R4/Appointment",
        f"/fhir/R4/Appointment/{NO}",
    )
]
SOMEBODYS = [
    *ACCOUNT,
    *OWN_APPOINTMENT,
    *DESK,
    *ADMINS,
    *HOSPITAL,
    *CHANGES,
    *REFERRALS,
    *COUNTER,
    *DRAWER,
    *HAND_OVER,
    *SIGNED_IN,
]
ANYBODY = {
    ("POST", "/api/v1/sms-codes"),
    ("POST", "/api/v1/sessions"),
    ("POST", "/api/v1/passkeys/request-options"),
    ("POST", "/api/v1/passkeys/sessions"),
    ("GET", "/api/v1/identity/providers"),
    ("GET", "/api/v1/identity/{vendor}/start"),
    ("GET", "/api/v1/identity/{vendor}/callback"),
    ("POST", "/api/v1/identity/bindings"),
    ("POST", "/api/v1/staff/sessions"),
    ("GET", "/api/v1/departments"),
    ("GET", "/api/v1/doctors"),
    ("GET", "/api/v1/providers"),
    ("GET", "/api/v1/triage"),
    ("GET", "/api/v1/doctors/{doctor_id}/calendar"),
    ("GET", "/api/v1/providers/{provider}/calendar"),
    ("GET", "/api/v1/photos/{sha256}"),
    ("POST", "/api/v1/beacons"),
    ("POST", "/api/v1/lobby"),
    ("POST", "/api/v1/proofs"),
    ("GET", "/api/v1/lobby/events"),
    ("GET", "/api/v1/appointments/{no}/insurance-authorisations/return"),
    ("GET", "/api/v1/appointments/{no}/payers/return"),
    ("POST", "/callbacks/insurance"),
    ("POST", "/callbacks/{channel}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
}

Call = tuple[str, str, object]


def call(terminal: Terminal, wanted: Call) -> object:
    method, path, body = wanted
    answer = terminal.ask(method, path, json=body, headers={"idempotency-key": "k"})
    return answer


def staff_terminal(house: House, role: Role, doctor_id: int | None = None) -> Terminal:
    a_member_of_staff(house, role=role, doctor_id=doctor_id)
    answer = Terminal().post("/api/v1/staff/sessions", {"staff_no": "D1001", "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return Terminal(token=answer.json()["token"])


def test_this_list_is_complete() -> None:
    """A new endpoint must be put into one of the lists above."""
    described = Terminal().get("/api/openapi.json").json()["paths"]
    known = {(method.upper(), path) for path, methods in described.items() for method in methods}
    tried = {(method, _template(path)) for method, path, _ in [*SOMEBODYS, *MACHINES]}
    assert {(method, _template(path)) for method, path in known} == tried | {
        (method, _template(path)) for method, path in ANYBODY
    }


def _template(path: str) -> str:
    """/appointments/{no}/slip and /appointments/GH.../slip → /appointments/*/slip"""
    parts = path.partition("?")[0].split("/")
    return "/".join(
        "*" if part.startswith("{") or part in {NO, PAID, BACK, "1", "wechat", "hold_minutes", "2026-12-01"} else part
        for part in parts
    )


@pytest.mark.parametrize(
    "wanted",
    SOMEBODYS,
    ids=lambda call: f"{call[0]} {call[1]}",
)
def test_nobody_is_sent_to_sign_in(sqlite_house: House, wanted: Call) -> None:
    assert refusal(call(Terminal(), wanted)) == (401, "signed_out")  # type: ignore[arg-type]
    assert refusal(call(Terminal(token="nonsense"), wanted)) == (401, "signed_out")  # type: ignore[arg-type]


@pytest.mark.parametrize("wanted", MACHINES, ids=lambda call: call[1])
def test_fhir_opens_to_a_machine_token_only(sqlite_house: House, wanted: Call) -> None:
    patient = signed_in(sqlite_house).token
    for terminal in (
        Terminal(),
        Terminal(token="nonsense"),
        Terminal(token=patient),
        Terminal(token="令牌".encode().hex()),
    ):
        answer = call(terminal, wanted)
        assert answer.status_code == 401  # type: ignore[attr-defined]
        assert answer.json()["resourceType"] == "OperationOutcome"  # type: ignore[attr-defined]


def test_a_patient_has_no_desk(house: House) -> None:
    patient = Terminal(token=signed_in(house).token)
    assert [refusal(call(patient, wanted)) for wanted in DESK] == [(403, "forbidden")] * len(DESK)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.DEPARTMENT_ADMIN, Role.KIOSK])
def test_nobody_else_touches_the_drawer(sqlite_house: House, role: Role) -> None:
    doctor_id = a_doctor(sqlite_house.sessions) if role is Role.DOCTOR else None
    terminal = staff_terminal(sqlite_house, role, doctor_id)
    money = [*DRAWER, *HAND_OVER]
    assert [refusal(call(terminal, wanted)) for wanted in money] == [(403, "forbidden")] * len(money)  # type: ignore[arg-type]
    patient = Terminal(token=signed_in(sqlite_house).token)
    assert [refusal(call(patient, wanted)) for wanted in money] == [(403, "forbidden")] * len(money)  # type: ignore[arg-type]


def test_what_is_the_whole_hospitals_is_not_a_patients(house: House) -> None:
    patient = Terminal(token=signed_in(house).token)
    assert [refusal(call(patient, wanted)) for wanted in HOSPITAL] == [(403, "forbidden")] * len(HOSPITAL)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [Role.CLERK, Role.DOCTOR, Role.KIOSK])
def test_what_is_the_whole_hospitals_is_no_other_staffs(sqlite_house: House, role: Role) -> None:
    doctor_id = a_doctor(sqlite_house.sessions) if role is Role.DOCTOR else None
    terminal = staff_terminal(sqlite_house, role, doctor_id)
    assert [refusal(call(terminal, wanted)) for wanted in HOSPITAL] == [(403, "forbidden")] * len(HOSPITAL)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [Role.CLERK, Role.DEPARTMENT_ADMIN, Role.HOSPITAL_ADMIN, Role.KIOSK])
def test_who_is_no_doctor_has_no_desk(sqlite_house: House, role: Role) -> None:
    terminal = staff_terminal(sqlite_house, role)
    doctors = [*DESK, *REFERRALS]
    assert [refusal(call(terminal, wanted)) for wanted in doctors] == [(403, "forbidden")] * len(doctors)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.CLERK, Role.HOSPITAL_ADMIN, Role.KIOSK])
def test_staff_have_no_account_of_their_own(sqlite_house: House, role: Role) -> None:
    doctor_id = a_doctor(sqlite_house.sessions) if role is Role.DOCTOR else None
    terminal = staff_terminal(sqlite_house, role, doctor_id)
    for wanted in ACCOUNT:
        assert call(terminal, wanted).status_code in (401, 403), wanted  # type: ignore[attr-defined]
    for wanted in OWN_APPOINTMENT:
        assert call(terminal, wanted).status_code in (403, 404), wanted  # type: ignore[attr-defined]


@pytest.mark.parametrize("role", [Role.CLERK, Role.DOCTOR, Role.KIOSK])
def test_who_is_no_admin_manages_nobody(sqlite_house: House, role: Role) -> None:
    doctor_id = a_doctor(sqlite_house.sessions) if role is Role.DOCTOR else None
    terminal = staff_terminal(sqlite_house, role, doctor_id)
    assert [refusal(call(terminal, wanted)) for wanted in ADMINS] == [(403, "forbidden")] * len(ADMINS)  # type: ignore[arg-type]


def test_unknown_paths_and_methods_are_answered_in_the_same_shape() -> None:
    assert refusal(Terminal().get("/api/v1/nowhere")) == (404, "not_found")
    assert refusal(Terminal().delete("/api/v1/departments")) == (405, "method_not_allowed")
    assert the_api() is the_api()


def test_a_house_with_an_endpoint_that_has_no_rule_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    forgetful = APIRouter()
    forgetful.get("/api/v1/forgotten")(lambda: "anything")
    monkeypatch.setattr(app, "ROUTERS", (*app.ROUTERS, forgetful))
    with pytest.raises(ValueError, match=r"/api/v1/forgotten"):
        app.make_api()
