"""工作量证明 through the REST API: asked of whom the real counters suspect, and of nobody else."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest

from hospital_app import clock
from hospital_app import container as containers
from hospital_app.domain.calendar import Session as ClinicSession
from hospital_app.domain.calendar import clinic_day, local, periods
from hospital_app.domain.identity import Actor, Role
from hospital_app.domain.scalping import Act, Kind, watch_of
from hospital_app.flows import gate, proof_of_work, scalping
from hospital_app.flows.watchman import watchman
from hospital_app.services import cash
from hospital_app.services.sessions import fingerprint
from tests.support.booked import CLERK, employed
from tests.support.builders import a_doctor, a_schedule
from tests.support.house import House
from tests.support.people import PASSWORD, a_member_of_staff, resident_id, signed_in
from tests.support.proving import solved
from tests.support.terminal import Terminal, refusal

TRIES = 16
DEVICE = "a-machine-without-a-screen"


@dataclass
class Suspect:
    """An account whose program asked for numbers before they were released, without having looked at any."""

    house: House
    schedule_id: int
    later_id: int  # a clinic that is not released
    account_id: int
    patient_id: int
    terminal: Terminal
    keys: Iterator[int]

    def hold(self, proof: str | None = None, *, schedule_id: int = 0, terminal: Terminal | None = None) -> Any:
        chosen = schedule_id or self.schedule_id
        on = clinic_day(self.house.now) + timedelta(days=1 if chosen == self.schedule_id else 6)
        starts_at = local(periods(on, ClinicSession.MORNING)[0][0]).isoformat()
        body = {"schedule_id": chosen, "starts_at": starts_at, "patient_id": self.patient_id}
        headers = {"idempotency-key": f"k-{next(self.keys)}"} | ({"x-guahao-proof": proof} if proof else {})
        return (terminal or self.terminal).post("/api/v1/appointments", body, headers=headers)

    def misbehave(self, *, devices: int = 1) -> None:
        for number in range(devices):
            self.terminal.headers["X-Guahao-Device"] = f"{DEVICE}-{number}"
            assert self.hold(schedule_id=self.later_id).status_code in (409, 428)
        self.terminal.headers["X-Guahao-Device"] = DEVICE
        scalping.settle()

    def change_rules(self, **rules: int) -> None:
        house = containers.container()
        chosen = replace(house.settings.rules, **rules)  # type: ignore[arg-type]
        containers.use(replace(house, settings=house.settings.model_copy(update={"rules": chosen})))

    def challenge(self, terminal: Terminal | None = None) -> dict[str, Any]:
        answer = (terminal or self.terminal).post("/api/v1/proofs")
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@pytest.fixture
def suspect(sqlite_house: House) -> Iterator[Suspect]:
    house = sqlite_house
    house.at(clock.now())
    on, doctor_id = clinic_day(house.now), a_doctor(house.sessions)
    schedule_id = a_schedule(house.sessions, doctor_id=doctor_id, on=on + timedelta(days=1))
    later_id = a_schedule(
        house.sessions, doctor_id=doctor_id, on=on + timedelta(days=6), released_at=house.now + timedelta(days=1)
    )
    opened = signed_in(house)
    terminal = Terminal(token=opened.token, address="192.0.2.7", X_Guahao_Device=DEVICE)
    me = terminal.post("/api/v1/patients", {"name": "王秀芳", "relation": "self", "document_number": resident_id()})
    suspect = Suspect(house, schedule_id, later_id, opened.account_id, me.json()["id"], terminal, count(1))
    suspect.change_rules(proof_of_work_tries=TRIES, proof_of_work_doublings=2)
    yield suspect
    scalping.settle()  # what was noted last is not counted against the next one, who has the same id


def reason(answer: httpx.Response) -> str:
    assert refusal(answer) == (428, "proof_needed"), answer.text
    assert answer.json()["challenge"] == "/api/v1/proofs"
    return str(answer.json().get("reason", ""))


def test_nobody_is_asked_who_behaves_like_people(suspect: Suspect) -> None:
    assert suspect.hold("whatever").status_code == 201, "a proof that nobody wants is not looked at"


def test_a_machine_solves_it_once_for_each_proof_and_goes_on(suspect: Suspect) -> None:
    suspect.misbehave()
    assert reason(suspect.hold()) == ""
    proof = solved(suspect.challenge())
    assert suspect.hold(proof).status_code == 201
    scalping.settle()
    assert refusal(suspect.hold()) == (409, "duplicate_booking"), "it has bought patience"


def test_moving_an_appointment_takes_a_number_too_and_asks_the_same(suspect: Suspect) -> None:
    no = suspect.hold().json()["no"]
    employed(suspect.house.sessions, CLERK)
    suspect.house.do(cash.collect, actor=CLERK, no=no)
    on = clinic_day(suspect.house.now) + timedelta(days=1)
    body = {
        "schedule_id": suspect.schedule_id,
        "starts_at": local(periods(on, ClinicSession.MORNING)[1][0]).isoformat(),
    }
    path = f"/api/v1/appointments/{no}/rescheduling"
    suspect.misbehave()
    assert reason(suspect.terminal.post(path, body)) == ""
    assert suspect.terminal.get(f"/api/v1/appointments/{no}").json()["changes_left"] == 2, "nothing has changed"
    moved = suspect.terminal.post(path, body, headers={"x-guahao-proof": solved(suspect.challenge())})
    assert moved.status_code == 200, moved.text
    assert moved.json()["changes_left"] == 1


def test_right_after_a_release_a_program_that_looked_at_nothing_computes_for_its_first_number(suspect: Suspect) -> None:
    on = clinic_day(suspect.house.now) + timedelta(days=6)
    just_now = suspect.house.now - timedelta(seconds=1)
    released = a_schedule(
        suspect.house.sessions, doctor_id=a_doctor(suspect.house.sessions), on=on, released_at=just_now
    )
    gate.rebuild([released])
    suspect.house.container.redis.set("guahao:scalping:since", int((time.time() - 10) * 1000), ex=60)
    assert reason(suspect.hold(schedule_id=released)) == ""
    scalping.settle()
    proof = solved(suspect.challenge())
    names = [f"account:{suspect.account_id}", f"device:{fingerprint(DEVICE)}"]
    watchman.unmark(names)  # as a process that knows nothing yet
    assert suspect.hold(proof, schedule_id=released).status_code == 201


def test_the_heavier_a_machine_weighs_the_more_it_computes(suspect: Suspect) -> None:
    suspect.misbehave()
    proof = solved(suspect.challenge())
    suspect.misbehave(devices=4)  # while it computed
    assert suspect.challenge()["parameters"]["data"]["tries"] == 2 * TRIES
    assert reason(suspect.hold(proof)) == "easy"


def test_a_heavy_one_computes_for_each_number(suspect: Suspect) -> None:
    suspect.misbehave(devices=4)
    assert suspect.hold(solved(suspect.challenge())).status_code == 201
    assert reason(suspect.hold()) == "", "and has bought no patience"


def test_the_same_for_the_waitlist(suspect: Suspect) -> None:
    suspect.misbehave()
    wish = {"provider": "doctor:1", "on": "2026-12-01", "patient_id": suspect.patient_id}
    assert reason(suspect.terminal.post("/api/v1/waitlist", wish)) == ""
    headers = {"x-guahao-proof": solved(suspect.challenge())}
    answer = suspect.terminal.post("/api/v1/waitlist", wish, headers=headers)
    assert answer.status_code == 201 or answer.json()["error"] != "proof_needed", answer.text


def test_no_proof_serves_twice_and_the_next_one_is_harder(suspect: Suspect) -> None:
    suspect.misbehave()
    proof = solved(suspect.challenge())
    assert suspect.hold(proof).status_code == 201
    suspect.misbehave(devices=5)  # more than the proof has bought, and too little for a freeze
    assert reason(suspect.hold(proof)) == "easy"
    harder = suspect.challenge()
    assert harder["parameters"]["data"]["tries"] == 4 * TRIES, "twice for having solved one, twice for what it weighs"
    assert refusal(suspect.hold(solved(harder))) == (409, "duplicate_booking")


def test_a_proof_is_spent_also_while_no_more_is_asked(suspect: Suspect) -> None:
    suspect.change_rules(proof_of_work_doublings=0)
    suspect.misbehave()
    proof = solved(suspect.challenge())
    assert suspect.hold(proof).status_code == 201
    suspect.misbehave(devices=5)
    assert reason(suspect.hold(proof)) == "spent"


def test_another_session_cannot_use_it_even_of_the_same_account(suspect: Suspect) -> None:
    suspect.misbehave()
    second = signed_in_again(suspect)
    proof = solved(suspect.challenge(second))
    assert reason(suspect.hold(proof)) == "foreign"
    assert reason(suspect.hold(solved(suspect.challenge(Terminal(address="192.0.2.7"))))) == "foreign", "nobody's"
    assert suspect.hold(proof, terminal=second).status_code == 201


def signed_in_again(suspect: Suspect) -> Terminal:
    suspect.house.later(minutes=2)
    return Terminal(token=signed_in(suspect.house).token, address="192.0.2.7", X_Guahao_Device=DEVICE)


def test_what_is_no_proof_is_refused_and_says_why(suspect: Suspect) -> None:
    suspect.misbehave()
    assert reason(suspect.hold("nonsense")) == "forged"
    assert suspect.hold("x" * 4001).status_code == 422


def test_whoever_is_asked_and_goes_on_without_is_counted(suspect: Suspect) -> None:
    suspect.misbehave()
    for _ in range(5):
        reason(suspect.hold())
    scalping.settle()
    house = containers.container()
    last = Act(Kind.REFUSED, time.time(), suspect.account_id)
    assert house.scalping.count([last], watch_of(house.rules))[suspect.account_id].counts.refused >= 6


def test_nobody_at_a_counter_is_ever_asked(suspect: Suspect) -> None:
    suspect.misbehave()
    a_member_of_staff(suspect.house, role=Role.CLERK, department_code="03.01")
    answer = Terminal().post("/api/v1/staff/sessions", {"staff_no": "D1001", "password": PASSWORD})
    clerk = Terminal(token=answer.json()["token"], address="192.0.2.7", X_Guahao_Device=DEVICE)
    assert suspect.hold(terminal=clerk).json().get("error") != "proof_needed"
    assert not scalping.proof_wanted(Actor(Role.KIOSK, staff_id=3, device=DEVICE))


def test_in_english_and_with_more_for_whom_solved_many(suspect: Suspect) -> None:
    suspect.misbehave()
    suspect.terminal.headers["accept-language"] = "en"
    assert "no machine" in suspect.hold().json()["detail"]
    holder = proof_of_work._holder(Actor(Role.PATIENT, account_id=suspect.account_id))
    for number in range(5):
        containers.container().spent_proofs.spend(f"earlier-{number}", holder, seconds=60)
    assert suspect.challenge()["parameters"]["data"]["tries"] == TRIES * 4, "two doublings at most"
