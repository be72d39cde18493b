"""One outbox, two protocols: what the HIS has heard in FHIR and in HL7 v2 says the same."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Engine

from hospital_app.domain.calendar import local
from hospital_app.flows import booking
from tests.flows.test_his import moved
from tests.support.builders import a_doctor
from tests.support.house import House
from tests.support.outside import Door, HisSandbox, Outside
from tests.support.processes import running
from tests.support.town import Town
from tests.support.waiting import wait_until

IN_V2 = {"booked": "Booked", "checked-in": "Started", "fulfilled": "Complete", "cancelled": "Cancelled"}


@pytest.fixture(scope="module")
def his_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HisSandbox]:
    fresh = HisSandbox(tmp_path_factory.mktemp("his"))
    with running(fresh):
        yield fresh


@pytest.fixture
def town(mariadb_engine: Engine, redis_url: str, world: Outside, his_world: HisSandbox, door: Door) -> Town:
    own = replace(world, his=his_world)
    settings = own.settings(door=door.url) | his_world.settings("both")
    return Town(House(mariadb_engine, redis_url, **settings), own)


def test_both_protocols_tell_the_same(town: Town, his_world: HisSandbox) -> None:
    clinic = town.clinic(numbers=8, doctor_id=a_doctor(town.house.sessions))
    kept, changed, cancelled = (town.booked(clinic) for _ in range(3))
    moved(town, changed, clinic, 2)
    booking.cancel(cancelled.actor, no=cancelled.no)
    let_go = town.held(clinic)
    booking.cancel(let_go.actor, no=let_go.no)

    def all_told() -> bool:
        town.house.later(seconds=5)
        town.house.work_off()
        return not town.owed("his.sync", "refund.execute")

    wait_until(all_told, what="the HIS knowing it all")
    assert town.unlike_the_his() == []
    heard = {row["no"]: row for row in his_world.books("SELECT * FROM v2_appointments")}
    assert set(heard) == {kept.no, changed.no, cancelled.no}, "a hold that ended is nobody's appointment"
    assert heard[changed.no]["event"] == "S13"
    for row in his_world.books("SELECT id, body FROM resources WHERE kind = 'Appointment'"):
        resource = json.loads(row["body"])
        if row["id"] in heard:
            told = heard[row["id"]]
            assert told["status"] == IN_V2[resource["status"]]
            assert told["version"] == int(resource["meta"]["versionId"])
            assert f"Slot/{told['slot']}" == resource["slot"][0]["reference"]
            assert told["starts_at"] == f"{local(datetime.fromisoformat(resource['start'])):%Y%m%d%H%M%S%z}"
    money = his_world.books("SELECT batch, kind, SUM(CAST(amount AS REAL)) AS sum FROM v2_money GROUP BY batch, kind")
    for row in his_world.books("SELECT id, body FROM resources WHERE kind = 'PaymentReconciliation'"):
        resource = json.loads(row["body"])
        batch = resource["detail"][0].get("predecessor", {"value": row["id"]})["value"]
        kind = "AJ" if "predecessor" in resource["detail"][0] else "PY"
        assert [resource["paymentAmount"]["value"]] == [
            each["sum"] for each in money if (each["batch"], each["kind"]) == (batch, kind)
        ]
