"""Fixtures of whole towns: the sandboxes run once for each pytest worker."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.support.house import House
from tests.support.outside import AlipaySandbox, Door, Outside, outside
from tests.support.processes import running
from tests.support.town import Town


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("outside")) as started:
        yield started


@pytest.fixture(scope="session")
def alipay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlipaySandbox]:
    started = AlipaySandbox(tmp_path_factory.mktemp("alipay"))
    with running(started):
        yield started


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    opened = Door()
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def town(engine: Engine, redis_url: str, world: Outside, door: Door) -> Town:
    """On each database in turn. Ids of numbers repeat over there: what the HIS holds is looked at on MariaDB."""
    return Town(House(engine, redis_url, **world.settings(door=door.url)), world)


@pytest.fixture
def alipay_town(mariadb_engine: Engine, redis_url: str, world: Outside, door: Door, alipay: AlipaySandbox) -> Town:
    """On MariaDB, where Alipay is offered, too."""
    settings = world.settings(door=door.url) | alipay.settings(door=door.url)
    return Town(House(mariadb_engine, redis_url, **settings), world, alipay)


@pytest.fixture
def mariadb_town(mariadb_engine: Engine, redis_url: str, world: Outside, door: Door) -> Town:
    return Town(House(mariadb_engine, redis_url, **world.settings(door=door.url)), world)
