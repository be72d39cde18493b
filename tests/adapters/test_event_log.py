"""The event log: it stores, it never blocks, it heals, it forgets what it cannot keep."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from hospital_app.adapters.event_log import DATABASE, MongoEventLog, NullEventLog, connect
from tests.support.waiting import free_port, wait_until

REAL = os.environ.get("HOSPITAL_TEST_MONGO_URL", "")


# Without a server of its own the suite runs on the embedded store alone.
@pytest.fixture(params=["embedded", "server"] if REAL else ["embedded"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "embedded":
        return f"litemongo://{tmp_path}/events"
    client = connect(REAL)
    client.drop_database(DATABASE)
    client.close()
    return REAL


@pytest.fixture
def silent_server() -> Iterator[str]:
    """Accepts connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield f"mongodb://127.0.0.1:{server.getsockname()[1]}"


def stored(url: str, collection: str) -> list[dict[str, Any]]:
    client = connect(url)
    found = list(client[DATABASE][collection].find().sort("n", 1))
    client.close()
    return found


def test_events_arrive_in_their_collections(url: str) -> None:
    log = MongoEventLog(url)
    at = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    for n in range(1200):
        log.write("clicks" if n % 2 else "orders", {"n": n, "what": "挂号"})
    log.write("dated", {"n": 1, "at": at})
    log.close()
    assert [each["n"] for each in stored(url, "clicks")] == list(range(1, 1200, 2))
    assert len(stored(url, "orders")) == 600
    assert all(each["at"] for each in stored(url, "orders"))
    assert stored(url, "dated")[0]["at"].replace(tzinfo=UTC) == at
    assert log.dropped == 0


def test_an_event_that_cannot_be_stored_costs_no_other(url: str) -> None:
    log = MongoEventLog(url)
    for n, value in enumerate([1, date(2026, 1, 1), 2**70, {1, 2}, "last"]):
        log.write("mixed", {"n": n, "value": value})
    log.close()
    assert [each["value"] for each in stored(url, "mixed")] == [1, "last"]
    assert log.dropped == 3


def test_events_written_by_a_caller_who_goes_on_changing_them(url: str) -> None:
    log, event = MongoEventLog(url), {"n": 0}
    for n in range(3):
        event["n"] = n
        log.write("same", event)
    log.close()
    assert [each["n"] for each in stored(url, "same")] == [0, 1, 2]
    assert "_id" not in event


@pytest.mark.timeout(120)
@pytest.mark.parametrize("state", ["absent", "silent"])
def test_without_a_server_nobody_waits(state: str, silent_server: str) -> None:
    log = MongoEventLog(silent_server if state == "silent" else f"mongodb://127.0.0.1:{free_port()}", capacity=1000)
    # The server is given a second to answer: had each write waited for that, this would outlast the test's timeout.
    for n in range(3000):
        log.write("orders", {"n": n})
    assert log.dropped >= 3000 - 1000 - 500  # all but the queue and one batch in the thread's hands
    log.close()


def test_the_oldest_go_when_the_queue_is_full(tmp_path: Path) -> None:
    blocked = tmp_path / "events"
    blocked.write_text("a file where the directory should be")
    url = f"litemongo://{blocked}"
    log = MongoEventLog(url, capacity=10, batch=4, longest_pause_seconds=0.05)
    for n in range(100):
        log.write("orders", {"n": n})
    blocked.unlink()  # the disk is mended: the log finds out by itself
    log.write("orders", {"n": 100})

    def newest() -> bool:
        try:
            return any(each["n"] == 100 for each in stored(url, "orders"))
        except sqlite3.IntegrityError:  # litemongo: two who open a new store at once; the loser asks again
            return False

    wait_until(newest, what="the newest event in the store")
    log.close()
    kept = [each["n"] for each in stored(url, "orders")]
    assert kept == sorted(set(kept)) and len(kept) + log.dropped == 101


def test_a_forked_child_writes_its_own(url: str) -> None:
    log = MongoEventLog(url)
    log.write("family", {"n": 1})
    child = os.fork()
    if child == 0:
        log.write("family", {"n": 2})
        log.close()
        os._exit(0)
    os.waitpid(child, 0)
    log.close()
    assert [each["n"] for each in stored(url, "family")] == [1, 2]


def test_closed_is_closed(tmp_path: Path) -> None:
    log = MongoEventLog(f"litemongo://{tmp_path}/events")
    log.close()
    log.write("orders", {"n": 1})
    log.close()
    assert log.dropped == 1
    quiet = NullEventLog()
    quiet.write("orders", {"n": 1})
    quiet.close()
