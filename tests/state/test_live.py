"""The hub: who is woken, and that nobody stays behind."""

import asyncio
from contextlib import aclosing

import pytest

from hospital_app.domain.errors import Refusal
from hospital_app.services.sessions import fingerprint, topic
from state.live import Hub, read_as


async def once(hub: Hub, *topics: str, every: float = 30) -> None:
    async with aclosing(hub.changes(*topics, every=every)) as changes:
        await anext(changes)


def test_a_hint_wakes_those_who_look_at_its_topic_and_nobody_else() -> None:
    async def scene() -> None:
        hub = Hub()
        mine, other = (
            asyncio.create_task(once(hub, "schedule:1", "today")),
            asyncio.create_task(once(hub, "schedule:2")),
        )
        await asyncio.sleep(0)
        assert hub.topics == 3
        hub.wake({"schedule:1"})
        await asyncio.wait_for(mine, 5)
        assert not other.done()
        hub.wake({"schedule:2"})
        await asyncio.wait_for(other, 5)
        assert hub.topics == 0

    asyncio.run(scene())


def test_a_lost_hint_costs_the_interval_only() -> None:
    asyncio.run(asyncio.wait_for(once(Hub(), "today", every=0.01), 5))


def test_a_cancelled_screen_leaves_nothing_behind() -> None:
    async def scene() -> None:
        hub = Hub()
        task = asyncio.create_task(once(hub, "today"))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert hub.topics == 0

    asyncio.run(scene())


def test_a_client_has_one_loop(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Called again and again over the socket, the newest loop lives and the earlier ones end."""
    monkeypatch.setattr("state.live._client", lambda: "token")
    monkeypatch.setattr("state.live._is_connected", lambda client: True)

    async def scene() -> None:
        hub = Hub()
        ended = 0

        async def loop() -> None:
            nonlocal ended
            async for _ in hub.changes("today", every=30):
                pass
            ended += 1

        tasks = [asyncio.create_task(loop()) for _ in range(20)]
        deadline = asyncio.get_running_loop().time() + 5
        while ended < 19 and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        assert ended == 19
        assert not tasks[-1].done()
        tasks[-1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert hub.topics == 0

    asyncio.run(scene())


def test_a_client_that_has_gone_ends_its_loop(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("state.live._client", lambda: "token")
    monkeypatch.setattr("state.live._is_connected", lambda client: False)

    async def scene() -> None:
        hub = Hub()
        async for _ in hub.changes("today", every=0.01):
            raise AssertionError("nobody is there to read")
        assert hub.topics == 0

    asyncio.run(asyncio.wait_for(scene(), 5))


def test_a_session_that_ends_takes_its_own_screens_with_it() -> None:
    async def scene() -> None:
        hub = Hub()

        async def follow(token: str) -> None:
            read_as(token)
            async for _ in hub.changes("today", every=30):
                pass

        mine, other, nobodys = (asyncio.create_task(follow(token)) for token in ("mine", "other", ""))
        await asyncio.sleep(0)
        hub.wake({topic(fingerprint("mine"))})
        with pytest.raises(Refusal) as ended:
            await asyncio.wait_for(mine, 5)
        assert ended.value.code == "signed_out"
        assert not other.done() and not nobodys.done()
        for task in (other, nobodys):
            task.cancel()
        await asyncio.gather(other, nobodys, return_exceptions=True)
        assert hub.topics == 0

    asyncio.run(scene())
