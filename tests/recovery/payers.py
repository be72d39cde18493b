"""A stream of patients who book, pay in every way, cancel, come too late or forget, whatever breaks meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from random import Random
from threading import Event, Lock, Thread
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app import clock
from hospital_app.flows import sandbox
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.identity import Patient
from hospital_app.services.sandbox_people import Invented
from tests.recovery.caller import LONGEST_SECONDS, PAUSE_SECONDS, Caller, insist
from tests.recovery.settlement import Settlement
from tests.support.builders import FEE_FEN, a_doctor
from tests.support.outside import plain_client
from tests.support.town import Clinic
from tests.support.waiting import wait_until

#: What the body of POST .../payments says, and at which channel the cash is paid.
WAYS: dict[str, tuple[dict[str, Any], str]] = {
    "wechat": ({"cash": "wechat"}, "wechat"),
    "alipay": ({"cash": "alipay", "method": "qr"}, "alipay"),
    "insurance and wechat": ({"insurance": True, "cash": "wechat"}, "wechat"),
    "insurance and alipay": ({"insurance": True, "cash": "alipay", "method": "qr"}, "alipay"),
    "insurance": ({"insurance": True, "use_account": True, "cash": "wechat"}, ""),
}
#: What they do -> how it may end. late: paid, and the hold ends before the house knows; too late: they let go first.
FATES: dict[str, frozenset[str]] = {
    "keep": frozenset({"booked"}),
    "cancel": frozenset({"patient"}),
    "late": frozenset({"booked", "expired"}),  # by whether somebody else took the number meanwhile
    "too late": frozenset({"released", "patient"}),  # by whether the house had heard of the money
    "forget": frozenset({"expired"}),
    "let go": frozenset({"released"}),
}
MOST = 120


@dataclass
class Payers:
    """`promised` is how each order may end, by its number. They go on coming until it is `enough`, new ones only while
    it is `open`; who is there already goes on in any case.
    """

    settlement: Settlement
    clinic: Clinic
    doctor_id: int
    people: list[Invented]
    seed: int
    clients: int = 4
    promised: dict[str, frozenset[str]] = field(default_factory=dict)
    enough: Event = field(default_factory=Event)
    open: Event = field(default_factory=Event)
    faults: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)
        self._left = iter(self.people)
        self._planned: list[tuple[str, str]] = []
        self._lock, self._inside = Lock(), 0
        self._http = plain_client(self.settlement.url)
        self.open.set()

    @contextmanager
    def flowing(self) -> Iterator["Payers"]:
        """They come during the block, and everybody has been served at its end."""
        threads = [Thread(target=self._client) for _ in range(self.clients)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.enough.set()
            self.open.set()
            for thread in threads:
                while thread.is_alive():
                    self.settlement.supervise()
                    thread.join(PAUSE_SECONDS)
            self.complain()

    def rest(self) -> None:
        """Nobody new comes, and who is there has been served."""
        with self._lock:
            self.open.clear()
        wait_until(self._all_are_served, seconds=LONGEST_SECONDS, what="the last of them to be served")

    def _all_are_served(self) -> bool:
        self.settlement.supervise()
        self.complain()
        return self._inside == 0

    def complain(self) -> None:
        """Raises what went wrong for one of them."""
        if self.faults:
            raise self.faults[0]

    def _client(self) -> None:
        try:
            while self.open.wait() and not (self.enough.is_set() or self.faults):
                if (came := self._next()) is None:
                    continue
                person, (way, fate) = came
                self._serve(Caller(self._http, person), way, fate)
                with self._lock:
                    self._inside -= 1
        except BaseException as fault:  # told to the test's own thread
            self.faults.append(fault)

    def _next(self) -> tuple[Invented, tuple[str, str]] | None:
        """Every way with every fate, in an order of the seed's; then all over again. None: it has just been closed."""
        with self._lock:
            if not self.open.is_set():
                return None
            self._inside += 1
            if not self._planned:
                self._planned = list(product(WAYS, FATES))
                self._chance.shuffle(self._planned)
            return next(self._left), self._planned.pop()

    def _serve(self, caller: Caller, way: str, fate: str) -> None:
        no = self._held(caller)
        self.promised[no] = FATES[fate]
        if self._chance.random() < 0.7 or fate not in ("forget", "let go"):
            opened = self._opened(caller, no, way)
            if fate not in ("forget", "let go"):
                silent = fate in ("late", "too late") or self._chance.random() < 0.3
                self._paid(caller, no, opened, way, silent=silent)
        if fate in ("late", "forget"):
            insist(lambda: self._hold_ends(no))
        if fate == "cancel":
            self._wait_for(caller, no, "booked")
        if fate in ("cancel", "too late", "let go"):
            status, said = caller.ask("POST", f"/api/v1/appointments/{no}/cancellation")
            if said.get("error") == "wrong_status":  # booked at this very moment: they look, and cancel that
                status, said = caller.ask("POST", f"/api/v1/appointments/{no}/cancellation")
            assert (status, said.get("status")) == (200, "cancelled"), said

    def _held(self, caller: Caller) -> str:
        caller.ask("GET", f"/api/v1/doctors/{self.doctor_id}/calendar?days=7")  # as everybody looks first
        wish = {"schedule_id": self.clinic.schedule_id, "starts_at": self.clinic.starts_at.isoformat()}
        body = wish | {"patient_id": caller.person.patient_id}
        key = f"{self.seed}-{caller.person.account_id}"
        status, said = caller.ask("POST", "/api/v1/appointments", body, key=key)
        assert status == 201, said
        return str(said["no"])

    def _opened(self, caller: Caller, no: str, way: str) -> dict[str, Any]:
        status, said = caller.ask("POST", f"/api/v1/appointments/{no}/payments", WAYS[way][0])
        assert status == 201, said
        return said

    def _paid(self, caller: Caller, no: str, opened: dict[str, Any], way: str, *, silent: bool) -> None:
        """At the channel's cashier, who tells the house of it or not; or agreed to, where no cash is left."""
        wish, channel = WAYS[way]
        if not channel:
            assert opened["split"]["cash_fen"] == 0, opened
            status, said = caller.ask("POST", f"/api/v1/appointments/{no}/payments", wish | {"cash": None})
            # Agreed to before, and the answer was lost: it may even be settled.
            assert status == 201 or (status, said["error"]) == (409, "already_paid"), said
            return
        there = self.settlement.programs[channel]
        number, outcome = opened["payment_no"], "timeout" if silent else "success"
        paid = insist(lambda: there.post(f"/sandbox/cashier/{number}", json={"outcome": outcome}).status_code)  # type: ignore[attr-defined]
        assert paid in (202, 409), paid  # 409: an answer was lost and it had been paid already

    def _wait_for(self, caller: Caller, no: str, status: str) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        while caller.ask("GET", f"/api/v1/appointments/{no}")[1]["status"] != status:
            assert time.monotonic() < deadline, f"{no} is not {status}"
            time.sleep(PAUSE_SECONDS)

    def _hold_ends(self, no: str) -> None:
        """In this second, as if its minutes were over."""
        now = clock.now()
        with self.settlement.town.house.sessions.begin() as session:
            row = session.scalars(select(Appointment).where(col(Appointment.no) == no).with_for_update()).one()
            if row.status == "pending":
                row.held_until = now
                session.execute(update(Slot).where(col(Slot.id) == row.slot_id).values(held_until=now))


def payers(settlement: Settlement, seed: int) -> Payers:
    """Nobody has come yet. All of them are insured, with enough on their accounts."""
    doctor_id = a_doctor(settlement.town.house.sessions)
    clinic = settlement.town.clinic(numbers=MOST, period_count=1, doctor_id=doctor_id)
    people = sandbox.accounts(count=MOST)
    insured_at = clock.now()
    with settlement.town.house.sessions.begin() as session:
        ids = [person.patient_id for person in people]
        patients = session.scalars(select(Patient).where(col(Patient.id).in_(ids))).all()
        for patient in patients:
            patient.insurance_number = patient.document_number
            patient.insurance_region, patient.insurance_verified_at = settlement.bureau.known.region, insured_at
        known = [(patient.name, str(patient.document_number)) for patient in patients]
    settlement.bureau.insure(known, balance_fen=FEE_FEN)
    return Payers(settlement, clinic, doctor_id, people, seed)
