"""What the hospital and the pretended WeChat and Alipay know of each other for signing in."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hospital_app.sandbox.keys import DIGITS, HEX, made_once, random_text, rsa_pair, write_secret

HOSPITAL_KEY = "alipay_app_key.pem"
HOSPITAL_PUBLIC = "alipay_app_pub.pem"
ALIPAY_KEY = "alipay_platform_key.pem"
ALIPAY_PUBLIC = "alipay_platform_pub.pem"
APPLICATIONS = "applications.json"
FILES = (HOSPITAL_KEY, HOSPITAL_PUBLIC, ALIPAY_KEY, ALIPAY_PUBLIC, APPLICATIONS)


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """One application of the hospital at each vendor. PEM texts."""

    wechat_appid: str
    wechat_secret: str
    alipay_app_id: str
    hospital_key: str
    hospital_public: str
    alipay_key: str
    alipay_public: str


def generate(directory: Path, *, wechat_appid: str = "") -> IdentityKeys:
    """Write a full set, or read the set that is already there. Raises KeysIncomplete.

    `wechat_appid`: the one that pays, too, so that an openid is of use there; empty: another.
    """
    made_once(directory, FILES, partial(_write_set, wechat_appid=wechat_appid))
    return read(directory)


def read(directory: Path) -> IdentityKeys:
    return IdentityKeys(
        hospital_key=(directory / HOSPITAL_KEY).read_text(),
        hospital_public=(directory / HOSPITAL_PUBLIC).read_text(),
        alipay_key=(directory / ALIPAY_KEY).read_text(),
        alipay_public=(directory / ALIPAY_PUBLIC).read_text(),
        **json.loads((directory / APPLICATIONS).read_text()),
    )


def product_settings(directory: Path) -> dict[str, str]:
    """The HOSPITAL_* variables that make the product offer these ways in, all but the sandbox's addresses."""
    keys = read(directory)
    return {
        "HOSPITAL_WECHAT_LOGIN_APPID": keys.wechat_appid,
        "HOSPITAL_WECHAT_LOGIN_SECRET": keys.wechat_secret,
        "HOSPITAL_ALIPAY_LOGIN_APP_ID": keys.alipay_app_id,
        "HOSPITAL_ALIPAY_LOGIN_PRIVATE_KEY_PATH": str(directory.absolute() / HOSPITAL_KEY),
        "HOSPITAL_ALIPAY_LOGIN_PUBLIC_KEY_PATH": str(directory.absolute() / ALIPAY_PUBLIC),
    }


def addresses(url: str) -> dict[str, str]:
    """Where the product finds the sandbox that answers at `url`; people reach its pages through our own port."""
    return {
        "HOSPITAL_WECHAT_LOGIN_AUTHORIZE_URL": "/sandbox/identity/wechat/connect/oauth2/authorize",
        "HOSPITAL_WECHAT_LOGIN_API_URL": url,
        "HOSPITAL_ALIPAY_LOGIN_AUTHORIZE_URL": "/sandbox/identity/alipay/oauth2/publicAppAuthorize.htm",
        "HOSPITAL_ALIPAY_LOGIN_GATEWAY_URL": f"{url}/gateway.do",
    }


def _write_set(directory: Path, *, wechat_appid: str) -> None:
    hospital, hospital_public = rsa_pair()
    alipay, alipay_public = rsa_pair()
    applications = {
        "wechat_appid": wechat_appid or "wx" + random_text(HEX.lower(), 16),
        "wechat_secret": random_text(HEX.lower(), 32),
        "alipay_app_id": "2021" + random_text(DIGITS, 12),
    }
    write_secret(directory / HOSPITAL_KEY, hospital)
    write_secret(directory / HOSPITAL_PUBLIC, hospital_public)
    write_secret(directory / ALIPAY_KEY, alipay)
    write_secret(directory / ALIPAY_PUBLIC, alipay_public)
    write_secret(directory / APPLICATIONS, json.dumps(applications, indent=2) + "\n")
