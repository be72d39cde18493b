"""与 HIS 核对: what differs is found, row by row, and sent again; what is on its way is no difference."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlmodel import col

from hospital_app.adapters import his_fhir
from hospital_app.api import metrics
from hospital_app.domain.his_comparison import unlike
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import booking, his_comparison
from hospital_app.models.booking import Slot
from hospital_app.ports import Unreachable
from tests.flows.test_his import away, moved
from tests.support.builders import a_doctor
from tests.support.house import House
from tests.support.outside import Door, Outside, Sandbox
from tests.support.processes import running
from tests.support.town import Order, Town
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def own_world(world: Outside, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    fresh = Sandbox("his", tmp_path_factory.mktemp("his"))
    with running(fresh):
        yield replace(world, his=fresh)


@pytest.fixture
def town(mariadb_engine: Engine, redis_url: str, own_world: Outside, door: Door) -> Town:
    """Its HIS has heard of nobody else."""
    for table in ("resources", "identifiers", "times", "history"):
        if own_world.his.books(f"SELECT 1 FROM {table} LIMIT 1"):
            own_world.his.tamper(f"DELETE FROM {table}")
    return Town(House(mariadb_engine, redis_url, **own_world.settings(door=door.url)), own_world)


def some_orders(town: Town) -> list[Order]:
    """Booked, changed, given back, let go; all of it known to the HIS."""
    clinic = town.clinic(numbers=8, doctor_id=a_doctor(town.house.sessions))
    orders = [town.booked(clinic) for _ in range(3)]
    moved(town, orders[1], clinic, 2)
    booking.cancel(orders[2].actor, no=orders[2].no)

    def told() -> bool:
        town.house.later(seconds=5)
        town.house.work_off()
        return not town.owed("his.sync", "refund.execute")

    wait_until(told, what="the HIS knowing it all")
    assert town.unlike_the_his() == []
    return orders


def test_equal_sides_have_no_differences(town: Town) -> None:
    some_orders(town)
    report = his_comparison.run(days=1)
    assert (report.differences, report.repaired, report.waiting, report.examples) == (0, 0, 0, ())
    assert report.counts == {"appointments": 3, "slots": 4, "payments": 3, "refunds": 1}


def test_every_planted_difference_is_found_and_repaired(town: Town) -> None:
    kept, changed, cancelled = some_orders(town)
    (refund,) = town.refunds(cancelled)
    (payment,) = town.payments(kept)
    tamper = town.world.his.tamper
    set_status = "UPDATE resources SET body = json_set(body, '$.status', ?) WHERE kind = ? AND id = ?"
    tamper("DELETE FROM resources WHERE kind = 'Appointment' AND id = ?", kept.no)
    tamper(set_status, "cancelled", "Appointment", changed.no)
    tamper("UPDATE resources SET body = json_set(body, '$.meta.versionId', '99') WHERE id = ?", cancelled.no)
    tamper("UPDATE resources SET body = json_set(body, '$.paymentAmount.value', 1.5) WHERE id = ?", payment)
    tamper("DELETE FROM resources WHERE id = ?", refund.no)
    tamper(set_status, "free", "Slot", town.his_holds(changed)["slot"][0]["reference"].removeprefix("Slot/"))
    report = his_comparison.run(days=1)
    assert (report.differences, report.repaired, report.open) == (6, 6, 0)
    assert {(name, elements) for name, elements, _ in report.examples} >= {
        (f"Appointment/{kept.no}", "missing"),
        (f"Appointment/{changed.no}", "status"),
        (f"Appointment/{cancelled.no}", "meta"),
        (f"PaymentReconciliation/{payment}", "paymentAmount"),
        (f"PaymentReconciliation/{refund.no}", "missing"),
    }
    assert town.unlike_the_his() == []
    assert his_comparison.run(days=1).differences == 0
    booking.cancel(changed.actor, no=changed.no)
    town.house.work_off()
    assert town.his_holds(changed)["status"] == "cancelled", "what comes after a repair is taken as ever"


def told_by_others(town: Town, resource: dict[str, Any], number: str, **changed: Any) -> None:
    """Another system writes a resource under a number of ours: a copy of `resource`, with some of it changed."""
    identifier = [{**resource["identifier"][0], "value": number}]
    records = town.house.container.his_records
    assert records is not None
    records.replace({**resource, "id": number, "identifier": identifier, **changed}, None)


def held_there(town: Town, name: str) -> dict[str, Any]:
    kind, _, number = name.partition("/")
    (row,) = town.world.his.books("SELECT body FROM resources WHERE kind = ? AND id = ?", kind, number)
    found: dict[str, Any] = json.loads(row["body"])
    return found


def test_what_only_the_his_has_is_listed_and_never_touched(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(his_fhir, "FOUND_AT_ONCE", 2)
    order, *_ = some_orders(town)
    (payment,) = town.payments(order)
    booked, money = held_there(town, f"Appointment/{order.no}"), held_there(town, f"PaymentReconciliation/{payment}")
    with town.house.sessions() as session:
        untaken = session.scalars(select(col(Slot.id)).where(col(Slot.version) == 1)).first()
    number = held_there(town, booked["slot"][0]["reference"])
    later = {"start": "2031-01-02T01:00:00Z", "end": "2031-01-02T01:30:00Z"}
    strangers: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "Appointment/GHOST1": (booked, {}),
        "Appointment/GHOST2": (booked, {"status": "pending", **later}),
        "Slot/999999999": (number, {}),
        "PaymentReconciliation/GPGHOST": (money, {}),
    }
    for name, (like, changed) in strangers.items():
        told_by_others(town, like, name.partition("/")[2], **changed)
    told_by_others(town, booked, "GHOST3", status="entered-in-error")
    told_by_others(town, booked, "OTHERS", identifier=[{"system": "urn:another-system", "value": "OTHERS"}])
    told_by_others(town, number, str(untaken), status="busy", meta={"versionId": "7"})
    before = {name: held_there(town, name) for name in strangers}

    with caplog.at_level(logging.ERROR):
        report = his_comparison.run(days=1)
    assert {name for name, _ in report.strangers} == set(strangers)
    assert dict(report.strangers)["PaymentReconciliation/GPGHOST"] == "active 50.0 CNY"
    assert (report.only_there, report.differences, report.repaired, report.open) == (4, 1, 1, 4)
    assert [name for name, _, equal in report.examples if equal] == [f"Slot/{untaken}"], "a number that nobody has"
    assert held_there(town, f"Slot/{untaken}")["status"] == "free"
    assert {name: held_there(town, name) for name in strangers} == before, "nobody cancels over there by himself"
    assert caplog.text.count("only the HIS has") == 4
    assert b"guahao_his_unlike 4.0" in metrics.exposition()
    for name in strangers:
        kind, _, identity = name.partition("/")
        gone = "UPDATE resources SET body = json_set(body, '$.status', 'entered-in-error') WHERE kind = ? AND id = ?"
        town.world.his.tamper(gone, kind, identity)
    assert his_comparison.run(days=1).open == 0, "once they took it back"


def test_what_is_on_its_way_is_no_difference(town: Town) -> None:
    orders = some_orders(town)
    with away(town.world.his):
        booking.cancel(orders[0].actor, no=orders[0].no)
        town.house.work_off()
    report = his_comparison.run(days=1)
    assert (report.differences, report.waiting) == (0, 2), "the appointment and its number"


def test_it_goes_on_where_an_outage_stopped_it_and_runs_once_a_night(town: Town) -> None:
    some_orders(town)
    town.house.at(town.house.now.replace(hour=20))  # 04:00 at the hospital
    with away(town.world.his), pytest.raises(Unreachable):
        his_comparison.run(days=1)
    admin = Actor(Role.HOSPITAL_ADMIN, staff_id=1)
    stopped = his_comparison.report(admin)
    assert stopped is not None and stopped.finished_at is None and "503" in stopped.last_error
    while his_comparison.nightly():
        pass
    done = his_comparison.report(admin)
    assert (
        done is not None
        and done.finished_at is not None
        and (done.started_at, done.last_error)
        == (
            stopped.started_at,
            "",
        )
    )
    his_comparison.nightly()
    assert his_comparison.report(admin) == done, "not twice a night"
    town.house.later(days=1)
    his_comparison.nightly()
    next_one = his_comparison.report(admin)
    assert next_one is not None and next_one.started_at > done.started_at, "but the next night"


def test_what_the_his_writes_otherwise_is_the_same() -> None:
    ours = {"start": "2026-11-28T01:00:00+00:00", "slot": [{"reference": "Slot/1"}], "amount": {"value": 50.0}}
    theirs = json.loads(
        '{"start": "2026-11-28T09:00:00+08:00", "slot": [{"reference": "Slot/1", "display": "1"}], "text": {},'
        ' "amount": {"value": 50}}'
    )
    assert unlike(ours, theirs) == []
    assert unlike(ours, theirs | {"start": "2026-11-28T09:00:00"}) == ["start"]
    assert unlike(ours, theirs | {"slot": []}) == ["slot"]
    assert unlike(ours, theirs | {"slot": "Slot/1"}) == ["slot"]
    assert unlike(ours, None) == ["missing"]
