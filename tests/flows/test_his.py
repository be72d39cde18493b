"""What the hospital information system hears: every change, in order per appointment, once in effect."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from hospital_app.domain.calendar import Session as ClinicSession
from hospital_app.domain.calendar import periods
from hospital_app.flows import booking, his, outbox
from hospital_app.models.operation import OutboxRow
from tests.support.builders import FEE_FEN, a_doctor
from tests.support.house import House
from tests.support.outside import Door, Outside, Sandbox
from tests.support.processes import running
from tests.support.town import Clinic, Order, Town
from tests.support.waiting import wait_until
from workers.jobs import KINDS


@pytest.fixture(scope="module")
def own_world(world: Outside, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """A HIS that nobody else writes to: ids of numbers are ours alone."""
    fresh = Sandbox("his", tmp_path_factory.mktemp("his"))
    with running(fresh):
        yield replace(world, his=fresh)


@pytest.fixture
def town(mariadb_engine: Engine, redis_url: str, own_world: Outside, door: Door) -> Town:
    return Town(House(mariadb_engine, redis_url, **own_world.settings(door=door.url)), own_world)


def versions(town: Town, order: Order) -> list[tuple[int, str]]:
    """(version, status) of everything that the HIS accepted of an appointment, oldest first."""
    query = "SELECT body FROM history WHERE kind = 'Appointment' AND id = ? ORDER BY seq"
    bodies = [json.loads(row["body"]) for row in town.world.his.books(query, order.no)]
    return [(int(body["meta"]["versionId"]), body["status"]) for body in bodies]


@contextmanager
def away(his_world: Sandbox) -> Iterator[None]:
    """The HIS is down during the block."""
    his_world.post("/sandbox/his", json={"up": False})
    try:
        yield
    finally:
        his_world.post("/sandbox/his", json={"up": True})


def moved(town: Town, order: Order, clinic: Clinic, which: int) -> None:
    starts_at = periods(town.on, ClinicSession.MORNING)[which][0]
    booking.reschedule(order.actor, no=order.no, schedule_id=clinic.schedule_id, starts_at=starts_at)


def test_every_step_of_an_appointment_arrives_in_order(town: Town) -> None:
    clinic = town.clinic()
    order = town.booked(clinic)
    moved(town, order, clinic, 1)
    booking.cancel(order.actor, no=order.no)
    town.house.work_off()
    assert versions(town, order) == [(1, "pending"), (2, "booked"), (3, "booked"), (4, "cancelled")]
    assert town.unlike_the_his() == []


def test_jobs_that_come_in_the_wrong_order_arrive_in_the_right_one(town: Town) -> None:
    clinic = town.clinic()
    order = town.booked(clinic)
    moved(town, order, clinic, 1)
    booking.cancel(order.actor, no=order.no)
    rows = [row.id or 0 for row in town.owed("his.sync")]
    for row_id in reversed(rows):
        outbox.work_off(row_id, KINDS)
    assert town.owed("his.sync") == []
    assert [version for version, _ in versions(town, order)] == [1, 2, 3, 4]
    assert town.unlike_the_his() == []


def test_old_snapshots_sent_again_change_nothing(town: Town) -> None:
    order = town.booked()
    booking.cancel(order.actor, no=order.no)
    town.house.work_off()
    before = versions(town, order)
    with town.house.sessions() as session:
        payloads = [
            json.loads(text)
            for text in session.scalars(select(col(OutboxRow.payload)).where(col(OutboxRow.kind) == "his.sync"))
        ]
    for payload in [*reversed(payloads), *payloads]:
        his.sync(**payload)
    assert versions(town, order) == before
    assert town.unlike_the_his() == []


def test_a_his_that_was_down_catches_up_by_itself(town: Town) -> None:
    """Many changes of many appointments while it is away; afterwards both sides are equal, row by row."""
    chance = random.Random(20261124)
    doctor = a_doctor(town.house.sessions)
    clinic = town.clinic(numbers=12, doctor_id=doctor)
    orders = []
    with away(town.world.his):
        for _ in range(8):
            order = town.held(clinic)
            orders.append(order)
            fate = chance.choice(["let go", "booked", "moved", "cancelled", "expired"])
            if fate == "let go":
                booking.cancel(order.actor, no=order.no)
            elif fate != "expired":
                town.paid(order)
                if fate == "moved":
                    moved(town, order, clinic, chance.randrange(1, 6))
                elif fate == "cancelled":
                    booking.cancel(order.actor, no=order.no)
            town.house.work_off()
        town.house.later(minutes=15)
        booking.sweep()
        town.house.work_off()
        assert len(town.owed("his.sync")) > len(orders)
        assert town.unlike_the_his() != []
    town.house.later(seconds=town.house.container.settings.outbox_retry_max_seconds)
    town.house.work_off()
    assert town.owed("his.sync") == []
    assert town.unlike_the_his() == []
    for order in orders:
        numbers = [version for version, _ in versions(town, order)]
        assert numbers == list(range(1, len(numbers) + 1)), "every version arrived, in order"
    assert town.house.broken() == []


def test_a_number_held_for_a_dearer_change_is_known_there_too(town: Town) -> None:
    """改签补差价: the new number is taken before it is paid, and given back if it is not."""
    doctor = a_doctor(town.house.sessions)
    cheap = town.clinic(doctor_id=doctor)
    dear = town.clinic(doctor_id=doctor, fee_fen=8000, session=ClinicSession.AFTERNOON)
    order = town.booked(cheap)
    booking.reschedule(order.actor, no=order.no, schedule_id=dear.schedule_id, starts_at=dear.starts_at)
    town.house.work_off()
    assert town.unlike_the_his() == []
    town.house.later(minutes=15)
    booking.sweep()
    town.house.work_off()
    assert town.unlike_the_his() == []
    assert town.house.broken() == []


class PartlyDeaf:
    """Stands before the HIS and answers 503 for one appointment, as a fault with one record does."""

    def __init__(self, his_url: str, no: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = 503
                if no.encode() not in body:
                    headers = {name: self.headers[name] for name in ("Authorization", "Content-Type")}
                    passed = httpx.post(his_url + self.path, content=body, headers=headers, trust_env=False)
                    status = passed.status_code
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "PartlyDeaf":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def money(town: Town, number: str) -> list[tuple[int, str, float]]:
    """(version, status, amount) of everything that the HIS accepted of a payment or refund, oldest first."""
    query = "SELECT body FROM history WHERE kind = 'PaymentReconciliation' AND id = ? ORDER BY seq"
    bodies = [json.loads(row["body"]) for row in town.world.his.books(query, number)]
    return [(int(body["meta"]["versionId"]), body["status"], body["paymentAmount"]["value"]) for body in bodies]


def test_money_is_told_in_the_lane_of_its_appointment(town: Town) -> None:
    order = town.held(town.clinic())
    number = town.paid(order)
    town.house.work_off()
    assert money(town, number) == [(2, "active", FEE_FEN / 100)]
    booking.cancel(order.actor, no=order.no)
    (refund,) = town.refunds(order)
    assert {row.lane for row in town.owed("his.sync")} == {f"his:{order.no}"}
    town.house.work_off()
    assert money(town, refund.no)[0] == (1, "draft", -refund.amount_fen / 100)
    wait_until(lambda: refund_is_back(town, order), what="the refund arriving")
    assert money(town, refund.no) == [(1, "draft", -FEE_FEN / 100), (2, "active", -FEE_FEN / 100)]
    assert town.unlike_the_his() == []


def refund_is_back(town: Town, order: Order) -> bool:
    town.house.later(seconds=5)
    town.house.work_off()
    return town.refunds(order)[0].status == "done" and not town.owed("his.sync")


def test_money_that_never_came_is_not_told(town: Town) -> None:
    order = town.held(town.clinic())
    number = town.bill(order)
    booking.cancel(order.actor, no=order.no)
    town.house.work_off()
    assert money(town, number) == []
    assert town.unlike_the_his() == []


def test_one_appointment_that_does_not_get_through_stops_no_other(town: Town) -> None:
    clinic = town.clinic(numbers=4)
    stuck, *others = [town.held(clinic) for _ in range(4)]
    with PartlyDeaf(town.world.his.url, stuck.no) as deaf:
        settings = town.world.settings(door="http://127.0.0.1:1") | {"his_url": f"{deaf.url}/fhir/R4"}
        elsewhere = House(town.house.engine, town.house.container.settings.redis_url, **settings)
        elsewhere.at(town.house.now)
        for order in (stuck, *others):
            booking.cancel(order.actor, no=order.no)
        elsewhere.work_off()
    for order in others:
        assert versions(town, order) == [(1, "pending"), (2, "cancelled")]
    assert versions(town, stuck) == []
    assert len(town.owed("his.sync")) == 2, "both rows of the stuck one, in its lane"
    mended = House(town.house.engine, town.house.container.settings.redis_url, **town.world.settings(door="http://x"))
    mended.at(town.house.now)
    mended.later(seconds=2)
    mended.work_off()
    assert versions(town, stuck) == [(1, "pending"), (2, "cancelled")]
    assert town.owed("his.sync") == []
