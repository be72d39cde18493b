"""Nothing starts on a configuration that is not safe, and each fault is one sentence."""

import os
import subprocess
import sys

import pytest

from hospital_app.settings import Settings
from tests.support.servers import REPOSITORY

ENTRANCES = [("hospital_app", "serve"), ("workers", "work"), ("workers", "relay"), ("workers", "schedule")]


def start(module: str, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HOSPITAL_")}
    return subprocess.run(
        [sys.executable, "-m", module, command],
        cwd=REPOSITORY,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(("module", "command"), ENTRANCES)
def test_production_does_not_start_beside_a_sandbox_or_without_secrets(module: str, command: str) -> None:
    ended = start(module, command, HOSPITAL_PROFILE="production", HOSPITAL_SANDBOX_SMS_PORT="18303")
    assert ended.returncode == 1
    for name in ("HOSPITAL_SANDBOX_SMS_PORT", "HOSPITAL_SIGNING_KEY", "HOSPITAL_WECHAT_MCHID", "HOSPITAL_PUBLIC_URL"):
        assert f"- {name} " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_value_of_the_wrong_type_is_named() -> None:
    ended = start("hospital_app", "serve", HOSPITAL_PORT="eighty")
    assert ended.returncode == 1
    assert "HOSPITAL_PORT: Input should be a valid integer" in ended.stderr
    assert "Traceback" not in ended.stderr


#: A house that no machine reads from needs none.
OPTIONAL_SECRETS = {"fhir_tokens"}


def test_production_demands_every_secret_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HOSPITAL_")]:
        monkeypatch.delenv(name)
    problems = " ".join(Settings(_env_file=None).problems())
    secrets = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    assert {name for name in secrets if f"HOSPITAL_{name.upper()}" not in problems} == OPTIONAL_SECRETS
