"""supervisord as a child of ours: it starts the programs, brings back what ends, and ends with us."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from hospital_app.launch.bootstrap import ROOT, Sentence
from hospital_app.launch.programs import ATTACHED, STOP_SECONDS, control_socket, write_configuration
from hospital_app.launch.quarters import House, Quarters

PATIENCE_SECONDS = 20


@contextmanager
def control(quarters: Quarters) -> Iterator[Any]:
    """supervisord's own interface, whoever started it. Its calls raise OSError when it is not there."""
    transport = SupervisorTransport("", "", f"unix://{control_socket(quarters)}")
    with closing(transport), ServerProxy("http://127.0.0.1", transport=transport) as proxy:
        yield proxy.supervisor


class Supervisor:
    """A running supervisord."""

    def __init__(self, house: House, lock: TextIO) -> None:
        """Start it. It inherits the lock, so that the quarters stay taken until it, too, has ended."""
        self._quarters = house.quarters
        control_socket(house.quarters).unlink(missing_ok=True)
        command = [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(write_configuration(house))]
        with (house.quarters.logs / "supervisor.out").open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(ATTACHED), *command],
                cwd=ROOT,
                env=house.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                pass_fds=[lock.fileno()],
                start_new_session=True,  # Ctrl-C reaches us, and we end it in order
            )
        self._wait_for_control(out.name)

    def start(self, group: str) -> None:
        """Start every program of a group, without waiting until they have proved steady."""
        with suppress(Fault), control(self._quarters) as supervisor:
            supervisor.startProcessGroup(group, False)

    def states(self) -> dict[str, str]:
        """Process -> supervisord's word for its state (RUNNING, STARTING, BACKOFF, FATAL, ...)."""
        with control(self._quarters) as supervisor:
            found: list[dict[str, Any]] = supervisor.getAllProcessInfo()
        return {f"{info['group']}:{info['name']}": info["statename"] for info in found}

    def revive(self) -> None:
        """Start again what supervisord has given up on, because it failed several times in a row."""
        with suppress(OSError, Fault), control(self._quarters) as supervisor:
            for name, state in self.states().items():
                if state == "FATAL":
                    supervisor.startProcess(name, False)

    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """End every process, in order; after the patience, without it."""
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(2 * STOP_SECONDS + 4)
        except subprocess.TimeoutExpired:
            self.process.kill()  # its children go with it, see attached.py
            self.process.wait()

    def _wait_for_control(self, log: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.alive() and time.monotonic() < deadline:
            with suppress(OSError, Fault), control(self._quarters) as supervisor:
                supervisor.getState()
                return
            time.sleep(0.02)
        self.stop()
        last = (Path(log).read_text(errors="replace").strip().splitlines() or ["no output"])[-1]
        raise Sentence(f"进程管理器没有启动。 The supervisor did not start: {last}")
