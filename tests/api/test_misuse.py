"""冻结 over REST: an admin freezes, the next booking is refused, the appeal is answered, booking works again."""

from hospital_app.domain.masking import mask_phone
from hospital_app.domain.scalping import Counts
from hospital_app.services import scalping
from tests.support.builders import a_patient, a_schedule, first_period
from tests.support.house import House
from tests.support.people import signed_in
from tests.support.terminal import Terminal, an_admin, refusal

PHONE = "13800138000"


def test_from_freeze_to_booking_again(house: House) -> None:
    session = signed_in(house, PHONE)
    patient, admin = Terminal(token=session.token), an_admin(house)
    assert session.account_id is not None
    person = a_patient(house.sessions, account_id=session.account_id)
    wish = {"schedule_id": a_schedule(house.sessions), "starts_at": first_period().isoformat(), "patient_id": person}
    assert patient.get("/api/v1/appeals/own").status_code == 404
    done = admin.post("/api/v1/freezes", {"account_id": session.account_id, "reason": "退号再约", "hours": 24})
    assert (done.status_code, done.json()["phone"]) == (201, mask_phone(PHONE))
    refused = patient.ask("POST", "/api/v1/appointments", json=wish, headers={"idempotency-key": "k"})
    assert refusal(refused) == (403, "account_frozen")
    assert patient.get("/api/v1/appointments").status_code == 200
    own = patient.get("/api/v1/appeals/own").json()
    assert (own["active"], own["reason"], own["may_appeal"]) == (True, "退号再约", True)
    assert "evidence" not in own and "frozen_by" not in own
    assert patient.post("/api/v1/appeals", {"text": "给家人挂的"}).status_code == 201
    assert refusal(patient.post("/api/v1/appeals", {"text": "给家人挂的"})) == (409, "already_appealed")
    freeze = admin.get("/api/v1/freezes").json()[0]
    answered = admin.post(f"/api/v1/appeals/{freeze['id']}/decision", {"decision": "lifted", "answer": "已核实"})
    assert (answered.json()["active"], answered.json()["decision"]) == (False, "lifted")
    booked = patient.ask("POST", "/api/v1/appointments", json=wish, headers={"idempotency-key": "k"})
    assert booked.status_code == 201
    assert patient.get("/api/v1/appeals/own").json()["answer"] == "已核实"


def test_an_admin_may_lift_it_without_an_appeal(house: House) -> None:
    account, admin = signed_in(house, PHONE).account_id, an_admin(house)
    lifting = f"/api/v1/freezes/{account}/lifting"
    assert refusal(admin.post(lifting, {})) == (409, "not_frozen")
    assert admin.post("/api/v1/freezes", {"account_id": account, "reason": "倒号", "hours": 1}).status_code == 201
    assert admin.post(lifting, {}).json()["active"] is False
    assert admin.get(f"/api/v1/misuse/{account}").json()["signals"] == []
    assert admin.get("/api/v1/misuse").json() == []


def test_an_alert_is_seen_with_its_evidence_and_answered(house: House) -> None:
    account, admin = signed_in(house, PHONE).account_id, an_admin(house)
    counts = Counts(unseen=40, early=12, bursts=4, devices=5)
    house.do(scalping.raise_alert, account_id=account or 0, counts=counts, schedules=(7,))
    (alert,) = admin.get("/api/v1/scalping-alerts").json()
    assert (alert["account_id"], alert["score"], alert["schedules"]) == (account, 135, [7])
    assert {sign["name"]: sign["points"] for sign in alert["signs"]} == {
        "bursts": 60, "devices": 30, "early": 25, "unseen": 20,
    }  # fmt: skip
    assert alert["frozen_until"] and alert["handled_at"] is None
    verdict = f"/api/v1/scalping-alerts/{alert['id']}/verdict"
    answered = admin.post(verdict, {"verdict": "dismissed", "answer": "护工代办，已核实"})
    assert (answered.status_code, answered.json()["answer"]) == (200, "护工代办，已核实")
    assert refusal(admin.post(verdict, {"verdict": "confirmed", "answer": "x"})) == (409, "already_handled")
    assert admin.get("/api/v1/freezes").json()[0]["active"] is False
