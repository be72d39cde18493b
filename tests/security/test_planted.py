"""Two hundred people are planted and walk all flows; then every store, log and measure is searched for them."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import redis
import reflex as rx

import hospital_app.hospital_app
from hospital_app.domain.identity import Role
from tests.security.planted import COUNT, Planted, files_of, found_in, people, places, rows_of, values_of
from tests.security.scene import Caller, client, hold, pay, staff, staff_session
from tests.support import servers
from tests.support.living import AREA, Living, OnDuty
from tests.support.reflex_client import ReflexClient, handlers
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

assert hospital_app.hospital_app.app  # every page, and so every handler, is registered by it
WALKERS = 8
#: Reflex keeps what is on a screen under the client's own token until the session ends. These screens show a name to
#: whom it belongs: the holder's own family, the doctor's own patients. Phones and documents stand in none.
SHOWING_NAMES = {
    f"state___{name}____{name}_state"
    for name in ("me", "confirm", "desk", "slip", "appointment", "appointments", "pay", "person")
}

#: And the search shows what its own user typed into it, whatever that was.
SEARCHING = "state___find____find_state"


@dataclass
class Walked:
    """The hospital after the planted have walked it."""

    living: Living
    planted: list[Planted]


@pytest.fixture(scope="module")
def walked(living: Living) -> Iterator[Walked]:
    planted = people()
    walked = Walked(living, planted)
    doctor = living.employ("植物学")
    callers = [sign_in(living, person) for person in plant(living, planted)]
    patients = [add(caller, person) for caller, person in zip(callers, planted, strict=True)]
    walk(living, doctor, callers[:WALKERS], patients[:WALKERS])
    be_looked_up(living, planted[:3], callers[0])
    go_astray(living, planted)
    wait_until(lambda: living.owed() == 0, seconds=60, what="the end of the outbox")
    yield walked


def plant(living: Living, planted: list[Planted]) -> list[Planted]:
    """Everybody asks for a code, each from an address of their own."""
    for n, person in enumerate(planted):
        answer = at(living, n).post("/api/v1/sms-codes", json={"phone": person.phone})
        assert answer.status_code == 202, answer.text
    return planted


def at(living: Living, n: int) -> httpx.Client:
    http = client(living)
    http.headers["X-Forwarded-For"] = f"203.0.113.{n % 250 + 1}"
    return http


def sign_in(living: Living, person: Planted) -> Caller:
    http = at(living, int(person.phone[-5:]))
    code = living.text_message(person.phone)["code"]
    answer = http.post("/api/v1/sessions", json={"phone": person.phone, "code": code})
    assert answer.status_code == 201, answer.text
    assert http.post("/api/v1/consents", json={"kind": "health-data"}).status_code == 201
    cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
    return Caller(person.name, Role.PATIENT, cookie, http, person.phone)


def add(caller: Caller, person: Planted) -> int:
    body = {"name": person.name, "relation": "self", "document_number": person.document}
    answer = caller.http.post("/api/v1/patients", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def walk(living: Living, doctor: OnDuty, callers: list[Caller], patients: list[int]) -> None:
    """Book, pay, look, change, cancel; check in, be called, be done; and all screens that show them."""
    now, later = living.clinic_now(doctor, per_period=WALKERS), living.morning(doctor, days=3, per_period=WALKERS)
    booked = [hold(living, caller, now, patient) for caller, patient in zip(callers, patients, strict=True)]
    for caller, no in zip(callers, booked, strict=True):
        pay(living, caller, no)
    coming = [hold(living, caller, later, patient) for caller, patient in zip(callers, patients, strict=True)]
    for caller, no in zip(callers[:4], coming, strict=False):
        pay(living, caller, no)
        assert caller.http.get(f"/api/v1/appointments/{no}/slip.ics").status_code in (200, 409)
        caller.http.get(f"/api/v1/appointments/{no}/slip.png")
    assert callers[0].http.post(f"/api/v1/appointments/{coming[0]}/cancellation").status_code == 200
    body = {"schedule_id": later, "starts_at": living.starts_at(later).isoformat()}
    callers[1].http.post(f"/api/v1/appointments/{coming[1]}/rescheduling", json=body)
    kiosk = staff(living, "kiosk", Role.KIOSK)
    for no in booked:
        code = living.appointment(no).code
        assert kiosk.http.post("/api/v1/check-ins", json={"code": code}).status_code == 201
    desk = staff_session(living, "doctor", doctor.staff_no, Role.DOCTOR)
    admin = staff(living, "hospital admin", Role.HOSPITAL_ADMIN)
    desk.http.post("/api/v1/desk/next", json={"after": None})
    look_at_screens(living, callers[2], desk, kiosk, admin, coming[2], booked[2])
    current = desk.http.get("/api/v1/desk/today").json()["current"]["ticket_id"]
    for verb in ("start", "finish"):
        desk.http.post(f"/api/v1/desk/{verb}", json={"ticket_id": current})
    for caller in callers:
        caller.http.get("/api/v1/messages")
        caller.http.get("/api/v1/appointments")


def look_at_screens(
    living: Living, patient: Caller, desk: Caller, kiosk: Caller, admin: Caller, coming: str, waiting: str
) -> None:
    """Every page's load, by those who may see it; the sockets stay until their state is kept."""
    loads = [name for name in handlers(rx.State) if name.endswith(".load")]
    for caller in (patient, desk, kiosk, admin):
        with ReflexClient(living.url, cookie=caller.cookie) as socket:
            for name in loads:
                for no in (coming, waiting):
                    socket.send(name, {}, path=f"/appointment/{no}", no=no, area_code=AREA)
            socket.settle()


def be_looked_up(living: Living, planted: list[Planted], holder: Caller) -> None:
    """The counter finds them by number and sees them in full for a reason; one takes all of the own data along."""
    counter = staff(living, "clerk", Role.CLERK)
    find = next(name for name in handlers(rx.State) if name.endswith("staff_patients_state.find"))
    with ReflexClient(living.url, cookie=counter.cookie) as socket:
        for person in planted:
            for by, number in (("phone", person.phone), ("document_number", person.document)):
                found = counter.http.post("/api/v1/staff/patients/searches", json={by: number})
                assert found.status_code == 200 and len(found.json()) == 1, found.text
                socket.send(find, {"form": {"kind": by, "number": number}}, path="/staff/patients")
            wanted = {"reason": "contact", "note": "电话确认就诊时间"}
            shown = counter.http.post(f"/api/v1/staff/patients/{found.json()[0]['id']}/unmasking", json=wanted)
            assert found_in(shown.content) == {"name", "phone", "document"}, shown.text
        socket.settle()
    taken = holder.http.get("/api/v1/account/export")
    assert taken.status_code == 200 and found_in(taken.content) == {"name", "phone", "document"}


def go_astray(living: Living, planted: list[Planted]) -> None:
    """People type their data where it does not belong, and make mistakes with it."""
    stranger = client(living)
    for person in planted[:5]:
        for text in (person.name, person.phone, person.document):
            stranger.get("/api/v1/doctors", params={"q": text})
            stranger.get("/api/v1/triage", params={"symptom": text})
            stranger.get(f"/api/v1/providers/{text}/calendar")
            stranger.get(f"/find?q={text}")
            stranger.post("/api/v1/staff/sessions", json={"staff_no": text[:20], "password": text})
            stranger.post("/api/v1/sessions", json={"phone": person.phone, "code": text})
            stranger.post("/api/v1/beacons", json={"path": f"/find?q={text}", "dwell_ms": 1, "width": 360})
            stranger.post("/api/v1/check-ins", json={"code": text})
            stranger.post(
                "/api/v1/sms-codes", content=f'{{"phone": "{text}"', headers={"Content-Type": "application/json"}
            )
    with ReflexClient(living.url) as socket:
        for name, function in handlers(rx.State).items():
            parameters = function.__code__.co_varnames[1 : function.__code__.co_argcount]
            wrong: Any = {"name": planted[0].name, "q": planted[0].phone, "document_number": planted[0].document}
            socket.send(name, dict.fromkeys(parameters, wrong), path=f"/find?q={planted[0].phone}")
            socket.send(name, {planted[0].name: planted[0].phone})
        socket.settle()


def test_the_net_is_tight(walked: Walked) -> None:
    """What is planted would be found in every spelling that a store may give it."""
    person = walked.planted[7]
    escaped = person.name.encode("unicode_escape").decode()
    for text in (person.name, repr(person.name.encode()), escaped, quote(person.name), f"x{person.document}"):
        assert found_in(text.encode()), text
    assert found_in(f"+86{person.phone}".encode()) == {"phone"}
    assert len({(p.name, p.phone, p.document) for p in walked.planted}) == COUNT == len(walked.planted)


def test_the_database_holds_none_of_them_in_the_clear(walked: Walked) -> None:
    assert places(rows_of(walked.living.environment["HOSPITAL_DATABASE_URL"])) == {}


def test_neither_do_the_databases_own_files_and_logs(walked: Walked) -> None:
    server = servers.shared_mariadb()
    name = walked.living.environment["HOSPITAL_DATABASE_URL"].rpartition("/")[2]
    data = Path(server.directory) / "data"
    tables = files_of(data / name, suffixes=(".ibd",))
    # Of this house only: other tests write what they like into databases of their own on the same server.
    said = ["mariadb-binlog", f"--database={name}", "--base64-output=decode-rows", "--verbose"]
    files = sorted(data.glob("bin.0*"))
    logs = ((file.name, subprocess.run([*said, file], check=True, capture_output=True).stdout) for file in files)
    assert places(tables) == {}
    assert places(logs) == {}


def test_redis_holds_names_only_where_their_own_screens_show_them(walked: Walked) -> None:
    with redis.Redis.from_url(walked.living.environment["HOSPITAL_REDIS_URL"]) as client_:
        found = places(values_of(client_))
    typed = {key for key in found if key.endswith(SEARCHING)}
    showing = {key for key in found.keys() - typed if any(state in key for state in SHOWING_NAMES)}
    assert {key: kinds for key, kinds in found.items() if key not in showing | typed} == {}
    assert {kind for key in showing for kind in found[key]} <= {"name"}


def test_events_and_logs_of_all_processes_hold_none(walked: Walked) -> None:
    directory = walked.living.house.directory
    assert places(files_of(directory / "events")) == {}
    assert places(files_of(directory / "log")) == {}
    assert found_in(walked.living.house.console.encode()) == set()


def test_measures_hold_none(walked: Walked) -> None:
    answer = httpx.get(f"http://127.0.0.1:{walked.living.house.port}/metrics", trust_env=False, timeout=30)
    assert answer.status_code == 200 and found_in(answer.content) == set()


def test_partners_are_told_no_more_than_they_need(walked: Walked) -> None:
    """The SMS vendor needs the number; nobody else gets anything of them."""
    sandbox = walked.living.house.directory / "sandbox"
    for partner in ("his", "wechat"):
        assert places(files_of(sandbox, suffixes=(f"{partner}.sqlite3", f"{partner}.sqlite3-wal"))) == {}, partner
    sms = places(files_of(sandbox, suffixes=("sms.sqlite3", "sms.sqlite3-wal")))
    assert {kind for kinds in sms.values() for kind in kinds} == {"phone"}
