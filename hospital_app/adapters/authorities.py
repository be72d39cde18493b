"""Whose certificates we believe: read once for all who call somebody, since reading takes longer than most answers."""

from functools import cache
from ssl import SSLContext

import httpx


@cache
def authorities() -> SSLContext:
    """What httpx would make anew for each of its clients; one serves all threads."""
    return httpx.create_ssl_context(trust_env=False)
