"""A whole hospital in processes of its own, started as `make run` starts it."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from hospital_app.launch.quarters import Quarters
from hospital_app.launch.supervision import control
from tests.support.servers import REPOSITORY
from tests.support.waiting import free_port, wait_until

READY_SECONDS = 480  # seeding included
GUARD = Path(__file__).parent / "guard"


@dataclass(frozen=True)
class RunningHouse:
    """The launcher's process and where its hospital answers. Output of the launcher: `directory/console-<port>`."""

    directory: Path
    port: int
    launcher: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def console(self) -> str:
        return (self.directory / f"console-{self.port}").read_text()

    def log(self, name: str) -> str:
        """What a program wrote: web, worker, prepare, ...; empty if it never ran."""
        file = self.directory / "log" / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def ready(self) -> bool:
        try:
            asked = f"http://127.0.0.1:{self.port}/readyz"
            return httpx.get(asked, timeout=20, trust_env=False, verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def pids(self) -> dict[str, int]:
        """Process id of every program that runs now, by its name: web, worker, valkey, sandbox-his, ..."""
        try:
            with control(Quarters(self.directory)) as supervisor:
                found = supervisor.getAllProcessInfo()
        except OSError:
            return {}
        return {info["name"]: info["pid"] for info in found if info["statename"] in ("RUNNING", "STARTING")}

    def kill(self, name: str) -> int:
        """kill -9 one program; its process id."""
        pid = self.pids()[name]
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self) -> int:
        """End it as Ctrl-C does; the launcher's exit code."""
        self.launcher.send_signal(signal.SIGINT)
        return self.launcher.wait(60)


def start_house(directory: Path, **environment: str) -> RunningHouse:
    """Start and wait until it says that it is ready. AssertionError with its console if it does not."""
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    paths = [str(GUARD), str(REPOSITORY)]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOSPITAL_")}
    with (directory / f"console-{port}").open("wb") as console:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "hospital_app", "run", "--directory", str(directory), "--port", str(port)],
            cwd=REPOSITORY,
            env={**inherited, "HOSPITAL_HOST": "127.0.0.1", "PYTHONPATH": os.pathsep.join(paths), **environment},
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
        )
    house = RunningHouse(directory, port, launcher)

    def settled() -> bool:
        return launcher.poll() is not None or f"localhost:{port}" in house.console

    wait_until(settled, seconds=READY_SECONDS, what="the house")
    assert launcher.poll() is None, house.console + house.log("prepare")[-6000:]
    return house


def gone(pids: set[int], *, seconds: float = 20) -> None:
    """Wait until none of these processes exists any more."""

    def alive() -> set[int]:
        return {pid for pid in pids if _alive(pid)}

    deadline = time.monotonic() + seconds
    while alive():
        assert time.monotonic() < deadline, f"still there: {alive()}"
        time.sleep(0.05)


def family_of(pid: int) -> set[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, ahead = {pid}, [pid]
    while ahead:
        for child in children.get(ahead.pop(), []):
            found.add(child)
            ahead.append(child)
    return found


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
