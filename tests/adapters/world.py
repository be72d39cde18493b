"""The sandboxes as real processes, and an ear for what they send."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx

from hospital_app.sandbox import keys
from tests.support.servers import REPOSITORY, SESSION_VARIABLE
from tests.support.waiting import free_port, wait_until

QUICK = {"HOSPITAL_SANDBOX_RETRY_SCALE": "0.01", "HOSPITAL_SANDBOX_REFUND_SECONDS": "0.1"}


class Sandbox:
    """One sandbox process with its own books; start it again on them after a kill."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.keys = keys.generate(directory / "keys")
        self._keeper: subprocess.Popen[bytes] | None = None
        transport = httpx.HTTPTransport(verify=False, limits=httpx.Limits(max_keepalive_connections=0))
        self.http = httpx.Client(base_url=self.url, transport=transport, trust_env=False, timeout=10)

    def start(self) -> None:
        session_pid = os.environ[SESSION_VARIABLE].partition(":")[0]
        command = [sys.executable, "-m", "hospital_app.sandbox", self.name]
        command += ["--port", str(self.port), "--directory", str(self.directory)]
        with (self.directory / f"{self.name}.log").open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "tests.support.keeper", session_pid, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=REPOSITORY,
                env={**os.environ, **QUICK},
                start_new_session=True,
            )
        wait_until(self._answers, seconds=20, what=f"the {self.name} sandbox answering")

    def kill(self) -> None:
        """kill -9 of the sandbox itself."""
        assert self._keeper is not None
        children = Path(f"/proc/{self._keeper.pid}/task/{self._keeper.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        self._keeper.wait(10)

    def stop(self) -> None:
        if self._keeper is not None and self._keeper.poll() is None:
            self._keeper.terminate()
            self._keeper.wait(20)

    def _answers(self) -> bool:
        if self._keeper is not None and self._keeper.poll() is not None:
            raise RuntimeError((self.directory / f"{self.name}.log").read_text()[-2000:])
        with suppress(httpx.TransportError):
            return self.http.get("/healthz").is_success
        return False


class Ear:
    """A merchant's callback address: keeps what comes, answers what it is told (200 unless told otherwise)."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((dict(self.headers.items()), body))
                self.send_response(ear.answers.pop(0) if ear.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/callbacks/wechat"

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait_for(self, count: int, *, seconds: float = 10) -> list[tuple[dict[str, str], bytes]]:
        wait_until(lambda: len(self.heard) >= count, seconds=seconds, what=f"{count} callbacks")
        return self.heard


@contextmanager
def sandbox(name: str, directory: Path) -> Iterator[Sandbox]:
    world = Sandbox(name, directory)
    world.start()
    try:
        yield world
    finally:
        world.stop()
