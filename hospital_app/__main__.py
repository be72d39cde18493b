"""python -m hospital_app <command>: each command is imported only when it is called."""

import importlib
import sys

#: command -> (module, function of the arguments that returns the exit code, what it does)
COMMANDS = {
    "run": (
        "hospital_app.launch.run",
        "run",
        "start a demonstration hospital: stores, server, workers, sandboxes",
    ),
    "serve": ("hospital_app.launch.serve", "serve", "start the web server only, as in production"),
    "migrate": ("hospital_app.launch.prepare", "migrate", "bring the database to the newest schema"),
    "seed": ("hospital_app.launch.prepare", "seed_hospital", "fill an empty database with the demonstration"),
    "prepare": ("hospital_app.launch.prepare", "prepare", "migrate, and seed if empty (used by run)"),
    "audit": (
        "hospital_app.launch.by_hand",
        "audit_books",
        "check every invariant of the books; exit code 1 if one is broken",
    ),
    "compare-his": (
        "hospital_app.launch.by_hand",
        "compare_his",
        "prove that the HIS holds what we hold, and send again what differs (--days N)",
    ),
    "rotate-keys": (
        "hospital_app.launch.rotate",
        "rotate_keys",
        "seal everything with the current encryption key; the house may go on running",
    ),
    "hire-admin": ("hospital_app.launch.admins", "hire_admin", "a hospital admin's account, with a first password"),
    "reset-second-factor": (
        "hospital_app.launch.admins",
        "reset_second_factor",
        "for the only admin who lost phone and recovery codes",
    ),
    "demo-reset": ("hospital_app.launch.reset", "reset", "forget the demonstration's data"),
}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in COMMANDS:
        print("usage: python -m hospital_app <command>\n", file=sys.stderr)
        for name, (_, _, what) in COMMANDS.items():
            print(f"  {name:20} {what}", file=sys.stderr)
        return 2
    module, function, _ = COMMANDS[arguments[0]]
    code: int = getattr(importlib.import_module(module), function)(arguments[1:])
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
