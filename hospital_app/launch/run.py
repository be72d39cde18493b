"""`make run`: from a prepared clone to a hospital that answers, and back to nothing on Ctrl-C."""

import argparse
import errno
import http.client
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TextIO

from hospital_app.launch.accounts import demo_accounts
from hospital_app.launch.bootstrap import ROOT, RUN, Sentence
from hospital_app.launch.quarters import House, Quarters, check_disk, check_port, furnish
from hospital_app.launch.supervision import Supervisor

READY_SECONDS = 240  # on a machine that others keep busy; what cannot start is told at once
REVIVE_SECONDS = 5
EXCEPTION = re.compile(r"[\w.]+(Error|Exception|Refusal|Sentence)\b")


def run(arguments: list[str]) -> int:
    """Start the house, say where it is, and keep it until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m hospital_app run")
    parser.add_argument("--directory", type=Path, default=RUN, help="where data, secrets and logs live")
    parser.add_argument("--host", default=os.environ.get("HOSPITAL_HOST", "0.0.0.0"))
    parser.add_argument("--port", default=os.environ.get("PORT") or os.environ.get("HOSPITAL_PORT") or "8000")
    asked = parser.parse_args(arguments)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    try:
        return _run(Quarters(asked.directory), asked.host, _port(asked.port), stopping)
    except Sentence as sentence:
        print(sentence, file=sys.stderr)
        return 1
    except OSError as fault:
        if fault.errno != errno.ENOSPC:
            raise
        print("磁盘已满。 The disk is full.", file=sys.stderr)
        return 1


def _run(quarters: Quarters, host: str, port: int, stopping: threading.Event) -> int:
    lock = quarters.lock()
    check_disk(quarters)
    check_port(host, port)
    _name_holder(lock, port)
    if quarters.seeding.exists():
        _say("上次的演示数据没有写完，重新开始 The last seeding was interrupted; starting over")
        quarters.forget()
    house = furnish(quarters, host=host, port=port)
    supervisor = Supervisor(house, lock)
    try:
        supervisor.start("early")
        _prepare(house, stopping)
        supervisor.start("late")
        if not stopping.is_set():
            _wait_until_ready(house, supervisor, stopping)
        if not stopping.is_set():
            _announce(house)
        while not stopping.wait(REVIVE_SECONDS):
            if supervisor.alive():
                supervisor.revive()
            else:
                supervisor = _again(house, lock)
    finally:
        _say("正在停止 Stopping")
        supervisor.stop()
    return 0


def _again(house: House, lock: TextIO) -> Supervisor:
    """supervisord itself was killed: its programs went with it, so all start anew."""
    supervisor = Supervisor(house, lock)
    supervisor.start("early")
    supervisor.start("late")
    return supervisor


def _prepare(house: House, stopping: threading.Event) -> None:
    """Schema and seed, in a process of its own."""
    first = house.embedded and not Path(house.environment["HOSPITAL_DATABASE_URL"].removeprefix("sqlite:///")).exists()
    _say(
        "建立演示医院（约一分钟） Setting up the hospital (about a minute)"
        if first
        else "检查数据库 Checking the database"
    )
    log = house.quarters.logs / "prepare.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hospital_app", "prepare", str(house.quarters.seeding)],
            cwd=ROOT,
            env=house.environment,
            stdin=subprocess.DEVNULL,
            stderr=out,  # its output is the progress of seeding
            start_new_session=True,
        )
    while process.poll() is None:
        if stopping.wait(0.05):
            process.terminate()
            process.wait()
            return
    if process.returncode != 0:
        raise Sentence(f"数据库准备失败。 Preparing the database failed: {_reason(log)}\n  {log}")


def _wait_until_ready(house: House, supervisor: Supervisor, stopping: threading.Event) -> None:
    """Return once /readyz says so. Raises Sentence when a program keeps failing or the patience ends."""
    _say("启动服务 Starting")
    deadline = time.monotonic() + READY_SECONDS
    while not stopping.wait(0.1):
        if _ready(house.port):
            return
        failed = [name for name, state in supervisor.states().items() if state == "FATAL"]
        if failed or time.monotonic() > deadline:
            name = (failed or ["late:web"])[0].partition(":")[2]
            log = house.quarters.logs / f"{name}.log"
            raise Sentence(f"{name} 没有启动。 {name} did not start: {_reason(log)}\n  {log}")


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _announce(house: House) -> None:
    address = house.environment["HOSPITAL_PUBLIC_URL"]
    print(f"\n  挂号 Guahao 已就绪 is ready:  {address}\n", flush=True)
    for line in demo_accounts():
        print(f"  {line}")
    print(f"\n  Ctrl-C 结束 ends it · 日志 logs: {house.quarters.logs}\n", flush=True)


def _name_holder(lock: TextIO, port: int) -> None:
    lock.truncate(0)
    lock.write(f"http://localhost:{port} (pid {os.getpid()})")
    lock.flush()


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Sentence(f"PORT={text} 不是端口号。 PORT={text} is not a port number.")
    return int(text)


def _reason(log: Path) -> str:
    """The line of a log that says most: the last exception, else the last line."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    told = [line for line in lines if EXCEPTION.match(line)] or lines or ["no output"]
    return told[-1].strip()[:300]


def _say(text: str) -> None:
    print("·", text, "…", flush=True)
