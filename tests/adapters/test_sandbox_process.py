"""A sandbox as a process: its port is its own, its configuration comes from outside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.adapters.world import Sandbox
from tests.support.servers import REPOSITORY


@pytest.mark.parametrize("name", ["wechat", "his", "sms", "identity"])
def test_a_taken_port_is_one_clear_sentence(sms_world: Sandbox, tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-m", "hospital_app.sandbox", name, "--port", str(sms_world.port)]
    ended = subprocess.run(
        [*command, "--directory", str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 1 and ended.stderr.startswith(f"端口 {sms_world.port} 已被占用")


def test_the_configuration_may_come_from_the_environment(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "hospital_app.sandbox", "keys"],
        cwd=REPOSITORY,
        env={**os.environ, "HOSPITAL_SANDBOX_DIRECTORY": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert made.returncode == 0 and "HOSPITAL_WECHAT_MCHID=" in made.stdout
    assert (tmp_path / "keys" / "sandbox.json").exists()
