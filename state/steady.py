"""Readings of screens that must not die of a passing fault: a database that restarts, a network that blinks."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from hospital_app.domain.errors import Refusal

T = TypeVar("T")
logger = logging.getLogger("guahao")


async def attempt(read: Callable[[], T]) -> T | None:
    """What `read()` answers, from a thread; None if it failed for a reason that is not the reader's, to be asked
    again in a few seconds. A Refusal goes up as always."""
    try:
        return await asyncio.to_thread(read)
    except Refusal:
        raise
    except Exception:
        logger.warning("a screen could not read again", exc_info=True)
        return None
