"""What the migrations make is what the models say, on both databases."""

from collections.abc import Callable

import pytest
from alembic import command
from sqlalchemy import Computed, Engine, Table, inspect
from sqlmodel import SQLModel

import hospital_app.models  # noqa: F401  (fills the metadata)
from hospital_app.db import make_engine
from tests.support import database, servers


def test_the_models_and_the_migrations_agree(database_url: str) -> None:
    """`alembic check`: raises for every difference that it can see."""
    command.check(database.migrations(database_url))


def test_generated_columns_are_generated_by_what_the_models_say(engine: Engine) -> None:
    """`alembic check` does not compare these."""
    expected = {
        (table.name, column.name): plain(str(column.computed.sqltext))
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if column.computed is not None
    }
    assert expected
    found = {
        (table, column["name"]): plain(str(column["computed"]["sqltext"]))
        for table in SQLModel.metadata.tables
        for column in inspect(engine).get_columns(table)
        if "computed" in column
    }
    assert found == expected


def test_no_generated_column_is_stored(engine: Engine) -> None:
    """VIRTUAL, so that adding one never copies a large table."""
    tables: list[Table] = list(SQLModel.metadata.tables.values())
    assert not [c for t in tables for c in t.columns if isinstance(c.computed, Computed) and c.computed.persisted]
    columns = [c for table in tables for c in inspect(engine).get_columns(table.name) if "computed" in c]
    assert not [column["name"] for column in columns if column["computed"].get("persisted")]


def plain(expression: str) -> str:
    """Without what databases add or drop: quotes, brackets, spaces, case.

    Of SQLite, SQLAlchemy reads on into columns that were added later; VIRTUAL ends the expression.
    """
    bare = "".join(expression.replace("`", "").replace('"', "").replace("(", "").replace(")", "").split()).lower()
    return bare.split("virtual,")[0]


@pytest.fixture
def fresh(worker: str, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """The URL of an empty MariaDB database for this test alone."""

    def make(user: str = "root") -> str:
        server = servers.shared_mariadb()
        name = f"fresh_{worker}"
        server.execute(f"DROP DATABASE IF EXISTS {name}")
        server.execute(f"CREATE DATABASE {name}")
        request.addfinalizer(lambda: server.execute(f"DROP DATABASE IF EXISTS {name}"))
        return server.database_url(name).replace("root@", f"{user}@")

    return make


def test_up_and_down_and_up_again(fresh: Callable[[str], str]) -> None:
    url = fresh("root")
    command.upgrade(database.migrations(url), "head")
    command.downgrade(database.migrations(url), "base")
    command.upgrade(database.migrations(url), "head")
    command.check(database.migrations(url))


def test_a_server_that_refuses_triggers_is_told_of_in_one_sentence(fresh: Callable[[str], str], worker: str) -> None:
    server = servers.shared_mariadb()
    user = f"untrusted_{worker}"
    url = fresh(user)
    server.execute(f"CREATE OR REPLACE USER {user}@'%'")
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES"
    server.execute(f"GRANT {rights} ON fresh_{worker}.* TO {user}@'%'")
    with pytest.raises(SystemExit) as refused:
        command.upgrade(database.migrations(url), "head")
    assert "give the migrating user the TRIGGER privilege" in str(refused.value)
    server.execute(f"GRANT TRIGGER ON fresh_{worker}.* TO {user}@'%'")
    with pytest.raises(SystemExit) as refused:
        command.upgrade(database.migrations(url), "head")
    assert "log_bin_trust_function_creators=1" in str(refused.value)
    server.execute("SET GLOBAL log_bin_trust_function_creators = 1")
    try:
        command.upgrade(database.migrations(url), "head")
    finally:
        server.execute("SET GLOBAL log_bin_trust_function_creators = 0")
    command.check(database.migrations(url))
    engine = make_engine(url)
    assert {name for name, *_ in engine.connect().exec_driver_sql("SHOW TRIGGERS")} >= set(database.GUARDS)
    engine.dispose()
    server.execute(f"DROP USER {user}@'%'")
