"""Fixtures of whole houses; tests that need one name it, tests/conftest.py brings them in."""

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
