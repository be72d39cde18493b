"""supervisord as a child of ours: it starts the programs, brings back what ends, and ends with us."""

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from hospital_app.launch.bootstrap import ROOT, Sentence
from hospital_app.launch.programs import ATTACHED, STOP_SECONDS, control_socket, write_configuration
from hospital_app.launch.quarters import House

PATIENCE_SECONDS = 20


class Supervisor:
    """A running supervisord."""

    def __init__(self, house: House, lock: TextIO) -> None:
        """Start it. It inherits the lock, so that the quarters stay taken until it, too, has ended."""
        self._socket = control_socket(house.quarters)
        self._socket.unlink(missing_ok=True)
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
        with suppress(Fault):
            self._control().startProcessGroup(group, False)

    def states(self) -> dict[str, str]:
        """Process -> supervisord's word for its state (RUNNING, STARTING, BACKOFF, FATAL, ...)."""
        found: list[dict[str, Any]] = self._control().getAllProcessInfo()
        return {f"{info['group']}:{info['name']}": info["statename"] for info in found}

    def revive(self) -> None:
        """Start again what supervisord has given up on, because it failed several times in a row."""
        with suppress(OSError, Fault):
            for name, state in self.states().items():
                if state == "FATAL":
                    self._control().startProcess(name, False)

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
            with suppress(OSError, Fault):
                self._control().getState()
                return
            time.sleep(0.02)
        self.stop()
        last = (Path(log).read_text(errors="replace").strip().splitlines() or ["no output"])[-1]
        raise Sentence(f"进程管理器没有启动。 The supervisor did not start: {last}")

    def _control(self) -> Any:
        transport = SupervisorTransport("", "", f"unix://{self._socket}")
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor
