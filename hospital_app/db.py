"""Engines and sessions: MySQL (PyMySQL) in production, SQLite (WAL) embedded."""

from typing import Any

from sqlalchemy import Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session, sessionmaker

type_of_sessions = sessionmaker[Session]


def make_engine(url: str, *, pool_size: int = 20) -> Engine:
    """READ COMMITTED on MySQL; on SQLite every transaction begins IMMEDIATE, since there is one writer.

    A failing statement never tells its values: they may be personal data, and failures are logged.
    """
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            hide_parameters=True,
            connect_args={"timeout": 30, "check_same_thread": False},
            pool_size=pool_size,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        event.listen(engine, "handle_error", _hide_values)
        return engine
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"charset": "utf8mb4", "init_command": "SET time_zone = '+00:00'", "connect_timeout": 5},
    )
    event.listen(engine, "handle_error", _hide_values)
    return engine


def make_sessions(engine: Engine) -> type_of_sessions:
    return sessionmaker(engine, expire_on_commit=False)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _hide_values(failure: ExceptionContext) -> None:
    """Rows that are written by hand (models/tables.py) have their values in the statement itself."""
    fault = failure.sqlalchemy_exception
    if isinstance(fault, StatementError) and fault.statement:
        fault.statement = fault.statement.partition(" VALUES ")[0]


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if not connection.get_execution_options().get("read") else "BEGIN")
