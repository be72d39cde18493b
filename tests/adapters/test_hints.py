"""Hints over a real Redis, which goes away and comes back."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from hospital_app.adapters.redis_hints import PAUSE_SECONDS, RedisHints, listen
from tests.support.servers import restart, start_redis
from tests.support.waiting import free_port


async def heard_after(listening: AsyncIterator[set[str]], publish: Callable[[], None]) -> set[str]:
    """The next set of topics, while `publish` is repeated until somebody listens."""

    async def repeat() -> None:
        while True:
            await asyncio.to_thread(publish)
            await asyncio.sleep(0.05)

    repeating = asyncio.create_task(repeat())
    try:
        return await asyncio.wait_for(anext(listening), 15)
    finally:
        repeating.cancel()


def test_topics_arrive_and_survive_a_restart_of_redis(tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    hints = RedisHints(server.redis_url)

    async def scene() -> None:
        nonlocal server
        listening = listen(server.redis_url)
        topics = {"schedule:7", "显示屏:A1"}
        assert await heard_after(listening, lambda: hints.publish(topics)) == topics
        waiting = asyncio.ensure_future(anext(listening))
        await asyncio.to_thread(server.stop)
        began = time.perf_counter()
        for _ in range(100):
            hints.publish({"lost"})
        assert time.perf_counter() - began < PAUSE_SECONDS
        server = await asyncio.to_thread(restart, server)

        async def again() -> set[str]:
            while True:
                hints.publish({"back"})
                done, _ = await asyncio.wait([waiting], timeout=0.05)
                if done:
                    return waiting.result()

        found = await asyncio.wait_for(again(), 15)
        assert found == {"back"}
        await listening.aclose()

    try:
        asyncio.run(scene())
    finally:
        server.stop()


def test_publishing_without_redis_neither_fails_nor_slows() -> None:
    hints = RedisHints(f"redis://127.0.0.1:{free_port()}/0")
    began = time.perf_counter()
    for _ in range(1000):
        hints.publish({"schedule:7"})
    assert time.perf_counter() - began < 1


def test_a_burst_is_heard_at_once_and_then_together(tmp_path: Path) -> None:
    """Nothing of it is lost, and a web process reads two messages instead of forty."""
    server = start_redis(tmp_path)
    hints = RedisHints(server.redis_url)

    async def scene() -> None:
        listening = listen(server.redis_url)
        assert await heard_after(listening, lambda: hints.publish({"ready"})) == {"ready"}
        while hints.gathering:
            await asyncio.sleep(0.01)
        for number in range(40):
            hints.publish({f"schedule:{number}"})
        first = await asyncio.wait_for(anext(listening), 15)
        while first == {"ready"}:
            first = await asyncio.wait_for(anext(listening), 15)
        assert first == {"schedule:0"}
        assert await asyncio.wait_for(anext(listening), 15) == {f"schedule:{number}" for number in range(1, 40)}
        await listening.aclose()

    try:
        asyncio.run(scene())
    finally:
        server.stop()
