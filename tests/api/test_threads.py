"""The threads of a web worker: people who wait for a slow vendor do not keep the others' pages waiting."""

import asyncio
from threading import Event

from anyio import to_thread

from hospital_app.api.threads import enough_threads
from tests.support.house import House

SLOW = 40


async def is_answered(slow: int) -> bool:
    """Whether a page is answered while so many others wait for a vendor."""
    back = Event()
    waiting = [asyncio.create_task(asyncio.to_thread(back.wait, 60)) for _ in range(slow)]
    waiting += [asyncio.create_task(to_thread.run_sync(back.wait, 60)) for _ in range(slow)]
    try:
        await asyncio.sleep(0)
        async with asyncio.timeout(2):
            await asyncio.to_thread(int)
            await to_thread.run_sync(int)
        return True
    except TimeoutError:
        return False
    finally:
        back.set()
        await asyncio.gather(*waiting)


def test_forty_people_who_wait_for_a_vendor_keep_nobody_else_waiting(sqlite_house: House) -> None:
    async def in_a_web_worker() -> bool:
        async with enough_threads():
            return await is_answered(SLOW)

    assert asyncio.run(in_a_web_worker())
    assert not asyncio.run(is_answered(SLOW)), "negative control: as Python and anyio come"
