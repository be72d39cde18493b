"""An independent judge of FHIR R4: the npm package `fhir`, run by the bun that builds the front end."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HOME = Path(__file__).parents[1] / "fhir_validator"
BUN = Path(sys.prefix) / "bin" / "bun"


def problems(resources: Sequence[dict[str, Any]]) -> list[list[str]]:
    """What is wrong with each; installed when first asked (pinned by bun.lock, 2 s)."""
    _install()
    answer = subprocess.run(
        [BUN, "run", "validate.js"],
        cwd=HOME,
        input=json.dumps(list(resources)),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found: list[list[str]] = json.loads(answer.stdout)
    assert len(found) == len(resources)
    return found


def _install() -> None:
    with (HOME / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (HOME / "node_modules" / "fhir").exists():
            subprocess.run(
                [BUN, "install", "--frozen-lockfile"], cwd=HOME, check=True, capture_output=True, timeout=120
            )
