"""The line over a real Redis: in the order of arrival, so many a second, so many inside, and no line without Redis."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hospital_app.adapters.redis_lobby import RedisLobby
from hospital_app.domain.lobby import Pace
from tests.support.servers import start_redis
from tests.support.waiting import wait_until


def pace(per_second: int = 20, burst: int = 10, inside: int = 1000, pass_seconds: int = 60) -> Pace:
    return Pace(per_second, burst, inside, pass_seconds)


#: Slow enough that nobody more is let in while a test looks.
STILL = pace(per_second=1, burst=3)


def crowd(lobby: RedisLobby, count: int, name: str = "v") -> list[str]:
    places = [f"{name}{number}" for number in range(count)]
    for place in places:
        lobby.enter(place, STILL)
    return places


def inside(lobby: RedisLobby, places: list[str], how: Pace) -> list[bool]:
    return [lobby.enter(place, how).inside for place in places]


def test_the_first_are_let_in_and_the_others_stand_in_the_order_of_arrival(redis_url: str) -> None:
    lobby = RedisLobby(redis_url)
    places = crowd(lobby, 10)
    began = time.monotonic()
    standings = [lobby.enter(place, STILL) for place in places]
    passed = int(time.monotonic() - began) + 2  # one a second may have been added meanwhile
    let_in = [standing.inside for standing in standings].index(False)
    assert 3 <= let_in <= 3 + passed
    assert not any(standing.inside for standing in standings[let_in:])
    turns = [standing.turn for standing in standings[let_in:]]
    assert turns == sorted(turns) and len(set(turns)) == len(turns)
    ahead = [standing.ahead for standing in standings[let_in:]]
    assert ahead == sorted(ahead) and ahead[-1] == 10 - 1 - let_in


def test_asking_again_neither_loses_nor_gains_a_place(redis_url: str) -> None:
    lobby = RedisLobby(redis_url)
    crowd(lobby, 8)
    before = lobby.enter("me", STILL)
    crowd(lobby, 8, name="later")
    again = lobby.enter("me", STILL)
    assert again.turn == before.turn and again.ahead <= before.ahead


def test_the_line_moves_as_fast_as_it_may_and_no_faster(redis_url: str) -> None:
    lobby, fast = RedisLobby(redis_url), pace(per_second=50, burst=5)
    began = time.monotonic()
    for number in range(60):
        lobby.enter(f"v{number}", fast)
    wait_until(lambda: lobby.line(fast).waiting == 0, seconds=20, what="the end of the line")
    took = time.monotonic() - began
    assert took >= (60 - 5) / 50 - 0.05


def test_everybody_is_let_in_exactly_once_whoever_asks_at_the_same_time(redis_url: str) -> None:
    """Two processes and eight threads move the same line on; never more come in than there are tokens."""
    both, how = [RedisLobby(redis_url), RedisLobby(redis_url)], pace(per_second=30, burst=10)
    places = crowd(both[0], 60)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as threads:
        let_in = list(threads.map(lambda n: both[n % 2].enter(places[n % 60], how).inside, range(240)))
    took = time.monotonic() - began
    insiders = {places[n % 60] for n, entered in enumerate(let_in) if entered}
    assert len(insiders) <= 3 + 10 + 30 * (took + 1)
    assert insiders == set(places[: len(insiders)]), "somebody overtook somebody"


def test_no_more_than_there_is_room_for(redis_url: str) -> None:
    lobby, small = RedisLobby(redis_url), pace(per_second=1000, burst=1000, inside=4, pass_seconds=1)
    assert [lobby.enter(f"v{number}", small).inside for number in range(6)] == [True] * 4 + [False] * 2
    # Whoever is not seen any more makes room when the pass is over.
    wait_until(lambda: lobby.enter("v4", small).inside, seconds=10, what="room inside")


def test_a_pass_serves_one_account(redis_url: str) -> None:
    lobby, open_door = RedisLobby(redis_url), pace()
    assert lobby.enter("shared", open_door, owner="account:1").inside
    theirs = lobby.enter("shared", open_door, owner="account:2")
    assert not theirs.inside and theirs.turn == 0
    assert lobby.enter("shared", open_door, owner="account:1").inside


def test_without_redis_there_is_no_line_and_a_flushed_one_begins_anew(tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    lobby = RedisLobby(server.redis_url)
    try:
        crowd(lobby, 8)
        assert not lobby.enter("late", STILL).inside
        server.stop()
        assert quick(lambda: lobby.enter("late", STILL).inside)
        assert quick(lambda: lobby.line(STILL).waiting == 0)
    finally:
        server.stop()


def quick(act: Callable[[], bool]) -> bool:
    """Nobody waits long for a store that is away."""
    began = time.monotonic()
    return act() and time.monotonic() - began < 5
