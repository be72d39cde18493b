"""Processes of ours that are ready at once: forked off one that has imported everything and done nothing.

A test that kills the same programs again and again would else spend its time importing.

    python -m tests.support.nursery <module> [module ...]

For each line of JSON on stdin (module, arguments, environment, log) it forks one, and says its pid. They end with it,
and it with whoever holds its stdin.
"""

import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hospital_app.launch.attached import end_with_parent
from tests.support.servers import REPOSITORY
from tests.support.waiting import wait_until


@dataclass
class Child:
    """What tests ask of a process: as a Popen, but that nobody knows how it ended."""

    pid: int

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def wait(self, timeout: float) -> int:
        wait_until(lambda: self.poll() is not None, seconds=timeout, what=f"the end of process {self.pid}")
        return 0

    def terminate(self) -> None:
        os.kill(self.pid, signal.SIGTERM)


class Nursery:
    """The test's side."""

    def __init__(self, *modules: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery", *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            start_new_session=True,
            text=True,
        )

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Child:
        """`arguments`: -m, a module, and its own."""
        assert arguments[0] == "-m" and self._process.stdin and self._process.stdout
        order = {"module": arguments[1], "arguments": arguments[2:], "environment": dict(environment), "log": str(log)}
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return Child(int(self._process.stdout.readline()))

    def __enter__(self) -> "Nursery":
        return self

    def __exit__(self, *_: object) -> None:
        """All that are left end, too."""
        self._process.communicate()


def main(modules: list[str]) -> None:
    for module in modules:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _grow_up(**json.loads(line))
        print(pid, flush=True)


def _grow_up(*, module: str, arguments: list[str], environment: dict[str, str], log: str) -> None:
    code: Any = 1
    try:
        os.setsid()
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        end_with_parent(signal.SIGKILL)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for output in (1, 2):
            os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), output)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = [module, *arguments]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
