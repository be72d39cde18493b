"""Private MariaDB and Redis servers on free ports and directories of their own.

One session of pytest, however many workers it has, shares what is started under `session_directory()`:
the first worker that asks starts a server, the others find it there. `start_*` give a test a server all
of its own, to kill.
"""

import fcntl
import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import pymysql
import redis

from tests.support.programs import find_program
from tests.support.waiting import free_port, wait_until

SESSION_VARIABLE = "GUAHAO_TEST_SESSION"  # "<pid of the session>:<directory>", inherited by xdist's workers
REPOSITORY = Path(__file__).resolve().parents[2]
SQL_MODE = "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"


@dataclass(frozen=True)
class Server:
    """A running server. `pid` is its keeper's, which ends the server with itself."""

    name: str
    port: int
    directory: str
    pid: int
    command: list[str]

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def database_url(self, database: str) -> str:
        return f"mysql+pymysql://root@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str) -> None:
        """One SQL statement on a MariaDB server, outside of any database."""
        connection = pymysql.connect(host="127.0.0.1", port=self.port, user="root", autocommit=True, ssl_disabled=True)
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def server_pid(self) -> int:
        """The process of the server itself, for tests that kill it."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return int(children[0])

    def kill(self) -> None:
        """kill -9; `restart` brings it back on its own data."""
        os.kill(self.server_pid(), signal.SIGKILL)
        self._wait_for_the_end()

    def stop(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self._wait_for_the_end()

    def _wait_for_the_end(self) -> None:
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        wait_until(lambda: not Path(f"/proc/{self.pid}").exists(), seconds=20, what=f"the end of {self.name}")


def start_mariadb(directory: Path, *options: str) -> Server:
    """An empty MariaDB with the SQL mode of MySQL and every commit flushed, as in production, unless told otherwise."""
    data = directory / "data"
    user = getpass.getuser()
    subprocess.run(
        [find_program("mariadb-install-db"), "--no-defaults", f"--user={user}", f"--datadir={data}",
         "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    port = free_port()
    return _start(
        "mariadb", directory, port,
        [find_program("mariadbd"), "--no-defaults", f"--user={user}", f"--datadir={data}", f"--port={port}",
         "--bind-address=127.0.0.1", f"--socket={directory}/sock", f"--pid-file={directory}/pid",
         f"--tmpdir={directory}",  # one that starts clears its own of #sql*, and others are at work
         f"--log-bin={data}/bin", "--server-id=1", "--skip-name-resolve", "--character-set-server=utf8mb4",
         "--collation-server=utf8mb4_bin", f"--sql-mode={SQL_MODE}", "--innodb-flush-log-at-trx-commit=1",
         "--max-connections=500", "--innodb-buffer-pool-size=256M", *options],
        _mariadb_answers,
    )  # fmt: skip


def start_redis(directory: Path) -> Server:
    """An empty Redis with an append-only file."""
    port = free_port()
    return _start(
        "redis", directory, port,
        [find_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory),
         "--appendonly", "yes", "--save", "", "--maxclients", "5000"],
        _redis_answers,
    )  # fmt: skip


def restart(server: Server) -> Server:
    """The same server again on its own data and port, after it was killed or stopped."""
    answers = _redis_answers if server.name.startswith("redis") else _mariadb_answers
    return _start(server.name, Path(server.directory), server.port, server.command, answers)


def shared_mariadb() -> Server:
    """Nobody kills this one: its commits are written at once, and flushed to the disk every second."""
    return _shared("mariadb", lambda directory: start_mariadb(directory, "--innodb-flush-log-at-trx-commit=2"))


def shared_redis(worker: str) -> Server:
    """One Redis for each pytest worker, so that flushing and publishing disturb nobody."""
    return _shared(f"redis-{worker}", start_redis)


def open_session() -> None:
    """Called once, by the process that began the test session."""
    directory = tempfile.mkdtemp(prefix="guahao-test-")
    os.environ[SESSION_VARIABLE] = f"{os.getpid()}:{directory}"


def close_session() -> None:
    """Stop what was started and forget its data."""
    directory = session_directory()
    for record in directory.glob("*.json"):
        Server(**json.loads(record.read_text())).stop()
    shutil.rmtree(directory, ignore_errors=True)
    del os.environ[SESSION_VARIABLE]


def session_directory() -> Path:
    return Path(os.environ[SESSION_VARIABLE].partition(":")[2])


def _shared(name: str, start: Callable[[Path], Server]) -> Server:
    record = session_directory() / f"{name}.json"
    with (session_directory() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not record.exists():
            directory = session_directory() / name
            directory.mkdir()
            record.write_text(json.dumps(asdict(start(directory))))
        return Server(**json.loads(record.read_text()))


def _start(name: str, directory: Path, port: int, command: list[str], answers: Callable[[int], bool]) -> Server:
    session_pid = os.environ[SESSION_VARIABLE].partition(":")[0]
    with (directory / "log").open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.support.keeper", session_pid, *command],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=REPOSITORY, start_new_session=True,
        )  # fmt: skip
    keeper.returncode = 0  # its life is watched by the session, not by this object's destructor

    def ready() -> bool:
        if os.waitpid(keeper.pid, os.WNOHANG) != (0, 0):
            raise RuntimeError(f"{name} did not start:\n{(directory / 'log').read_text()[-2000:]}")
        return answers(port)

    wait_until(ready, seconds=30, what=f"{name} answering on port {port}")
    return Server(name, port, str(directory), keeper.pid, command)


def _mariadb_answers(port: int) -> bool:
    with suppress(pymysql.err.OperationalError):
        pymysql.connect(host="127.0.0.1", port=port, user="root", connect_timeout=2, ssl_disabled=True).close()
        return True
    return False


def _redis_answers(port: int) -> bool:
    with suppress(redis.ConnectionError), redis.Redis(port=port, socket_timeout=2) as client:
        return bool(client.ping())
    return False
