"""`make run`: everything comes back, everything ends, nothing is forgotten."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.running import RunningHouse, family_of, gone, start_house
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run directory for the whole file: the tests below tell its story in order."""
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def started(directory: Path) -> Iterator[list[RunningHouse]]:
    """Every house that was started; the last one may be alive."""
    houses: list[RunningHouse] = []
    yield houses
    for house in houses:
        if house.launcher.poll() is None:
            house.stop()


@pytest.fixture
def house(directory: Path, started: list[RunningHouse]) -> RunningHouse:
    """The one that runs, or a new start in the same place."""
    if not started or started[-1].launcher.poll() is not None:
        started.append(start_house(directory))
    return started[-1]


def test_an_effect_goes_all_the_way_to_the_sandboxes(house: RunningHouse) -> None:
    phone = {"phone": "16812345678"}
    with httpx.Client(base_url=house.url, trust_env=False) as client:
        assert client.post("/api/v1/sms-codes", json=phone).status_code == 202

        def message() -> str | None:
            answer = client.post("/sandbox/sms", json=phone)
            return str(answer.json()["code"]) if answer.status_code == 200 else None

        code = wait_until(message, seconds=20, what="the message")
        assert client.post("/api/v1/sessions", json={**phone, "code": code}).status_code == 201
        wait_until(lambda: "guahao_outbox_pending 0.0" in client.get("/metrics").text, what="the end of the outbox")


def test_whatever_is_killed_comes_back(house: RunningHouse) -> None:
    before = house.pids()
    assert {"web", "worker", "quick", "relay", "schedule", "valkey", "sandbox-wechat"} <= set(before)
    for name in before:
        house.kill(name)

    def all_back() -> bool:
        now = house.pids()
        return set(now) == set(before) and not set(now.values()) & set(before.values()) and house.ready()

    wait_until(all_back, seconds=90, what="the return of every program")


def test_a_second_start_in_the_same_place_is_refused(house: RunningHouse, directory: Path) -> None:
    with pytest.raises(AssertionError, match="already running"):
        start_house(directory)
    assert house.ready()


def test_ctrl_c_ends_every_process_and_the_next_start_finds_the_data(
    house: RunningHouse, directory: Path, started: list[RunningHouse]
) -> None:
    database = directory / "guahao.sqlite3"
    made_at, secrets = database.stat().st_ino, (directory / "secrets.env").read_bytes()
    family = family_of(house.launcher.pid)
    assert house.stop() == 0
    gone(family)
    started.append(start_house(directory))
    assert (database.stat().st_ino, (directory / "secrets.env").read_bytes()) == (made_at, secrets)
    assert "about a minute" not in started[-1].console


def test_a_launcher_killed_outright_takes_everything_with_it(house: RunningHouse) -> None:
    family = family_of(house.launcher.pid)
    os.kill(house.launcher.pid, signal.SIGKILL)
    house.launcher.wait()
    gone(family)
