"""Serves one sandbox on loopback, in this very process: a kill -9 leaves no orphan holding the port."""

import asyncio
import signal

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.applications import Starlette


def serve(app: Starlette, port: int) -> None:
    """Until SIGTERM or SIGINT."""
    asyncio.run(_serve(app, port))


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
