"""Fixtures of houses where people sign in through WeChat and Alipay; the sandbox runs once for each pytest worker."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from tests.support.identity import Gate, house_with_gate
from tests.support.outside import IdentitySandbox
from tests.support.processes import running


@pytest.fixture(scope="session")
def identity_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentitySandbox]:
    sandbox = IdentitySandbox(tmp_path_factory.mktemp("identity"))
    with running(sandbox):
        yield sandbox


@pytest.fixture
def gate(engine: Engine, redis_url: str, identity_sandbox: IdentitySandbox) -> Gate:
    """On each database in turn."""
    return house_with_gate(engine, redis_url, identity_sandbox)


@pytest.fixture
def mariadb_gate(mariadb_engine: Engine, redis_url: str, identity_sandbox: IdentitySandbox) -> Gate:
    """On MariaDB, for races."""
    return house_with_gate(mariadb_engine, redis_url, identity_sandbox)


@pytest.fixture
def sqlite_gate(
    sqlite_url: str, engine_of: Callable[[str], Engine], redis_url: str, identity_sandbox: IdentitySandbox
) -> Gate:
    """On SQLite alone, for what no database could change."""
    return house_with_gate(engine_of(sqlite_url), redis_url, identity_sandbox)
