"""Keeps one server for as long as the test session lives, whatever becomes of it.

    python -m tests.support.keeper <pid of the session> <program> [argument ...]

The server ends with the keeper, and the keeper with SIGTERM or with the session, even one killed with -9.
"""

import os
import select
import signal
import subprocess
import sys

GRACE_SECONDS = 15


def keep(session_pid: int, command: list[str]) -> int:
    told_to_end, tell = os.pipe()
    os.set_blocking(tell, False)
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the session, which then ends us
    signal.set_wakeup_fd(tell)
    try:
        session = os.pidfd_open(session_pid)
    except ProcessLookupError:
        return 0
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    # A server that a test only paused or resumed tells of it as of its end.
    while server.poll() is None and not asked and session not in select.select([told_to_end, session], [], [])[0]:
        os.read(told_to_end, 4096)
    server.terminate()
    try:
        return server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        return server.wait()


if __name__ == "__main__":
    sys.exit(keep(int(sys.argv[1]), sys.argv[2:]))
