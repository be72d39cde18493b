"""Named moments in a process of ours at which it is killed, or waits for another part to be killed.

A trap is an empty file `<moment>-<passes>~<what happens>` in a directory that both sides know: the process (started
through tests/support/trapped/, the product knows nothing of it) renames it each time that it comes by, and at the
last pass it is sprung. A rename succeeds once, so that of many threads and processes exactly one is caught.
"""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

VARIABLE = "GUAHAO_TEST_TRAPS"
SPRUNG = "sprung"
DIE, WAIT = "die", "wait"
LONGEST_SECONDS = 30

Happens = Literal["die", "wait"]


@dataclass(frozen=True)
class Traps:
    """The test's side."""

    directory: Path

    def set(self, moment: str, *, passes: int = 1, happens: Happens = DIE) -> None:
        (self.directory / f"{moment}-{passes}~{happens}").touch()

    @property
    def environment(self) -> dict[str, str]:
        return {VARIABLE: str(self.directory)}

    @property
    def sprung(self) -> bool:
        """The moment was reached; whoever reached it is dead now, or waits."""
        return (self.directory / SPRUNG).exists()

    def release(self) -> None:
        """Whoever waits may go on."""
        (self.directory / SPRUNG).unlink(missing_ok=True)


def at(moment: str) -> None:
    """The process's side: this moment is reached."""
    directory = Path(os.environ[VARIABLE])
    for trap in directory.iterdir():
        place, _, happens = trap.name.partition("~")
        known, _, passes = place.rpartition("-")
        if known == moment:
            left = int(passes) - 1
            try:
                trap.rename(directory / (f"{moment}-{left}~{happens}" if left else SPRUNG))
            except FileNotFoundError:  # somebody else came by in this instant
                return at(moment)
            if not left:
                _caught(directory, happens)
            return


def _caught(directory: Path, happens: str) -> None:
    if happens == DIE:
        os.kill(os.getpid(), signal.SIGKILL)
    deadline = time.monotonic() + LONGEST_SECONDS
    while (directory / SPRUNG).exists() and time.monotonic() < deadline:
        time.sleep(0.005)
