"""A Redis that may be away: asked briefly and once more, so that nobody waits for what only makes things quicker."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def quick(url: str, *, patience_seconds: float) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=patience_seconds,
        socket_connect_timeout=patience_seconds,
        retry=Retry(NoBackoff(), 1),  # once more, on a fresh connection: the server may have restarted
    )
