"""Live hints as they come in; screens take them as "read again"."""

from collections.abc import AsyncIterator

from hospital_app.adapters.redis_hints import listen
from hospital_app.container import container


def hints() -> AsyncIterator[set[str]]:
    """Every published set of topics, for ever."""
    return listen(container().settings.redis_url)
