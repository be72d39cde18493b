"""The house's own background processes on the stores of a test: workers, relay, schedule."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import redis
from rq import Worker

from hospital_app.settings import Settings
from tests.support.processes import Process, environment_of


class RqWorker(Process):
    """`python -m workers work` (or another `kind`), ready when RQ knows of it."""

    def __init__(
        self,
        directory: Path,
        settings: Settings,
        name: str = "worker",
        *,
        program: str = "workers",
        kind: str = "work",
        more: Mapping[str, str] | None = None,
    ) -> None:
        """`program`: another module that starts it, with `more` in its environment."""
        self._redis_url = settings.redis_url
        super().__init__(
            name,
            ["-m", program, kind],
            directory=directory,
            environment=environment_of(settings) | dict(more or {}),
            ready=self._known,
        )

    def _known(self) -> bool:
        with suppress(redis.RedisError), redis.Redis.from_url(self._redis_url) as client:
            return any(worker.pid == self.pid for worker in Worker.all(connection=client))
        return False


def relay(directory: Path, settings: Settings, name: str = "relay") -> Process:
    return Process(name, ["-m", "workers", "relay"], directory=directory, environment=environment_of(settings))


def schedule(directory: Path, settings: Settings) -> Process:
    return Process("schedule", ["-m", "workers", "schedule"], directory=directory, environment=environment_of(settings))
