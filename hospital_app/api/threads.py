"""The threads of a web worker, in which pages and calls wait for the stores and for the world outside."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from anyio import to_thread

from hospital_app.container import container


@asynccontextmanager
async def enough_threads() -> AsyncIterator[None]:
    """While a web worker lives. Python's own number is four more than there are processors, which on a small machine
    six people who wait for a slow bank would take."""
    count = container().settings.web_threads
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(count, thread_name_prefix="page"))
    to_thread.current_default_thread_limiter().total_tokens = count
    yield
