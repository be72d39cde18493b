"""Every handler and every endpoint of the running house × everybody: who is let in is what the table of rights says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import httpx
import pytest
import reflex as rx
from fastapi.routing import APIRoute

import hospital_app.hospital_app
from hospital_app.api.app import ROUTERS, make_api
from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal, forbidden, signed_out
from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.services import freezing
from state.access import OF_REFLEX, rule_of, short_name
from tests.security.scene import Caller, client, patient, staff, staff_session
from tests.support.living import Living
from tests.support.reflex_client import ReflexClient, handlers
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

assert hospital_app.hospital_app.app  # every page, and so every handler, is registered by it
HANDLERS = sorted(handlers(rx.State))
DENIALS = {refusal.code: refusal.message for refusal in (forbidden(), signed_out(), authority.account_frozen())}
#: May end the caller's own session: whoever is allowed is not asked here (tests/api/test_sessions.py, test_access.py).
ENDING = {Right.SIGN_OUT, Right.OWN_ACCOUNT, Right.OWN_PRIVACY}
ENDING_ALL = ("DELETE", "/api/v1/sessions")


@dataclass(frozen=True)
class Somebody:
    """A caller of the running house, and what the table must make of them."""

    caller: Caller
    actor: Actor


@dataclass
class Answers:
    """(who, what) → the code of the denial that was heard, empty for none."""

    heard: dict[tuple[str, str], str] = field(default_factory=dict)
    expected: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def wrong(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Denied though allowed counts only where the table's denial is heard: services may refuse on their own."""
        return {
            pair: (expected, self.heard[pair])
            for pair, expected in self.expected.items()
            if expected and self.heard[pair] != expected
        }


def freeze(living: Living, caller: Caller, account_id: int) -> None:
    """By another process, which tells nobody: who a session is may be known for a moment longer, never for a second."""
    living.do(freezing.freeze, account_id=account_id, reason="多次退号再约", hours=24, evidence={})
    wait_until(
        lambda: code_of(adding(living, caller)) == "account_frozen",
        seconds=5,
        what="the freeze to be in force",
    )


def adding(living: Living, caller: Caller) -> httpx.Response:
    """Nobody, to the family list: 422 for who may."""
    return caller.http.post("/api/v1/patients", json={}, headers={"Origin": living.url})


@pytest.fixture(scope="module")
def everybody(living: Living) -> dict[str, Somebody]:
    frozen = patient(living, "frozen")
    account_id = frozen.http.get("/api/v1/sessions/current").json()["account_id"]
    freeze(living, frozen, account_id)
    here, elsewhere = living.employ("本科医生"), living.employ("他科医生")
    people = [
        (Caller("nobody", Role.ANONYMOUS, http=client(living)), ANONYMOUS),
        (patient(living, "patient"), Actor(Role.PATIENT, account_id=1)),
        (patient(living, "another patient"), Actor(Role.PATIENT, account_id=2)),
        (frozen, Actor(Role.PATIENT, account_id=3, frozen=True)),
        (staff(living, "clerk", Role.CLERK), Actor(Role.CLERK, staff_id=1)),
        (staff_session(living, "doctor", here.staff_no, Role.DOCTOR), Actor(Role.DOCTOR, staff_id=2)),
        (staff_session(living, "another doctor", elsewhere.staff_no, Role.DOCTOR), Actor(Role.DOCTOR, staff_id=3)),
        (staff(living, "kiosk", Role.KIOSK), Actor(Role.KIOSK, staff_id=4)),
        (
            staff(living, "department admin", Role.DEPARTMENT_ADMIN, department_code="07"),
            Actor(Role.DEPARTMENT_ADMIN, staff_id=5, department_code="07"),
        ),
        (staff(living, "hospital admin", Role.HOSPITAL_ADMIN), Actor(Role.HOSPITAL_ADMIN, staff_id=6)),
    ]
    return {caller.name: Somebody(caller, actor) for caller, actor in people}


def denial(actor: Actor, right: Right | None) -> str:
    """The code that the table gives; what has no rule is denied to everybody."""
    if right is None:
        return forbidden().code
    try:
        authority.check(actor, right)
    except Refusal as refusal:
        return refusal.code
    return ""


def test_every_handler_of_ours_says_what_it_needs() -> None:
    silent = {short_name(name) for name in HANDLERS if rule_of(name) is None}
    assert {name for name in silent if not name.endswith("setvar")} == set(), "use handles(Right...)"
    assert {short_name(name) for name in HANDLERS if name.endswith("setvar")} == silent, "nobody sets a var by name"
    assert {short_name(name) for name in HANDLERS} >= OF_REFLEX, "Reflex has none of this name any more"


@pytest.fixture(scope="module")
def over_the_socket(living: Living, everybody: dict[str, Somebody]) -> Iterator[Answers]:
    answers = Answers()
    for name, somebody in everybody.items():
        answers.expected |= {(name, handler): denial(somebody.actor, rule_of(handler)) for handler in HANDLERS}
        with ReflexClient(living.url, cookie=somebody.caller.cookie) as socket:
            for expected in sorted({answers.expected[name, handler] for handler in HANDLERS}):
                alike = [handler for handler in HANDLERS if answers.expected[name, handler] == expected]
                answers.heard |= {(name, handler): code for handler, code in denials(socket, alike, expected).items()}
    yield answers


def denials(socket: ReflexClient, asked: list[str], expected: str) -> dict[str, str]:
    """The denial of each handler. Asked all together, since each denial is told once; by halves if they differ."""
    begin = len(socket.heard)
    for handler in asked:
        socket.send(handler, {})
    socket.settle()
    said = "".join(socket.heard[begin:])
    counted = {code: said.count(text) for code, text in DENIALS.items() if text in said}
    if counted == ({expected: len(asked)} if expected else {}):
        return dict.fromkeys(asked, expected)
    if len(asked) == 1:
        return {asked[0]: next(iter(counted), "")}
    half = len(asked) // 2
    return denials(socket, asked[:half], expected) | denials(socket, asked[half:], expected)


def test_the_socket_lets_in_whom_the_table_lets_in(over_the_socket: Answers) -> None:
    assert over_the_socket.wrong == {}
    assert len(over_the_socket.heard) == 10 * len(HANDLERS)


def test_the_socket_opens_for_whom_it_is_meant(over_the_socket: Answers) -> None:
    """Else a gate that is always shut would pass."""
    meant = {pair for pair, expected in over_the_socket.expected.items() if not expected}
    shut = {pair for pair in meant if over_the_socket.heard[pair]}
    assert len(shut) < len(meant) / 10, shut


def endpoints() -> list[tuple[str, str, Right | None]]:
    """(method, path, right) of every endpoint that is registered."""
    found = []
    for route in (*make_api().routes, *(route for router in ROUTERS for route in router.routes)):
        if isinstance(route, APIRoute) and "{rest:path}" not in route.path:
            found += [(method, route.path, authority.right_of(route.endpoint)) for method in sorted(route.methods)]
    return found


@pytest.fixture(scope="module")
def over_http(everybody: dict[str, Somebody]) -> Answers:
    answers = Answers()
    for (name, somebody), (method, path, right) in product(everybody.items(), endpoints()):
        if (right in ENDING or (method, path) == ENDING_ALL) and denial(somebody.actor, right) == "":
            continue
        answer = somebody.caller.http.request(method, filled(path), headers={"Idempotency-Key": "rights"}, json={})
        answers.heard[name, f"{method} {path}"] = code_of(answer)
        answers.expected[name, f"{method} {path}"] = denial(somebody.actor, right)
    return answers


def filled(path: str) -> str:
    """Nothing that exists: whoever is let in finds nothing."""
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}1{rest.partition('}')[2]}"
    return path


def code_of(answer: httpx.Response) -> str:
    content: Any = answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else {}
    code = content.get("error", "") if isinstance(content, dict) else ""
    return code if code in DENIALS else ""


def test_http_lets_in_whom_the_table_lets_in(over_http: Answers) -> None:
    assert over_http.wrong == {}


def test_http_opens_for_whom_it_is_meant(over_http: Answers) -> None:
    meant = {pair for pair, expected in over_http.expected.items() if not expected}
    shut = {pair for pair in meant if over_http.heard[pair]}
    assert len(shut) < len(meant) / 10, shut


def test_a_frozen_session_is_frozen_in_a_moment(living: Living) -> None:
    caller = patient(living, "soon frozen")
    account_id = caller.http.get("/api/v1/sessions/current").json()["account_id"]
    assert caller.http.get("/api/v1/patients").status_code == 200
    assert adding(living, caller).status_code == 422
    freeze(living, caller, account_id)
    assert caller.http.get("/api/v1/patients").status_code == 200
    assert caller.http.get("/api/v1/appointments").status_code == 200
