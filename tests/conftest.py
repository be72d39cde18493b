"""What every test may ask for: databases with the real schema, Redis, engines, sessions.

Servers start when the first test asks for them and end with the session. See tests/support/servers.py.
"""

import base64
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

#: Where tests meet the living hospital.
LIVING = ("tests/e2e/", "tests/security/")
#: Where they start another one with all its processes; on the other worker, while the living one is being made.
OWN_HOUSE = "tests/launch/test_run.py"
#: Where few tests take long.
LONG = (
    "tests/recovery/",
    "tests/concurrency/",
    "tests/seed/",
    "tests/api/test_fuzz.py",
    "tests/api/test_sqlmap.py",
    "tests/adapters/test_forged_callbacks.py",
)


def key_of(text: bytes) -> str:
    """A key as the settings spell it: base64 of 32 bytes."""
    return base64.b64encode(text.ljust(32, b".")).decode()


TEST_ENVIRONMENT = {
    "HOSPITAL_PROFILE": "test",
    "HOSPITAL_ENCRYPTION_KEYS": json.dumps({"test": key_of(b"encrypts in tests only, 32 bytes")}),
    "HOSPITAL_ENCRYPTION_KEY_ID": "test",
    "HOSPITAL_INDEX_KEY": key_of(b"indexes in tests only, 32 bytes."),
    "HOSPITAL_SIGNING_KEY": key_of(b"signs slips in tests only, 32 b."),
    # Guessing is slow by design; what it costs is shown in tests of its own.
    "HOSPITAL_PASSWORD_MEMORY_KIB": "64",
}
# Before anything of ours is imported: settings are read once.
for _name in list(os.environ):
    if _name.startswith("HOSPITAL_") and not _name.startswith("HOSPITAL_TEST_"):
        del os.environ[_name]
os.environ.update(TEST_ENVIRONMENT)

from hospital_app.db import make_engine, make_sessions  # noqa: E402
from tests.support import database, servers  # noqa: E402
from tests.support.living import Living, living_hospital  # noqa: E402
from tests.support.loopback import forbid_the_network  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    forbid_the_network()
    if not hasattr(config, "workerinput"):
        servers.open_session()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        servers.close_session()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker is alone with it in the end."""
    files = [item.nodeid.partition("::")[0] for item in items]
    sizes = Counter(files)

    def turn(file: str) -> tuple[int, int]:
        for place, begins in enumerate((LIVING, OWN_HOUSE, LONG)):
            if file.startswith(begins):
                return (place, 0)
        return (3, -sizes[file])

    items[:] = [item for _, item in sorted(zip(files, items, strict=True), key=lambda pair: turn(pair[0]))]


class OneLivingHospital(LoadFileScheduling):
    """A file stays on one worker, and all files that meet the living hospital stay on the same one."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "the living hospital" if file.startswith(LIVING) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    return OneLivingHospital(config, log)


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The name of this pytest worker, `gw0` and so on; `main` without xdist."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest.fixture(scope="session")
def mariadb_schema(worker: str) -> str:
    """URL of this worker's own MariaDB database with the newest schema; rows are whoever's were last."""
    server = servers.shared_mariadb()
    server.execute(f"CREATE DATABASE guahao_{worker}")
    url = server.database_url(f"guahao_{worker}")
    database.migrate_to_be_emptied(url)
    return url


@pytest.fixture(scope="session")
def sqlite_schema(worker: str) -> str:
    url = f"sqlite:///{servers.session_directory()}/{worker}.sqlite3"
    database.migrate_to_be_emptied(url)
    return url


@pytest.fixture
def mariadb_url(mariadb_schema: str) -> str:
    """MariaDB with empty tables, for what only the real server can show."""
    database.empty_tables(mariadb_schema)
    return mariadb_schema


@pytest.fixture
def sqlite_url(sqlite_schema: str) -> str:
    """SQLite with empty tables."""
    database.empty_tables(sqlite_schema)
    return sqlite_schema


@pytest.fixture(params=["mariadb", "sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each test that asks runs twice: on MariaDB and on SQLite, with empty tables."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def engine_of() -> Iterator[Callable[[str], Engine]]:
    """One engine for each URL and worker, so that tests don't pay for connecting."""
    engines: dict[str, Engine] = {}

    def engine_of_url(url: str) -> Engine:
        if url not in engines:
            engines[url] = make_engine(url)
        return engines[url]

    yield engine_of_url
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def engine(database_url: str, engine_of: Callable[[str], Engine]) -> Engine:
    return engine_of(database_url)


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return make_sessions(engine)


@pytest.fixture
def mariadb_engine(mariadb_url: str, engine_of: Callable[[str], Engine]) -> Engine:
    return engine_of(mariadb_url)


@pytest.fixture
def mariadb_sessions(mariadb_engine: Engine) -> sessionmaker[Session]:
    return make_sessions(mariadb_engine)


@pytest.fixture
def redis_url(worker: str) -> str:
    """This worker's own Redis server, flushed."""
    server = servers.shared_redis(worker)
    with redis.Redis(port=server.port) as client:
        client.flushall()
    return server.redis_url


@pytest.fixture(scope="session")
def living(worker: str) -> Iterator[Living]:
    """One small living hospital for all tests with browsers and sockets; mark them `e2e`, so that there is only one."""
    with living_hospital(f"living_{worker}") as hospital:
        yield hospital
