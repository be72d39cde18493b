"""封存: entries are written side by side, late ones too, and several schedulers seal: still one chain."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import trail
from hospital_app.models.operation import AuditEntry, AuditSeal
from hospital_app.work import transaction
from tests.services.test_trail import faults, record, written
from tests.support.house import House
from tests.support.race import race

pytestmark = pytest.mark.timeout(120)


def test_a_transaction_that_commits_late_is_not_skipped(mariadb_house: House) -> None:
    house = mariadb_house
    rules = house.container.settings.rules
    with transaction(house.sessions, now=house.now, actor=SYSTEM, rules=rules) as slow:
        record(slow, name="late")
        slow.write_down()
        written(house, 3)
    assert trail.seal_recent() == 1
    with house.sessions() as session:
        late = session.scalars(select(AuditEntry).where(col(AuditEntry.subject) == "late:0")).one()
        last = session.scalars(select(AuditSeal).order_by(col(AuditSeal.seq).desc())).first()
        assert last is not None and last.entry_id == late.id
        assert late.id < max(session.scalars(select(col(AuditEntry.id))))
    assert faults(house) == []


def test_many_sealers_make_one_chain(mariadb_house: House) -> None:
    """While bookings go on writing, eight schedulers seal."""
    house = mariadb_house

    def turn(number: int) -> int:
        if number % 2:
            return trail.seal_recent()
        house.do(record, count=5, name=f"w{number}")
        return 0

    race(range(160), turn, threads=16)
    trail.seal_recent()
    with house.sessions() as session:
        assert len(session.scalars(select(AuditSeal)).all()) == 400
    assert faults(house) == []


def test_sealers_that_read_then_write_fork_the_chain(mariadb_house: House) -> None:
    """Negative control: without the primary key as judge, two of them hang their links on the same one."""
    house = mariadb_house
    house.do(record, count=64)
    with house.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE loose_seal (id INT AUTO_INCREMENT PRIMARY KEY, seq INT)")

    def seal(_: int) -> None:
        with house.engine.begin() as connection:
            newest = connection.exec_driver_sql("SELECT COALESCE(MAX(seq), 0) FROM loose_seal").scalar_one()
            connection.exec_driver_sql(f"INSERT INTO loose_seal (seq) VALUES ({newest + 1})")

    try:
        race(range(64), seal, threads=16)
        with house.engine.begin() as connection:
            distinct = connection.exec_driver_sql("SELECT COUNT(DISTINCT seq) FROM loose_seal").scalar_one()
        assert distinct < 64, "the control must give some number twice, or the race is no race"
    finally:
        with house.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE loose_seal")
