"""`make run`: everything comes back, everything ends, nothing is forgotten."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import RunningHouse, family_of, gone, start_house
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run directory for the whole file: the tests below tell its story in order."""
    return tmp_path_factory.mktemp("run")


@pytest.fixture
def house(directory: Path) -> Iterator[RunningHouse]:
    started = start_house(directory)
    yield started
    if started.launcher.poll() is None:
        started.stop()


def test_whatever_is_killed_comes_back(house: RunningHouse) -> None:
    before = house.pids()
    assert {"web", "worker-0", "worker-1", "relay", "schedule", "valkey", "sandbox-wechat"} <= set(before)
    for name in before:
        house.kill(name)

    def all_back() -> bool:
        now = house.pids()
        return set(now) == set(before) and not set(now.values()) & set(before.values()) and house.ready()

    wait_until(all_back, seconds=90, what="the return of every program")


def test_ctrl_c_ends_every_process_and_the_next_start_finds_the_data(house: RunningHouse, directory: Path) -> None:
    database = directory / "guahao.sqlite3"
    made_at, secrets = database.stat().st_ino, (directory / "secrets.env").read_bytes()
    family = family_of(house.launcher.pid)
    assert house.stop() == 0
    gone(family)
    again = start_house(directory)
    try:
        assert (database.stat().st_ino, (directory / "secrets.env").read_bytes()) == (made_at, secrets)
        assert "about a minute" not in again.console
    finally:
        again.stop()


def test_a_second_start_in_the_same_place_is_refused(house: RunningHouse, directory: Path) -> None:
    with pytest.raises(AssertionError, match="already running"):
        start_house(directory)
    assert house.ready()


def test_a_launcher_killed_outright_takes_everything_with_it(house: RunningHouse) -> None:
    family = family_of(house.launcher.pid)
    os.kill(house.launcher.pid, signal.SIGKILL)
    house.launcher.wait()
    gone(family)
