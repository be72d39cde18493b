"""The schema as Alembic makes it, and empty tables between tests."""

import sqlite3
from pathlib import Path

import pymysql
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import make_url

from hospital_app.db import make_engine
from tests.support.servers import REPOSITORY

KEPT_TABLES = {"alembic_version"}
#: What keeps young audit entries from being deleted.
GUARDS = ("audit_entry_no_delete", "audit_seal_no_delete")


def migrate(url: str) -> None:
    """Bring a database to the newest schema."""
    command.upgrade(migrations(url), "head")


def migrations(url: str) -> Config:
    """Alembic's configuration for this database."""
    config = Config(REPOSITORY / "alembic.ini")
    config.set_main_option("script_location", str(REPOSITORY / "hospital_app" / "migrations"))
    config.attributes["url"] = url
    return config


def migrate_to_be_emptied(url: str) -> None:
    """The newest schema without the guards that would keep `empty_tables` from deleting audit entries."""
    migrate(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        for guard in GUARDS:
            connection.exec_driver_sql(f"DROP TRIGGER {guard}")
    engine.dispose()


def empty_tables(url: str) -> None:
    """Delete every row; numbering goes on, so nothing may rely on ids beginning at 1."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        _empty_sqlite(Path(parts.database or ""))
        return
    connection = pymysql.connect(
        host=parts.host, port=parts.port or 3306, user=parts.username, database=parts.database, ssl_disabled=True
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW FULL TABLES WHERE Table_type = 'BASE TABLE'")
            tables = [row[0] for row in cursor.fetchall() if row[0] not in KEPT_TABLES]
            cursor.execute(_which_have_rows(tables, quote="`"))
            filled = [row[0] for row in cursor.fetchall()]
            cursor.execute("SET foreign_key_checks = 0")
            for table in filled:
                cursor.execute(f"DELETE FROM `{table}`")
        connection.commit()
    finally:
        connection.close()


def _empty_sqlite(path: Path) -> None:
    connection = sqlite3.connect(path, timeout=30)
    try:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in KEPT_TABLES and not name.startswith("sqlite_")
        ]
        for (table,) in connection.execute(_which_have_rows(tables, quote='"')).fetchall():
            connection.execute(f'DELETE FROM "{table}"')
        connection.commit()
    finally:
        connection.close()


def _which_have_rows(tables: list[str], *, quote: str) -> str:
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quote}{table}{quote})" for table in tables
    )
