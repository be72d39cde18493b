"""From a fresh clone to a virtual environment and a built front end, with nothing but Python.

Runs on the system's own interpreter, before anything is installed: standard library only, and a syntax
that old Pythons can still read, so that they can say that they are too old.

    python3 -m hospital_app.launch.bootstrap [venv] [dev] [frontend]
"""

import errno
import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
RUN = ROOT / ".run"
BUILT = ROOT / ".web" / "build" / "client"
#: What the front end is made of. Pages draw from the domain's tables and the catalogue as well.
FRONTEND_SOURCES = (
    "pages",
    "state",
    "assets",
    "reflex.lock",
    "rxconfig.py",
    "requirements.txt",
    "hospital_app/hospital_app.py",
    "hospital_app/catalogue.py",
    "hospital_app/locale",
    "hospital_app/domain",
    "hospital_app/launch/same_origin.py",
)


class Sentence(Exception):
    """Something the person at the keyboard can mend; its text is all they need to read."""


def ensure_python() -> None:
    """Refuse an interpreter that is too old or cannot make virtual environments."""
    if sys.version_info < OLDEST_PYTHON:
        raise Sentence(
            "需要 Python 3.11 或更新版本，当前是 %d.%d（可用 PYTHON=python3.12 make run 指定）。"
            " Python 3.11 or newer is needed; this is %d.%d." % (sys.version_info[:2] * 2)
        )


def ensure_venv(*requirement_files: str) -> None:
    """Create `.venv` and install the pinned packages, unless that was done for these very files."""
    python = VENV / "bin" / "python"
    # Without pip it is the rest of an interrupted attempt.
    if not python.exists() or not list(VENV.glob("lib/python*/site-packages/pip/__main__.py")):
        _say("创建虚拟环境 Creating the virtual environment")
        _call(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            "venv",
            "无法创建虚拟环境：请安装 Python 的 venv 模块（Debian：apt install python3-venv）。"
            " Python's venv module is missing (Debian: apt install python3-venv).",
        )
    for name in requirement_files:
        stamp = VENV / (".installed-" + name)
        wanted = _digest([ROOT / name]) + " " + sys.version.split()[0]
        if _read(stamp) == wanted:
            continue
        _say("安装依赖 Installing packages (%s)" % name)
        _call(
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", name],
            "pip",
            "依赖安装失败（网络或磁盘？）。 Installing the packages failed (network or disk?).",
        )
        stamp.write_text(wanted)


def ensure_frontend() -> None:
    """Build the front end with bun from the virtual environment, unless its sources are unchanged."""
    stamp = ROOT / ".web" / "build" / ".sources"
    wanted = _digest([ROOT / source for source in FRONTEND_SOURCES])
    if _read(stamp) == wanted and (BUILT / "index.html").exists():
        return
    _say("编译前端 Building the front end")
    _call(
        [str(VENV / "bin" / "python"), "-m", "reflex", "export", "--no-zip", "--frontend-only"],
        "frontend",
        "前端编译失败。 Building the front end failed.",
        HOSPITAL_PROFILE="demo",
        REFLEX_DIR=str(RUN / "reflex"),
        REFLEX_CHECK_LATEST_VERSION="false",
    )
    if not (BUILT / "index.html").exists():
        raise Sentence("前端编译没有产出页面。 The front end's build left no pages; see .run/log/frontend.log.")
    stamp.write_text(wanted)


def _call(command: "list[str]", log_name: str, failure: str, **environment: str) -> None:
    """Run quietly into `.run/log/<log_name>.log`; on failure its last line follows our sentence."""
    log = RUN / "log" / (log_name + ".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        code = subprocess.call(
            command, cwd=str(ROOT), stdout=out, stderr=out, stdin=subprocess.DEVNULL,
            env=dict(os.environ, **environment),
        )  # fmt: skip
    if code != 0:
        lines = log.read_text(errors="replace").strip().splitlines()
        reason = lines[-1].strip()[:300] if lines else "exit code %d" % code
        raise Sentence("%s\n  %s\n  全部输出 full output: %s" % (failure, reason, log.relative_to(ROOT)))


def _digest(paths: "list[Path]") -> str:
    total = hashlib.sha256()
    for path in paths:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            if "__pycache__" not in file.parts and file.exists():
                total.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def _read(path: Path) -> "str | None":
    return path.read_text() if path.exists() else None


def _say(text: str) -> None:
    print("·", text, "…", flush=True)


def main(steps: "list[str]") -> int:
    """Carry out the named steps; 0 when the house is prepared, 1 after one clear sentence."""
    try:
        ensure_python()
        RUN.mkdir(exist_ok=True)
        with (RUN / "bootstrap.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once: the second waits, then finds all done
            ensure_venv(*(["requirements.txt"] + (["requirements-dev.txt"] if "dev" in steps else [])))
            if "frontend" in steps:
                ensure_frontend()
    except Sentence as sentence:
        print(sentence, file=sys.stderr)
        return 1
    except OSError as fault:
        if fault.errno == errno.ENOSPC:
            print("磁盘已满。 The disk is full.", file=sys.stderr)
        elif fault.errno in (errno.EACCES, errno.EROFS):
            print("没有写权限 No permission to write: %s" % fault.filename, file=sys.stderr)
        else:
            print("启动准备失败 Preparing failed: %s" % fault, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
