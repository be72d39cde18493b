"""Nothing starts on a configuration that is not safe, and each fault is one sentence."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hospital_app.domain.text_messages import TEMPLATES
from hospital_app.launch.by_hand import start_beside_the_house
from hospital_app.launch.quarters import Quarters, furnish
from hospital_app.settings import SMS_SDKS, Settings, get_settings
from tests.conftest import TEST_ENVIRONMENT
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


#: A house that no machine reads from, where nobody signs in through WeChat, asks a bureau or wants invoices,
#: needs none; the sandbox's opens nothing; the audit trail has the signing key to fall back on.
OPTIONAL_SECRETS = {
    "fhir_tokens",
    "sms_token",
    "wechat_login_secret",
    "insurance_secret_key",
    "insurance_mobile_app_secret",
    "insurance_mobile_partner_secret",
    "insurance_mobile_private_key",
    "invoice_key",
    "audit_key",
}


@pytest.mark.parametrize(("vendor", "other"), [("aliyun", "tencent"), ("tencent", "aliyun")])
def test_production_demands_every_secret_that_there_is(
    monkeypatch: pytest.MonkeyPatch, vendor: str, other: str
) -> None:
    """But for those of the SMS vendor that was not chosen."""
    for name in [name for name in os.environ if name.startswith("HOSPITAL_")]:
        monkeypatch.delenv(name)
    problems = " ".join(Settings(_env_file=None, sms_vendor=vendor).problems())
    secrets = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    others = {name for name in secrets if name.startswith(f"sms_{other}")}
    assert others
    missed = {name for name in secrets if f"HOSPITAL_{name.upper()}" not in problems}
    assert missed == OPTIONAL_SECRETS | others


def sms_problems(**settings: Any) -> list[str]:
    return [text for text in Settings(_env_file=None, profile="production", **settings).problems() if "SMS" in text]


COMPLETE: dict[str, dict[str, Any]] = {
    "aliyun": {"sms_aliyun_access_key_id": "a", "sms_aliyun_access_key_secret": "b"},
    "tencent": {"sms_tencent_secret_id": "a", "sms_tencent_secret_key": "b", "sms_tencent_app_id": "c"},
}


def test_production_needs_one_sms_vendor() -> None:
    assert sms_problems() == ["HOSPITAL_SMS_VENDOR must be aliyun or tencent in production: the sandbox sends nothing."]


@pytest.mark.parametrize("vendor", COMPLETE)
def test_an_sms_vendor_is_complete_or_what_it_lacks_is_named(vendor: str) -> None:
    complete = COMPLETE[vendor] | {"sms_sign_name": "市一院", "sms_templates": dict.fromkeys(TEMPLATES, "1")}
    assert sms_problems(sms_vendor=vendor, **complete) == []
    for name in complete:
        lacking = {other: value for other, value in complete.items() if other != name}
        assert [f"HOSPITAL_{name.upper()}" in text for text in sms_problems(sms_vendor=vendor, **lacking)] == [True]
    assert "own host" in sms_problems(sms_vendor=vendor, sms_url="http://127.0.0.1:1", **complete)[0]


def test_guessing_passwords_is_never_cheap_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOSPITAL_PASSWORD_MEMORY_KIB")
    usual = Settings(_env_file=None, profile="production")
    assert usual.password_memory_kib == 65_536
    assert "HOSPITAL_PASSWORD_MEMORY_KIB" not in " ".join(usual.problems())
    cheap = Settings(_env_file=None, profile="production", password_memory_kib=19_455)
    assert "HOSPITAL_PASSWORD_MEMORY_KIB must be 19456 or more in production." in cheap.problems()


def test_a_vendor_without_its_sdk_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SMS_SDKS, "aliyun", "a_package_that_is_not_there")
    problems = sms_problems(sms_vendor="aliyun", sms_sign_name="x", sms_templates={}, **COMPLETE["aliyun"])
    assert any("pip install -r requirements-aliyun.txt" in text for text in problems)


def test_production_signs_nobody_in_at_a_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HOSPITAL_")]:
        monkeypatch.delenv(name)
    configured = Settings(
        _env_file=None,
        wechat_login_appid="wx0123456789abcdef",
        wechat_login_api_url="http://127.0.0.1:18304",
        alipay_login_app_id="2021000000000000",
        alipay_login_gateway_url="http://127.0.0.1:18304/gateway.do",
    )
    problems = " ".join(configured.problems())
    for name in (
        "WECHAT_LOGIN_API_URL replaces",
        "ALIPAY_LOGIN_GATEWAY_URL replaces",
        "WECHAT_LOGIN_SECRET is not set",
        "ALIPAY_LOGIN_PRIVATE_KEY_PATH is not set",
        "ALIPAY_LOGIN_PUBLIC_KEY_PATH is not set",
    ):
        assert f"HOSPITAL_{name}" in problems


def test_a_command_by_hand_takes_the_secrets_of_the_house_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With others the audit would call a sound trail broken, and seal it wrongly."""
    for name in [name for name in os.environ if name.startswith("HOSPITAL_")]:
        monkeypatch.delenv(name)
    get_settings.cache_clear()
    quarters = Quarters(tmp_path)
    try:
        house = furnish(quarters, host="127.0.0.1", port=8000).environment
        beside = start_beside_the_house(quarters)
        assert beside.signing_key.get_secret_value() == house["HOSPITAL_SIGNING_KEY"]
        assert beside.database_url == house["HOSPITAL_DATABASE_URL"]
    finally:
        monkeypatch.undo()
        for name in [name for name in os.environ if name.startswith(("HOSPITAL_", "PROMETHEUS_"))]:
            if name not in TEST_ENVIRONMENT and not name.startswith("HOSPITAL_TEST_"):
                del os.environ[name]
        get_settings.cache_clear()


def test_without_any_secrets_a_command_by_hand_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("HOSPITAL_")]:
        monkeypatch.delenv(name)
    get_settings.cache_clear()
    try:
        with pytest.raises(SystemExit, match="HOSPITAL_SIGNING_KEY"):
            start_beside_the_house(Quarters(tmp_path))
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()


def test_a_web_server_takes_as_many_connections_as_it_may() -> None:
    """Who waits in the lobby holds one each: with the usual 1,024 a crowd would be turned away."""
    script = (
        "import resource; from hospital_app.launch.serve import CONNECTIONS, let_many_connect;"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1];"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)); let_many_connect();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0], min(CONNECTIONS, hard))"
    )
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert told[0] == told[1] != "256"
