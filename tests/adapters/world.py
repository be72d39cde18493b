"""A sandbox as a real process, and an ear for what it sends."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.support.outside import Sandbox
from tests.support.processes import running
from tests.support.waiting import wait_until


class Ear:
    """A merchant's callback address: keeps what comes, answers what it is told (200 unless told otherwise)."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.says = b""
        ear = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                ear.heard.append((dict(self.headers.items()), body))
                self.send_response(ear.answers.pop(0) if ear.answers else 200)
                self.send_header("Content-Length", str(len(ear.says)))
                self.end_headers()
                self.wfile.write(ear.says)

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
    with running(world):
        yield world
