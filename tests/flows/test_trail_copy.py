"""审计副本: complete, in order, once each; it catches up after an absence and tells when the database was cut short."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hospital_app import container as containers
from hospital_app.adapters.audit_copy import COLLECTION, MongoAuditCopy
from hospital_app.adapters.event_log import DATABASE, connect
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import trail, trail_copy
from hospital_app.services import rules
from hospital_app.work import Work
from tests.support.house import House
from tests.support.people import a_member_of_staff
from tests.support.waiting import free_port


def record(work: Work, *, count: int) -> None:
    for number in range(count):
        work.record("test", f"x:{number}", before={"phone": "138****5678"})


def copying(house: House, url: str) -> None:
    """The house copies to this store from now on."""
    trail_copy._away_until[0] = 0.0
    house.container = replace(house.container, audit_copy=MongoAuditCopy(url))
    containers.use(house.container)


def stored(url: str) -> list[dict[str, Any]]:
    return sorted(connect(url)[DATABASE][COLLECTION].find({}), key=lambda document: document["_id"])


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"litemongo://{tmp_path}/events"


def test_every_sealed_entry_is_copied_once(house: House, url: str) -> None:
    copying(house, url)
    house.do(record, count=7)
    assert trail_copy.catch_up() == 0  # not sealed yet
    trail.seal_recent()
    assert (trail_copy.catch_up(), trail_copy.catch_up()) == (7, 0)
    house.do(record, count=2)
    trail.seal_recent()
    assert trail_copy.catch_up() == 2
    copies = stored(url)
    assert [document["seq"] for document in copies] == list(range(1, 10))
    assert copies[0]["detail"] == '{"before":{"phone":"138****5678"}}'
    assert {"actor", "role", "address", "action", "subject", "at", "hash"} <= copies[0].keys()
    assert trail_copy.disagreement() is None


def test_a_copy_begun_again_writes_nothing_twice(house: House, url: str) -> None:
    copying(house, url)
    house.do(record, count=3)
    trail.seal_recent()
    trail_copy.catch_up()
    connect(url)[DATABASE][COLLECTION].delete_many({"_id": 3})
    first = stored(url)
    assert trail_copy.catch_up() == 1
    assert stored(url)[:2] == first


def test_it_catches_up_after_an_absence(house: House, url: str) -> None:
    copying(house, f"mongodb://127.0.0.1:{free_port()}")
    house.do(record, count=4)
    trail.seal_recent()
    assert trail_copy.catch_up() == 0
    assert trail_copy.catch_up() == 0  # and is not asked again for a while
    assert trail_copy.disagreement() is None  # nobody to ask
    copying(house, url)
    assert trail_copy.catch_up() == 4


def test_links_cut_off_at_the_end_are_missed(house: House, url: str) -> None:
    copying(house, url)
    house.do(record, count=5)
    trail.seal_recent()
    trail_copy.catch_up()
    with house.engine.begin() as connection:  # this schema's guards against deleting are off in tests
        connection.exec_driver_sql("DELETE FROM audit_seal WHERE seq > 3")
    assert trail.inspect().faults() == []  # the chain alone cannot know
    assert "the newest links were removed" in (trail_copy.disagreement() or "")


def test_copies_go_when_the_rule_in_force_says_so(house: House, url: str) -> None:
    copying(house, url)
    house.do(record, count=3)
    trail.seal_recent()
    trail_copy.catch_up()
    house.later(days=400)
    house.do(record, count=2)
    trail.seal_recent()
    trail_copy.catch_up()
    assert trail_copy.retire() == 0  # three years
    staff_id = a_member_of_staff(house, staff_no="M1")
    house.do(
        rules.change,
        actor=Actor(Role.HOSPITAL_ADMIN, staff_id=staff_id),
        name="audit_retention_days",
        value="365",
        effective_at=None,
        reason="按新的档案规定",
    )
    containers.container().forget_rules()
    assert trail_copy.retire() == 3
    assert len(stored(url)) >= 2 and trail_copy.retire() == 0


def test_a_house_without_an_event_log_copies_nothing(house: House) -> None:
    assert trail_copy.catch_up() == 0
    assert trail_copy.disagreement() is None
