"""Every call of the interface, by everybody, for somebody else's things and with anything in it: refused in one shape,
nothing changed, nothing told. Who may do what with the own things stands in tests/api."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hospital_app.domain.identity import Role
from tests.security.scene import Caller, Scene, client, make
from tests.support.living import DEPARTMENT, Living, fingerprints
from tests.support.people import resident_id

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

#: Signing in, its challenges and refusals leave their own traces.
TRACES = frozenset({"login_session", "sign_in_guard", "ceremony", "audit_entry", "audit_seal", "alembic_version"})
COUNTER = {Role.CLERK}
#: Calls that do what they say for these roles, with the very arguments of this file; everybody else must be refused.
MAY_CHANGE: dict[tuple[str, str], set[Role]] = {
    ("POST", "/api/v1/patients"): {Role.PATIENT},
    ("POST", "/api/v1/password/codes"): {Role.PATIENT},
    ("POST", "/api/v1/check-ins"): {Role.KIOSK, *COUNTER},
    ("POST", "/api/v1/freezes"): {Role.HOSPITAL_ADMIN},
    ("POST", "/api/v1/templates"): {Role.HOSPITAL_ADMIN},
    ("PUT", "/api/v1/templates/{template_id}"): {Role.HOSPITAL_ADMIN},
    ("POST", "/api/v1/templates/{template_id}/ending"): {Role.HOSPITAL_ADMIN},
    ("POST", "/api/v1/board/closing"): {Role.HOSPITAL_ADMIN},
    ("POST", "/api/v1/board/opening"): {Role.HOSPITAL_ADMIN},
    ("POST", "/api/v1/rules/{name}/changes"): {Role.HOSPITAL_ADMIN},
    ("POST", "/api/v1/shifts"): {*COUNTER},
    ("POST", "/api/v1/counter/appointments/{no}/collection"): {Role.CLERK},
    ("POST", "/api/v1/shifts/{shift_id}/receipt"): {Role.HOSPITAL_ADMIN},
    ("PUT", "/api/v1/holidays/{on}"): {Role.HOSPITAL_ADMIN},
    ("POST", "/api/v1/reconciliation-differences/{difference_id}/resolution"): {Role.HOSPITAL_ADMIN},
}
#: Ends the caller's own session, or account: tests/api/test_sessions.py, test_personal_data.py.
ENDS_ONESELF = {
    ("DELETE", "/api/v1/sessions/current"),
    ("DELETE", "/api/v1/sessions"),
    ("POST", "/api/v1/account/closing"),
}
WRONG: list[Any] = [None, True, -1, 2**70, 1.5, "x" * 3000, "\x00", "' OR 1=1 --", [], {}]
NO_OBJECT: list[bytes] = [b"", b"null", b"[]", b'"text"', b"{", b"\xff\xfe", b'{"a":1}', b"[" * 20_000]


@dataclass(frozen=True)
class Call:
    """One operation of the interface as its own description tells it."""

    method: str
    path: str
    fields: tuple[str, ...]  # of its body

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Attack:
    """What became of one caller's tries. `odd`: answers that are no clear refusal; `deeds`: what the trail says."""

    caller: Caller
    changed: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    deeds: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def scene(living: Living) -> Scene:
    return make(living)


@pytest.fixture(scope="module")
def calls(living: Living) -> list[Call]:
    described = httpx.get(f"{living.url}/api/openapi.json", trust_env=False, timeout=30).json()
    schemas = described["components"]["schemas"]
    found = []
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            content = about.get("requestBody", {}).get("content", {}).get("application/json", {})
            schema = schemas.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
            found.append(Call(method.upper(), path, tuple(schema.get("properties", {}))))
    return [call for call in found if (call.method, call.path) not in ENDS_ONESELF]


@pytest.fixture(scope="module")
def attacks(scene: Scene, calls: list[Call]) -> Iterator[dict[str, Attack]]:
    url = scene.living.environment["HOSPITAL_DATABASE_URL"]
    found = {}
    with scene.living.standstill():
        before = fingerprints(url, but=TRACES)
        for caller in scene.strangers:
            attack, newest = Attack(caller), scene.living.newest_deed()
            found[caller.name] = attack
            for call in calls:
                try_everything(scene, attack, call)
            after = fingerprints(url, but=TRACES)
            attack.changed = {table for table in before if before[table] != after[table]}
            attack.deeds = scene.living.deeds(after=newest)
            before = after
    yield found


def try_everything(scene: Scene, attack: Attack, call: Call) -> None:
    """The victim's things with arguments that would do something, then nonsense in every place."""
    may = attack.caller.role in MAY_CHANGE.get((call.method, call.path), set())
    everything = attack.caller.role in {Role.ANONYMOUS, Role.PATIENT}
    for no in (scene.waiting, scene.booked, scene.held) if "{no}" in call.path else (scene.booked,):
        if not may:
            body = {name: plausible(scene, name) for name in call.fields}
            ask(attack, call, filled(scene, call.path, no), json=body if call.fields else None)
    path = filled(scene, call.path, scene.booked)
    if "{" in call.path and everything:
        for wrong in ("0", "-1", "9" * 30, "x" * 300, "%00", "..%2f..%2fetc", "号", "'"):
            ask(attack, call, call.path.partition("{")[0] + wrong + call.path.rpartition("}")[2], refused=True)
    if not call.fields:
        return
    for wrong in WRONG if everything else WRONG[:2]:
        for name in call.fields:
            body = {each: plausible(scene, each) for each in call.fields} | {name: wrong}
            if not may:
                ask(attack, call, path, json=body)
    if everything:
        ask(attack, call, path, json={**dict.fromkeys(call.fields), "surplus": 1}, refused=True)
        for content in NO_OBJECT:
            ask(attack, call, path, content=content, headers={"Content-Type": "application/json"}, refused=True)


def ask(attack: Attack, call: Call, path: str, *, refused: bool = False, **request: Any) -> None:
    headers = {"Idempotency-Key": uuid4().hex, **request.pop("headers", {})}
    answer = attack.caller.http.request(call.method, path, headers=headers, **request)
    attack.told.append(answer.text)
    location = answer.headers.get("location", "") if answer.is_redirect else ""
    clear = (answer.is_success or location.startswith(("/bind?", "/sandbox/identity/"))) and not refused
    if location.startswith("/pay/"):  # back at the cashier, which says what was refused
        clear = not location.endswith(("=authorised", "=known"))
    if 400 <= answer.status_code < 500:
        said = answer.json()
        clear = {"error", "detail"} <= set(said) or "resourceType" in said
    if path == "/callbacks/insurance" and answer.status_code == 400:
        clear = answer.json()["code"] == -1  # in the platform's own words
    if path.startswith("/callbacks/") and answer.status_code == 500:
        clear = answer.json()["code"] == "FAIL"  # in WeChat's own words
    if not clear:
        attack.odd.append(f"{call} {path[:80]} {str(request)[:200]} → {answer.status_code} {answer.text[:100]}")


def filled(scene: Scene, path: str, no: str) -> str:
    values = {
        "no": no,
        "patient_id": scene.patient_id,
        "doctor_id": scene.doctor.id,
        "provider": f"doctor:{scene.doctor.id}",
        "channel": "wechat",
        "schedule_id": scene.schedule,
        "slot_id": 1,
        "staff_id": 1,
        "sha256": "0" * 64,
        "passkey_id": 1,
        "vendor": "wechat",
        "session_id": scene.session_id,
        "account_id": scene.account_id,
        "freeze_id": 1,
        "entry_id": 1,
        "consent_id": scene.consent_id,
        "template_id": scene.template_id,
        "change_id": 1,
        "alert_id": 1,
        "difference_id": 1,
        "shift_id": 1,
        "payment_no": "GP26010100000001",
        "refund_no": "GR26010100000001",
        "name": "hold_minutes",
        "on": scene.starts_at.date().isoformat(),
    }
    return path.format(**values)


def plausible(scene: Scene, name: str) -> Any:
    """What would do something for the right caller."""
    values: dict[str, Any] = {
        "phone": "12345",  # a real number would be sent a real code
        "code": scene.code,
        "staff_no": "nobody",  # wrong passwords are counted against a number that exists
        "password": "wrong horse battery",
        "otp": "123456",
        "new_password": "twelve quiet herons",
        "name": "冒名者",
        "relation": "self",
        "document_kind": "resident-id",
        "document_number": resident_id(born="19770707", order="774"),
        "guardian_agrees": True,
        "kind": "guardian",
        "schedule_id": scene.schedule,
        "starts_at": scene.starts_at.isoformat(),
        "patient_id": scene.patient_id,
        "provider": f"doctor:{scene.doctor.id}",
        "on": scene.starts_at.date().isoformat(),
        "cash": "wechat",
        "method": "h5",
        "payer_id": "oSomebody",
        "ticket_id": scene.ticket,
        "after": scene.ticket,
        "up_to_id": 2**31 - 1,
        "no": scene.waiting,
        "area_code": scene.area_code,
        "path": "/",
        "dwell_ms": 1,
        "width": 360,
        "handle": "nobody's",
        "credential": {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}},
        "label": "陌生的设备",
        "passkey": {"handle": "nobody's", "credential": {}},
        "next": "/me",
        "account_id": scene.account_id,
        "reason": "倒号",
        "hours": 24,
        "decision": "lifted",
        "answer": "同意",
        "doctor_id": scene.doctor.id,
        "department_code": DEPARTMENT,
        "weekday": 6,
        "session": "evening",
        "service_type": "chief",
        "room": "冒占诊室",
        "starts": "18:00",
        "ends": "20:00",
        "per_period": 1,
        "number": scene.booked,
        "counted_fen": 0,
        "handed_to": 1,
        "fee_fen": 100,
        "since": (scene.starts_at + timedelta(days=2)).date().isoformat(),
        "until": (scene.starts_at + timedelta(days=4)).date().isoformat(),
        "generated": True,
        "workday": False,
        "value": "20",
        "resolution": "explained",
        "note": "核实无误",
    }
    return values.get(name)


@pytest.mark.parametrize(
    "who", ["nobody", "another patient", "another doctor", "kiosk", "clerk", "department admin", "hospital admin"]
)
def test_a_stranger_changes_nothing_and_learns_nothing(scene: Scene, attacks: dict[str, Attack], who: str) -> None:
    attack = attacks[who]
    assert attack.changed == set(), attack.deeds
    told = "\n".join(attack.told)
    assert {what for what, secret in scene.secrets.items() if secret in told} == set()
    if attack.caller.role not in {Role.KIOSK, Role.CLERK}:
        assert scene.area_code not in told


def test_every_refusal_has_the_one_shape(attacks: dict[str, Attack]) -> None:
    assert [line for attack in attacks.values() for line in attack.odd] == []


def test_no_call_takes_a_body_larger_than_a_form(scene: Scene, calls: list[Call]) -> None:
    for call in calls:
        if call.fields or call.path.startswith("/callbacks"):
            path = filled(scene, call.path, scene.booked)
            answer = scene.victim.http.request(call.method, path, json={"name": "x" * 70_000})
            assert (answer.status_code, answer.json()["error"]) == (413, "too_large"), call


def test_no_write_is_taken_from_another_sites_page(scene: Scene, calls: list[Call]) -> None:
    for call in calls:
        if call.method != "GET":
            answer = scene.victim.http.request(
                call.method, filled(scene, call.path, scene.booked), headers={"Origin": "https://evil.example"}
            )
            assert (answer.status_code, answer.json()["error"]) == (403, "foreign_origin"), call


def test_a_token_is_worth_nothing_after_signing_out(scene: Scene, living: Living) -> None:
    guest = client(living)
    guest.headers["Cookie"] = scene.desk.cookie
    assert guest.get("/api/v1/desk/today").status_code == 200
    assert guest.delete("/api/v1/sessions/current").status_code == 204
    assert guest.get("/api/v1/desk/today").status_code == 401
