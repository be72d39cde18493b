"""Programs of ours as processes of their own, which tests pause, kill and start again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr, TypeAdapter

from hospital_app.domain.policy import Rules
from hospital_app.settings import Settings
from tests.support.nursery import Child, Nursery
from tests.support.servers import REPOSITORY, SESSION_VARIABLE
from tests.support.waiting import wait_until


class Process:
    """One program. It ends with the test session, whatever becomes of that; its output: `directory/<name>.log`.

    With a `nursery` it is forked off there instead of being started from nothing.
    """

    nursery: Nursery | None = None

    def __init__(
        self,
        name: str,
        arguments: list[str],
        *,
        directory: Path,
        environment: Mapping[str, str] | None = None,
        ready: Callable[[], object] = lambda: True,
    ) -> None:
        """`arguments` follow `python`; `ready` tells when it answers."""
        self.name = name
        self.log = directory / f"{name}.log"
        self._arguments = arguments
        self._environment = {**os.environ, **(environment or {})}
        self._ready = ready
        self._keeper: subprocess.Popen[bytes] | Child | None = None

    def start(self) -> None:
        self.launch()
        self.wait()

    def wait(self) -> None:
        """Until it is ready."""
        wait_until(self._is_ready, seconds=60, what=f"{self.name} to be ready")

    def launch(self) -> None:
        """Start without waiting."""
        if self.nursery is not None:
            self._keeper = self.nursery.start(self._arguments, self._environment, self.log)
            return
        session_pid = os.environ[SESSION_VARIABLE].partition(":")[0]
        with self.log.open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.support.keeper", session_pid, sys.executable, *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=REPOSITORY,
                env=self._environment,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the program itself."""
        (pid,) = wait_until(self._children, what=f"a process of {self.name}")
        return pid

    @property
    def ended(self) -> bool:
        return self._kept().poll() is not None

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)
        self._kept().wait(10)

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """As an operator does; nothing if it does not run."""
        self.ask_to_stop()
        if self._keeper is not None:
            self._keeper.wait(20)

    def ask_to_stop(self) -> None:
        """Without waiting."""
        if self._keeper is not None and self._keeper.poll() is None:
            self._keeper.terminate()

    def _is_ready(self) -> bool:
        keeper = self._kept()
        if keeper.poll() is not None:
            raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()[-2000:]}")
        return bool(self._children()) and bool(self._ready())

    def _children(self) -> list[int]:
        """Of the keeper: the program, once it is started."""
        keeper = self._kept()
        if isinstance(keeper, Child):
            return [keeper.pid] if keeper.poll() is None else []
        return [int(pid) for pid in Path(f"/proc/{keeper.pid}/task/{keeper.pid}/children").read_text().split()]

    def _kept(self) -> "subprocess.Popen[bytes] | Child":
        assert self._keeper is not None, f"{self.name} was never started"
        return self._keeper


@contextmanager
def running(*processes: Process, nursery: Nursery | None = None) -> Iterator[None]:
    """All of them, until the end of the block; forked off in a `nursery` if there is one."""
    for process in processes:
        process.nursery = nursery
    try:
        for process in processes:
            process.launch()
        for process in processes:
            process.wait()
        yield
    finally:
        for process in processes:
            process.ask_to_stop()
        for process in processes:
            process.stop()


def environment_of(settings: Settings) -> dict[str, str]:
    """The HOSPITAL_* variables from which another process reads the very same settings."""
    return {f"HOSPITAL_{name.upper()}": _spelled(value) for name, value in settings if value is not None}


def _spelled(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Rules):
        return TypeAdapter(Rules).dump_json(value).decode()
    if isinstance(value, dict):
        return json.dumps({key: _spelled(each) for key, each in value.items()})
    if isinstance(value, list):
        return json.dumps([_spelled(each) for each in value])
    return str(value)
