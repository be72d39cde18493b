"""Fixtures of whole houses; tests that need one name it, tests/conftest.py brings them in."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tests.support.house import House


@pytest.fixture
def house(engine: Engine, redis_url: str) -> House:
    """The whole house on each database in turn."""
    return House(engine, redis_url)


@pytest.fixture
def mariadb_house(mariadb_engine: Engine, redis_url: str) -> House:
    """The whole house on MariaDB, for races."""
    return House(mariadb_engine, redis_url)


@pytest.fixture
def sqlite_house(sqlite_url: str, engine_of: Callable[[str], Engine], redis_url: str) -> House:
    """The whole house on SQLite alone, for what no database could change."""
    return House(engine_of(sqlite_url), redis_url)
