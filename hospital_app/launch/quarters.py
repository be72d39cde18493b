"""Where a running house keeps its things: the run directory, and the environment that all its processes share."""

import base64
import fcntl
import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dotenv import dotenv_values

from hospital_app.launch.bootstrap import ROOT, Sentence
from hospital_app.sandbox import keys
from hospital_app.sandbox.alipay import keys as alipay_keys
from hospital_app.sandbox.identity import keys as identity_keys
from hospital_app.sandbox.insurance import keys as insurance_keys
from hospital_app.sandbox.invoice import keys as invoice_keys

SMALLEST_DISK_BYTES = 300 * 1024**2
SANDBOXES = ("wechat", "alipay", "his", "sms", "identity", "authenticator", "insurance", "invoice")


@dataclass(frozen=True)
class Quarters:
    """One run directory. Everything in it but the logs goes with `demo-reset`."""

    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "log"

    @property
    def secrets(self) -> Path:
        """Made once at random; without them nothing that is sealed or signed here can be read or checked."""
        return self.path / "secrets.env"

    @property
    def seeding(self) -> Path:
        """Stands here while the hospital is being seeded: if it outlives that, the seeding was interrupted."""
        return self.path / "seeding"

    def data(self) -> list[Path]:
        """What a demonstration remembers."""
        return [
            *self.path.glob("guahao.sqlite3*"),
            *(self.path / name for name in ("valkey", "events", "sandbox", "metrics", "secrets.env", "seeding")),
        ]

    def lock(self) -> TextIO:
        """Hold the quarters for as long as the returned file is open. Raises Sentence if somebody else does."""
        self.logs.mkdir(parents=True, exist_ok=True)
        file = (self.path / "lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                file.seek(0)
                holder = file.read().strip()
            raise Sentence(f"已有一个实例在运行。 An instance is already running: {holder}") from None
        return file

    def forget(self) -> None:
        """Remove all data; the caller holds the lock."""
        for path in self.data():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def check_disk(quarters: Quarters) -> None:
    free = shutil.disk_usage(quarters.path).free
    if free < SMALLEST_DISK_BYTES:
        raise Sentence(
            f"磁盘空间不足，至少需要 300 MB。 Not enough disk space: {free // 1024**2} MB free, 300 MB needed."
        )


def check_port(host: str, port: int) -> None:
    """Raises Sentence if the public port cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise Sentence(f"没有权限使用端口 {port}。 No permission to use port {port}.") from None
        except OSError as fault:
            raise Sentence(
                f"端口 {port} 不可用（{fault.strerror}），可换一个：PORT={port + 1} make run。"
                f" Port {port} is not available: {fault.strerror}."
            ) from None


def free_ports(count: int) -> list[int]:
    """Distinct TCP ports on loopback that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@dataclass(frozen=True)
class House:
    """A house about to run: its quarters, the environment of all its processes, and its own Valkey if it has one."""

    quarters: Quarters
    environment: dict[str, str]
    valkey_port: int | None
    valkey_password: str

    @property
    def port(self) -> int:
        return int(self.environment["HOSPITAL_PORT"])

    @property
    def embedded(self) -> bool:
        """Whether the database is a file of ours, which may be thrown away."""
        return self.environment["HOSPITAL_DATABASE_URL"].startswith(f"sqlite:///{self.quarters.path.absolute()}/")


def furnish(quarters: Quarters, *, host: str, port: int) -> House:
    """Settle ports, secrets and keys. What `.env` or the caller's environment says goes before what we choose."""
    path = quarters.path.absolute()
    valkey_port, mllp_port, *sandbox_ports = free_ports(2 + len(SANDBOXES))
    kept = _kept_secrets(quarters.secrets.absolute())
    merchant = keys.generate(path / "sandbox" / "keys")
    identity_keys.generate(path / "sandbox" / "identity-keys", wechat_appid=merchant.appid)
    wechat, alipay, his, sms, identity, _, bureau, platform = (
        f"http://127.0.0.1:{sandbox_port}" for sandbox_port in sandbox_ports
    )
    ours = {
        "HOSPITAL_PROFILE": "demo",
        "HOSPITAL_HOST": host,
        "HOSPITAL_PORT": str(port),
        "HOSPITAL_PUBLIC_URL": f"http://localhost:{port}",
        "HOSPITAL_DATABASE_URL": f"sqlite:///{path}/guahao.sqlite3",
        "HOSPITAL_REDIS_URL": f"redis://:{kept['VALKEY_PASSWORD']}@127.0.0.1:{valkey_port}/0",
        "HOSPITAL_EVENT_LOG_URL": f"litemongo://{path}/events",
        "HOSPITAL_SANDBOX_DIRECTORY": f"{path}/sandbox",
        **{
            f"HOSPITAL_SANDBOX_{name.upper()}_PORT": str(sandbox_port)
            for name, sandbox_port in zip(SANDBOXES, sandbox_ports, strict=True)
        },
        **keys.product_settings(path / "sandbox" / "keys"),
        "HOSPITAL_WECHAT_GATEWAY_URL": wechat,
        "HOSPITAL_WECHAT_NOTIFY_URL": f"http://127.0.0.1:{port}/callbacks/wechat",
        **alipay_keys.product_settings(path / "sandbox" / "alipay-keys"),
        **alipay_keys.addresses(alipay),
        "HOSPITAL_ALIPAY_NOTIFY_URL": f"http://127.0.0.1:{port}/callbacks/alipay",
        "HOSPITAL_HIS_URL": f"{his}/fhir/R4",
        "HOSPITAL_HIS_PROTOCOL": "both",
        "HOSPITAL_HIS_MLLP_HOST": "127.0.0.1",
        "HOSPITAL_HIS_MLLP_PORT": str(mllp_port),
        "HOSPITAL_SANDBOX_HIS_MLLP_PORT": str(mllp_port),
        "HOSPITAL_SMS_URL": sms,
        **identity_keys.product_settings(path / "sandbox" / "identity-keys"),
        **identity_keys.addresses(identity),
        "HOSPITAL_INSURANCE_URL": f"{bureau}/csb",
        **insurance_keys.product_settings(path / "sandbox" / "insurance-keys"),
        **insurance_keys.mobile_product_settings(path / "sandbox", bureau),
        "HOSPITAL_SANDBOX_INSURANCE_NOTIFY_URL": f"http://127.0.0.1:{port}/callbacks/insurance",
        "HOSPITAL_INVOICE_URL": platform,
        **invoice_keys.product_settings(path / "sandbox" / "invoice-keys"),
        "PROMETHEUS_MULTIPROC_DIR": f"{path}/metrics",
        **{name: value for name, value in kept.items() if name.startswith("HOSPITAL_")},
    }
    dotenv = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
    given = {name: value for name, value in (dotenv | dict(os.environ)).items() if name.startswith("HOSPITAL_")}
    given = {name: value for name, value in given.items() if name not in ("HOSPITAL_HOST", "HOSPITAL_PORT")}
    return House(
        quarters,
        {**os.environ, **ours, **given},
        None if "HOSPITAL_REDIS_URL" in given else valkey_port,
        kept["VALKEY_PASSWORD"],
    )


def _kept_secrets(file: Path) -> dict[str, str]:
    """Secrets made once at random, readable by their owner only."""
    if not file.exists():

        def key() -> str:
            return base64.b64encode(secrets.token_bytes(32)).decode()

        fresh = {
            "HOSPITAL_ENCRYPTION_KEYS": f'{{"demo-1": "{key()}"}}',
            "HOSPITAL_ENCRYPTION_KEY_ID": "demo-1",
            "HOSPITAL_INDEX_KEY": key(),
            "HOSPITAL_SIGNING_KEY": key(),
            "VALKEY_PASSWORD": secrets.token_urlsafe(24),
        }
        unfinished = file.with_suffix(".new")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.writelines(f"{name}='{value}'\n" for name, value in fresh.items())
        unfinished.rename(file)
    return {name: value or "" for name, value in dotenv_values(file).items()}
