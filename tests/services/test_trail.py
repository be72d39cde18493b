"""审计链: sealed once and in order, append-only in the database, and whatever was done to it is found and named."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlmodel import col

from hospital_app import audit, clock
from hospital_app.db import make_engine
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import trail
from hospital_app.models.operation import AuditEntry, AuditSeal
from hospital_app.services import sealing
from hospital_app.work import Work, transaction
from tests.support import database, servers
from tests.support.house import House, LiveHouse


def record(work: Work, *, count: int = 1, name: str = "x") -> None:
    for number in range(count):
        work.record("test", f"{name}:{number}", before={"phone": "138****5678"}, after={"name": "张*丽"})


def written(house: House, count: int = 10) -> None:
    """So many entries, all sealed."""
    house.do(record, count=count)
    trail.seal_recent()


def faults(house: House) -> list[tuple[str, int]]:
    """(kind, link) of what an inspection finds."""
    return [(fault.kind, fault.seq) for fault in trail.inspect().faults()]


def tamper(house: House, *statements: str) -> None:
    """As somebody with the database's password would, who has taken its guards away first."""
    with house.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        else:
            shown = connection.exec_driver_sql("SHOW TRIGGERS").all()
            triggers = [(row[0], connection.exec_driver_sql(f"SHOW CREATE TRIGGER {row[0]}").one()[2]) for row in shown]
        for name, _ in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        try:
            for statement in statements:
                connection.exec_driver_sql(statement)
        finally:  # on the same connection: another one of SQLite's may still believe that the guards are there
            for _, make in triggers:
                connection.exec_driver_sql(make)


def entry_of(house: House, seq: int) -> int:
    with house.sessions() as session:
        return session.get_one(AuditSeal, seq).entry_id


def first_seq(house: House) -> int:
    with house.sessions() as session:
        return session.scalars(select(col(AuditSeal.seq)).order_by(col(AuditSeal.seq))).first() or 0


def test_every_entry_gets_one_link_in_order(house: House) -> None:
    written(house, 7)
    written(house, 5)
    assert trail.seal_recent() == trail.seal_everything() == 0
    with house.sessions() as session:
        links = session.scalars(select(AuditSeal).order_by(col(AuditSeal.seq))).all()
        entries = session.scalars(select(col(AuditEntry.id)).order_by(col(AuditEntry.id))).all()
    assert [link.seq for link in links] == list(range(1, 13))
    assert [link.entry_id for link in links] == entries
    assert faults(house) == []


@pytest.mark.parametrize("column", ["at", "actor", "role", "address", "action", "subject", "detail"])
def test_a_changed_entry_is_named(house: House, column: str) -> None:
    written(house)
    value = "'2026-11-24 01:00:01'" if column == "at" else "'other'"
    tamper(house, f"UPDATE audit_entry SET {column} = {value} WHERE id = {entry_of(house, 4)}")
    assert faults(house) == [("changed", 4)]


def test_a_removed_entry_is_named(house: House) -> None:
    written(house)
    tamper(house, f"DELETE FROM audit_entry WHERE id = {entry_of(house, 4)}")
    assert faults(house) == [("removed", 4)]


def test_an_entry_removed_with_its_link_leaves_a_hole(house: House) -> None:
    written(house)
    tamper(
        house,
        f"DELETE FROM audit_entry WHERE id IN ({entry_of(house, 4)}, {entry_of(house, 5)})",
        "DELETE FROM audit_seal WHERE seq IN (4, 5)",
    )
    assert faults(house) == [("missing", 4)]


def test_links_that_close_the_hole_do_not_fit(house: House) -> None:
    written(house)
    tamper(
        house,
        f"DELETE FROM audit_entry WHERE id = {entry_of(house, 4)}",
        "DELETE FROM audit_seal WHERE seq = 4",
        *(f"UPDATE audit_seal SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(5, 11)),
    )
    assert faults(house) == [("changed", 4)]


def test_an_inserted_link_is_named(house: House) -> None:
    written(house)
    tamper(
        house,
        "INSERT INTO audit_entry (id, at, actor, role, address, action, subject, detail) VALUES"
        " (1000000, '2026-11-24 01:00:00', 'staff:1', 'clerk', '', 'forged', 'x', '{}')",
        *(f"UPDATE audit_seal SET seq = {seq + 1} WHERE seq = {seq}" for seq in range(10, 3, -1)),
        f"INSERT INTO audit_seal (seq, entry_id, hash, sealed_at) VALUES"
        f" (4, 1000000, '{'ab' * 32}', '2026-11-24 01:00:00')",
    )
    assert faults(house) == [("inserted", 4)]


def test_links_and_entries_in_another_order_are_named(house: House) -> None:
    written(house)
    swap = "UPDATE audit_seal SET seq = {} WHERE seq = {}"
    tamper(house, swap.format(99, 3), swap.format(3, 8), swap.format(8, 99))
    assert faults(house) == [("reordered", 3), ("reordered", 4), ("reordered", 8), ("reordered", 9)]


def test_entries_that_changed_places_are_named(house: House) -> None:
    written(house)
    three, eight = entry_of(house, 3), entry_of(house, 8)
    swap = "UPDATE audit_entry SET id = {} WHERE id = {}"
    tamper(house, swap.format(10**6, three), swap.format(three, eight), swap.format(eight, 10**6))
    assert faults(house) == [("reordered", 3), ("reordered", 8)]


def test_the_daily_inspection_goes_step_by_step_and_is_written_down(house: House) -> None:
    written(house)
    trail._begun.clear()
    trail.inspect_some()
    trail.inspect_some()  # not due again
    house.later(hours=25)
    trail.seal_recent()
    tamper(house, f"UPDATE audit_entry SET actor = 'x' WHERE id = {entry_of(house, 2)}")
    trail.inspect_some()
    with house.sessions() as session:
        said = session.scalars(select(col(AuditEntry.detail)).where(col(AuditEntry.action) == "audit.verified")).all()
    assert said[0] == '{"links":10,"broken":0,"faults":[]}'
    assert said[1].startswith('{"links":11,"broken":1,"faults":["changed:2:')


def test_what_waits_longer_than_a_minute_is_counted(house: House) -> None:
    house.do(record, count=2)
    assert trail.overdue() == 0
    house.later(seconds=61)
    assert trail.overdue() == 2
    trail.seal_recent()
    assert trail.overdue() == 0


@pytest.fixture(params=["mariadb", "sqlite"])
def guarded(request: pytest.FixtureRequest, worker: str, redis_url: str) -> Iterator[LiveHouse]:
    """A house on a database of its own with every guard in place."""
    if request.param == "mariadb":
        server = servers.shared_mariadb()
        server.execute(f"DROP DATABASE IF EXISTS guarded_{worker}")
        server.execute(f"CREATE DATABASE guarded_{worker}")
        url = server.database_url(f"guarded_{worker}")
    else:
        path = servers.session_directory() / f"guarded_{worker}.sqlite3"
        path.unlink(missing_ok=True)
        url = f"sqlite:///{path}"
    database.migrate(url)
    engine = make_engine(url)
    yield LiveHouse(engine, redis_url)
    engine.dispose()


def refused(engine: Engine, statement: str) -> bool:
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
    except DBAPIError as fault:
        assert "append-only" in str(fault)
        return True
    return False


def test_the_database_itself_refuses_to_change_or_delete(guarded: LiveHouse) -> None:
    written(guarded)
    for table, column in (("audit_entry", "actor"), ("audit_seal", "hash")):
        assert refused(guarded.engine, f"UPDATE {table} SET {column} = 'x'")
        assert refused(guarded.engine, f"DELETE FROM {table}")
    assert faults(guarded) == []


def long_ago(house: House, *, days: int, count: int) -> None:
    """Sealed entries of that day."""
    at = clock.now() - timedelta(days=days)
    with transaction(house.sessions, now=at, actor=SYSTEM, rules=house.container.settings.rules) as work:
        record(work, count=count)
    with Session(house.engine) as session, session.begin():
        sealing.seal(Work(session, at, SYSTEM, house.container.settings.rules), above_id=0, limit=1000)


def test_retention_removes_the_beginning_and_the_rest_still_verifies(guarded: LiveHouse) -> None:
    long_ago(guarded, days=1200, count=20)
    long_ago(guarded, days=900, count=10)
    written(guarded, 5)
    assert trail.retire() == 20
    assert trail.retire() == 0
    trail.seal_recent()
    assert first_seq(guarded) == 20  # the checkpoint: a link without an entry
    assert faults(guarded) == []
    assert trail.inspect().walk.links == 1 + 10 + 5 + 1  # the checkpoint, what is kept, and who vouches for it


def test_a_beginning_that_retention_did_not_remove_is_missed(guarded: LiveHouse) -> None:
    long_ago(guarded, days=900, count=20)
    written(guarded, 5)
    with guarded.engine.begin() as connection:  # old enough for the guards
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE id <= 10")
        connection.exec_driver_sql("DELETE FROM audit_seal WHERE seq < 10")
    assert faults(guarded) == [("beginning", 10)]


def forge_retirement(work: Work) -> None:
    work.record("audit.retired", "audit-chain", through=10, hash="ab" * 32, proof="cd" * 32, entries=10)


def test_only_the_house_can_say_that_retention_did_it(guarded: LiveHouse) -> None:
    long_ago(guarded, days=900, count=20)
    with guarded.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE id <= 10")
        connection.exec_driver_sql("DELETE FROM audit_seal WHERE seq < 10")
    guarded.do(forge_retirement)
    trail.seal_recent()
    assert faults(guarded) == [("beginning", 10)]


def test_the_command_names_what_it_found(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    written(house)
    assert audit.main([]) == 0
    assert "10 links of the audit trail hold" in capsys.readouterr().out
    gone = entry_of(house, 4)
    tamper(house, f"DELETE FROM audit_entry WHERE id = {gone}")
    assert audit.main([]) == 1
    assert f"entry {gone} (link 4) was removed" in capsys.readouterr().out
    house.do(record, count=3)
    house.later(minutes=2)
    assert audit.main([]) == 1
    assert "entries are older than a minute and not sealed" in capsys.readouterr().out
