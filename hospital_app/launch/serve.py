"""The web server: granian with the prebuilt front end and the API on one port."""

import gc
import importlib
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from hospital_app.launch.attached import end_with_parent
from hospital_app.launch.bootstrap import BUILT
from hospital_app.settings import start_safely

#: Reflex: production, the bundle is already built, serve it from this process.
REFLEX = {
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    "REFLEX_CHECK_LATEST_VERSION": "false",
    "REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE": "100000",  # bytes of one message from a browser
}

#: In a rush the threads that write batches of holds are busy, and the event loop wants the interpreter back for each
#: answer: with Python's own 5 ms it waits several times so long for every one of them.
SWITCH_SECONDS = 0.0005

#: Open at once in one web process; more is not asked for.
CONNECTIONS = 65_536

#: New objects after which Python looks for cycles among them; its own 700 are a tenth of one batch of holds.
COLLECT_AFTER = 10_000


def serve(_: list[str]) -> int:
    return serve_app("hospital_app.hospital_app:app")


def serve_app(target: str) -> int:
    """Serve until told to stop. Refuses to start on a configuration that is not safe."""
    settings = start_safely()
    if not (BUILT / "index.html").exists():
        print("前端尚未编译，请先 make build。 The front end is not built: make build.", file=sys.stderr)
        return 1
    os.environ.update(REFLEX)
    let_many_connect()
    _forget_earlier_metrics()
    Granian(
        target,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.web_workers,
        backpressure=CONNECTIONS,  # granian's own is 1,024 for all workers together: a crowd in the lobby filled it
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_level=LogLevels.warning,
    ).serve(target_loader=load)
    return 0


def let_many_connect() -> None:
    """As many open connections as the system lets this process have: usually it begins with 1,024, and a crowd that
    waits in the lobby holds one each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS if hard == resource.RLIM_INFINITY else min(CONNECTIONS, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _forget_earlier_metrics() -> None:
    """prometheus-client would go on adding up the counters of processes that ended before this start."""
    if directory := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        Path(directory).mkdir(parents=True, exist_ok=True)
        for file in Path(directory).glob("*.db"):
            file.unlink()


def load(target: str) -> Any:
    """The ASGI app, made in the worker process that serves it."""
    end_with_parent(signal.SIGKILL)  # an orphaned worker would keep the port from its successor
    sys.setswitchinterval(SWITCH_SECONDS)
    module, _, name = target.partition(":")
    app = getattr(importlib.import_module(module), name)()
    spare_what_stays()
    return app


def spare_what_stays() -> None:
    """Half a million objects of the libraries and pages stay until the end: whoever looks for cycles among them finds
    none, and everybody waits meanwhile (docs/performance.md)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)
