"""Live hints over Redis publish/subscribe. A lost hint costs the 5 s until a screen reads again by itself."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from threading import Lock, Timer

import redis
from redis.asyncio import Redis as AsyncRedis

from hospital_app.adapters.quick_redis import quick

log = logging.getLogger(__name__)

CHANNEL = "guahao:hints"
TIMEOUT_SECONDS = 0.5
#: After a failure nothing is tried for so long, so that a dead Redis does not slow every request.
PAUSE_SECONDS = 1.0
LONGEST_RECONNECT_SECONDS = 2.0
HEARTBEAT_SECONDS = 15
GATHER_SECONDS = 0.05


class RedisHints:
    """Hints: publishes, never raises; one instance serves all threads.

    The first goes at once; what follows within GATHER_SECONDS goes together: every web process reads each message.
    """

    def __init__(self, url: str) -> None:
        self._redis = quick(url, patience_seconds=TIMEOUT_SECONDS)
        self._silent_until = 0.0
        self._gathered: set[str] = set()
        self.gathering = False
        self._lock = Lock()

    def publish(self, topics: set[str]) -> None:
        if not topics or time.monotonic() < self._silent_until:
            return
        with self._lock:
            if self.gathering:
                self._gathered |= topics
                return
            self.gathering = True
        self._send(topics)
        later = Timer(GATHER_SECONDS, self._send_gathered)
        later.daemon = True
        later.start()

    def _send_gathered(self) -> None:
        with self._lock:
            topics, self._gathered, self.gathering = self._gathered, set(), False
        if topics:
            self.publish(topics)

    def _send(self, topics: set[str]) -> None:
        try:
            self._redis.publish(CHANNEL, json.dumps(sorted(topics)))
        except redis.RedisError as failure:
            self._silent_until = time.monotonic() + PAUSE_SECONDS
            log.warning("hints lost (%s): screens will be up to 5 s late", type(failure).__name__)


async def listen(url: str) -> AsyncIterator[set[str]]:
    """Each published set of topics, for ever; reconnects by itself. Hints of the gap are lost."""
    pause = 0.1
    while True:
        client = AsyncRedis.from_url(
            url, socket_connect_timeout=TIMEOUT_SECONDS, health_check_interval=HEARTBEAT_SECONDS
        )
        try:
            async with client, client.pubsub() as subscription:
                await subscription.subscribe(CHANNEL)
                while True:
                    # A timeout, not an endless wait: it sends the health check that finds a dead peer.
                    message = await subscription.get_message(timeout=HEARTBEAT_SECONDS)
                    pause = 0.1
                    if message is not None and message["type"] == "message":
                        yield set(json.loads(message["data"]))
        except (redis.RedisError, OSError) as failure:
            log.warning("not listening for hints (%s), again in %.1f s", type(failure).__name__, pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_RECONNECT_SECONDS)
