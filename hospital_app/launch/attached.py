"""Ties the life of a process to its parent's, so that even `kill -9` of a launcher leaves nothing behind.

    python -I -S attached.py <program> [argument ...]

Linux only; elsewhere a launcher killed outright leaves its supervisord running, and the lock says so.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(end: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send `end` to this process when its parent dies; survives exec, not fork."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(end), 0, 0, 0)
    if os.getppid() != parent:  # it died in between
        os.kill(os.getpid(), end)


if __name__ == "__main__":
    end_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])
