"""Serves one sandbox on loopback, in this very process: a kill -9 leaves no orphan holding the port."""

import asyncio
import signal
import socket

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.applications import Starlette


def serve(app: Starlette, port: int) -> None:
    """Until SIGTERM or SIGINT. Raises SystemExit with one sentence if the port is taken."""
    _require_free(port)
    asyncio.run(_serve(app, port))


def _require_free(port: int) -> None:
    """Granian shares a port with whoever listens there already; a sandbox must not."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as failure:
            raise SystemExit(f"端口 {port} 已被占用。 Port {port} is taken.") from failure


async def _serve(app: Starlette, port: int) -> None:
    server = Server(
        app,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.error,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()
