"""The product's own web server as a process, and wrk against it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from bench.client import Load
from bench.stage import Stage
from tests.support.processes import Process, running

CONNECTIONS = 32
THREADS = 2


@contextmanager
def serving(stage: Stage, *command: str, port: int | None = None) -> Iterator[str]:
    """`python -m hospital_app serve` or another command: granian, pages, socket and API on one port; its address."""
    port = port or stage.settings.port
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"{url}/readyz", trust_env=False).is_success
        return False

    server = Process(
        f"web-{port}",
        ["-m", *(command or ("hospital_app", "serve"))],
        directory=stage.directory,
        environment={**stage.environment, "HOSPITAL_PORT": str(port), "HOSPITAL_PUBLIC_URL": url},
        ready=ready,
    )
    with running(server):
        yield url


@contextmanager
def scheduling(stage: Stage) -> Iterator[None]:
    """`python -m workers schedule`: without it the gate and the kept sessions are not believed for long."""
    with running(
        Process("schedule", ["-m", "workers", "schedule"], directory=stage.directory, environment=stage.environment)
    ):
        yield


def reads(url: str, *, seconds: int, connections: int = CONNECTIONS) -> Load:
    """GET one address over and over."""
    command = ["wrk", f"-t{THREADS}", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if refused := re.search(r"Non-2xx or 3xx responses: (\d+)", said):
        raise RuntimeError(f"{refused[1]} bad answers from {url}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    assert rate is not None, said
    return Load(float(rate[1]), _milliseconds(said, "50%"), _milliseconds(said, "99%"))


def _milliseconds(said: str, label: str) -> float:
    found = re.search(rf"^\s+{re.escape(label)}\s+([\d.]+)(us|ms|s)\s*$", said, re.MULTILINE)
    assert found is not None, said
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
