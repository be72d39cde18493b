"""Whatever is called however: no fault of ours, and every answer is one that the description knows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import Engine

from hospital_app.api.app import ROUTERS
from hospital_app.domain import authority
from hospital_app.domain.authority import RIGHTS, Right
from hospital_app.domain.identity import Role
from hospital_app.services import sessions
from tests.api.fuzzing import Found, fuzz, operations
from tests.support.booked import a_booked_appointment
from tests.support.builders import DEPARTMENT, a_doctor, a_schedule
from tests.support.house import House
from tests.support.people import a_member_of_staff, resident_id, signed_in
from tests.support.terminal import Terminal

pytestmark = pytest.mark.timeout(600)

NUMBER = 20261125
#: May end the account itself, and so everything after it.
LAST = {Right.OWN_ACCOUNT, Right.OWN_PRIVACY}


@dataclass
class Town:
    """A small hospital; one caller of each role, and things that exist, by the names of their parameters."""

    house: House
    account_id: int
    staff: dict[Role, int]
    existing: dict[str, Any]

    def caller(self, role: Role) -> Terminal:
        """With a session of its own: some calls end the one that they came with, or all of them."""
        if role is Role.ANONYMOUS:
            return Terminal(origin=None)
        if role is Role.PATIENT:
            opened = self.house.do(sessions.open_for_account, account_id=self.account_id)
        else:
            opened = self.house.do(sessions.open_for_staff, staff_id=self.staff[role], role=role, proved=True)
        return Terminal(token=opened.token)


#: What the budgets do is shown elsewhere.
UNLIMITED = dict.fromkeys(
    [f"budget_{name}_per_minute" for name in ("session", "account", "address", "reading")], 10_000_000
)


@pytest.fixture
def town(sqlite_url: str, engine_of: Callable[[str], Engine], redis_url: str) -> Town:
    house = House(engine_of(sqlite_url), redis_url, **UNLIMITED)
    doctor_id = a_doctor(house.sessions)
    schedule_id = a_schedule(house.sessions, doctor_id=doctor_id)
    someone = signed_in(house)
    patient = Terminal(token=someone.token)
    body = {"name": "王秀芳", "relation": "self", "document_number": resident_id()}
    patient_id = patient.post("/api/v1/patients", body).json()["id"]
    booked = a_booked_appointment(
        house.sessions, schedule_id=schedule_id, account_id=someone.account_id, patient_id=patient_id
    )
    staff = {
        role: a_member_of_staff(house, staff_no=f"F-{role.value}", role=role, **more)
        for role, more in (
            (Role.DOCTOR, {"doctor_id": doctor_id, "department_code": DEPARTMENT}),
            (Role.CLERK, {}),
            (Role.DEPARTMENT_ADMIN, {"department_code": DEPARTMENT}),
            (Role.HOSPITAL_ADMIN, {}),
            (Role.KIOSK, {}),
        )
    }
    existing = {
        "no": booked.no,
        "patient_id": patient_id,
        "doctor_id": doctor_id,
        "provider": f"doctor:{doctor_id}",
        "schedule_id": schedule_id,
        "slot_id": booked.slot_id,
        "starts_at": booked.starts_at.isoformat(),
        "code": booked.code,
        "channel": "wechat",
    }
    assert someone.account_id is not None
    return Town(house, someone.account_id, staff, existing)


def rights() -> dict[str, Right]:
    """`POST /api/v1/...` → the right that it needs."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    found = {
        f"{method} {route.path}": authority.right_of(route.endpoint) for route in routes for method in route.methods
    }
    return {call: right for call, right in found.items() if right is not None}


def fuzz_all(town: Town, *, examples: int, choose: Callable[[Right], list[Role]]) -> Found:
    found = Found()
    needed = rights()
    for operation in sorted(operations(), key=lambda each: needed[each.label] in LAST):
        for role in choose(needed[operation.label]):
            fuzz(operation, town.caller(role), existing=town.existing, examples=examples, number=NUMBER, found=found)
    return found


def one_who_may(right: Right) -> list[Role]:
    """A caller who gets past the door; of what everybody may, a patient."""
    return [role for role in (Role.PATIENT, Role.HOSPITAL_ADMIN, Role.DOCTOR, Role.KIOSK) if role in RIGHTS[right]][:1]


def test_whatever_is_called_is_answered_as_documented(town: Town) -> None:
    found = fuzz_all(town, examples=4, choose=one_who_may)
    assert found.wrong == []
    assert found.calls > 4 * len(found.statuses)
    at_the_door = {label for label, statuses in found.statuses.items() if not statuses - {401, 403}}
    machines = {label for label in found.statuses if "/fhir/" in label}
    assert len(at_the_door - machines) <= len(found.statuses) / 20, at_the_door - machines
    assert town.house.broken() == []


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_whatever_is_called_by_whomever_is_answered_as_documented(town: Town) -> None:
    found = fuzz_all(town, examples=20, choose=lambda _: [Role.ANONYMOUS, Role.PATIENT, *town.staff])
    assert found.wrong == []
    assert found.calls > 20_000
    assert town.house.broken() == []
