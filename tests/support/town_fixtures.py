"""Fixtures of whole towns: the sandboxes run once for each pytest worker."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from hospital_app import container as containers
from tests.support.bureau import Bureau
from tests.support.house import House
from tests.support.outside import AlipaySandbox, Door, Outside, outside
from tests.support.processes import running
from tests.support.town import Town

SHORT = 0.5


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


@pytest.fixture(scope="session")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    started = Bureau(tmp_path_factory.mktemp("insured"))
    with running(started):
        yield started


@pytest.fixture
def insured_town(mariadb_town: Town, bureau: Bureau) -> Iterator[Town]:
    house = mariadb_town.house
    house.container = replace(house.container, bureau=bureau.bureau(timeout_seconds=SHORT))
    containers.use(house.container)
    yield mariadb_town
    bureau.calm()
