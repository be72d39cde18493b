"""沙箱的密钥：made once, at random, never committed; product and sandboxes both read them."""

import json
import os
import secrets
import shutil
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

MERCHANT_KEY = "merchant_key.pem"
MERCHANT_PUBLIC = "merchant_pub.pem"
PLATFORM_KEY = "platform_key.pem"
PLATFORM_PUBLIC = "platform_pub.pem"
IDENTITY = "sandbox.json"
FILES = (MERCHANT_KEY, MERCHANT_PUBLIC, PLATFORM_KEY, PLATFORM_PUBLIC, IDENTITY)

DIGITS = string.digits
HEX = "0123456789ABCDEF"
_ALNUM = string.ascii_letters + string.digits


class KeysIncomplete(Exception):
    """The directory holds some of the files, not all: nothing is overwritten, a person must look."""


@dataclass(frozen=True, slots=True)
class SandboxKeys:
    """Everything the merchant, the pretended WeChat platform, HIS and SMS vendor need to know."""

    mchid: str
    appid: str
    merchant_serial_no: str
    merchant_key: str
    merchant_public: str
    platform_key_id: str
    platform_key: str
    platform_public: str
    apiv3_key: str  # 32 characters
    his_token: str
    sms_token: str


def generate(directory: Path) -> SandboxKeys:
    """Write a full set of keys, or read the set that is already there. Raises KeysIncomplete."""
    made_once(directory, FILES, _write_set)
    return read(directory)


def made_once(directory: Path, files: Sequence[str], write: Callable[[Path], None]) -> None:
    """Have `write` fill the directory with these files, unless they are there.

    The set appears in one rename, so that a killed first run leaves nothing half made.
    Raises KeysIncomplete if some of the files are missing.
    """
    directory = directory.absolute()
    present = [name for name in files if (directory / name).exists()]
    if len(present) == len(files):
        return
    if present:
        missing = ", ".join(sorted(set(files) - set(present)))
        raise KeysIncomplete(f"{directory} lacks {missing}: restore it, or remove the directory.")
    directory.parent.mkdir(parents=True, exist_ok=True)
    fresh = directory.parent / f".{directory.name}-{secrets.token_hex(4)}"
    fresh.mkdir(mode=0o700)
    try:
        write(fresh)
        fresh.rename(directory)  # onto nothing or an empty directory; a second first run loses here
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        if not all((directory / name).exists() for name in files):
            raise


def read(directory: Path) -> SandboxKeys:
    """Read the set that `generate` wrote. Raises FileNotFoundError if it is not there."""
    identity = json.loads((directory / IDENTITY).read_text())
    return SandboxKeys(
        merchant_key=(directory / MERCHANT_KEY).read_text(),
        merchant_public=(directory / MERCHANT_PUBLIC).read_text(),
        platform_key=(directory / PLATFORM_KEY).read_text(),
        platform_public=(directory / PLATFORM_PUBLIC).read_text(),
        **identity,
    )


def product_settings(directory: Path) -> dict[str, str]:
    """The HOSPITAL_* variables that make the product trust, and be trusted by, these sandboxes."""
    keys = read(directory)
    return {
        "HOSPITAL_WECHAT_APPID": keys.appid,
        "HOSPITAL_WECHAT_MCHID": keys.mchid,
        "HOSPITAL_WECHAT_SERIAL_NO": keys.merchant_serial_no,
        "HOSPITAL_WECHAT_PRIVATE_KEY_PATH": str(directory.absolute() / MERCHANT_KEY),
        "HOSPITAL_WECHAT_PUBLIC_KEY_PATH": str(directory.absolute() / PLATFORM_PUBLIC),
        "HOSPITAL_WECHAT_PUBLIC_KEY_ID": keys.platform_key_id,
        "HOSPITAL_WECHAT_APIV3_KEY": keys.apiv3_key,
        "HOSPITAL_HIS_TOKEN": keys.his_token,
        "HOSPITAL_SMS_TOKEN": keys.sms_token,
    }


def _write_set(directory: Path) -> None:
    merchant, merchant_public = rsa_pair()
    platform, platform_public = rsa_pair()
    identity = {
        "mchid": "19" + random_text(DIGITS, 8),
        "appid": "wx" + random_text(HEX.lower(), 16),
        "merchant_serial_no": random_text(HEX, 40),
        "platform_key_id": "PUB_KEY_ID_" + random_text(DIGITS, 34),
        "apiv3_key": random_text(_ALNUM, 32),
        "his_token": random_text(_ALNUM, 40),
        "sms_token": random_text(_ALNUM, 40),
    }
    write_secret(directory / MERCHANT_KEY, merchant)
    write_secret(directory / MERCHANT_PUBLIC, merchant_public)
    write_secret(directory / PLATFORM_KEY, platform)
    write_secret(directory / PLATFORM_PUBLIC, platform_public)
    write_secret(directory / IDENTITY, json.dumps(identity, indent=2) + "\n")


def write_secret(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def rsa_pair() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def random_text(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
