"""What the hospital and the pretended Alipay know of each other for paying."""

import json
from dataclasses import dataclass
from pathlib import Path

from hospital_app.sandbox.keys import DIGITS, made_once, random_text, rsa_pair, write_secret

APPLICATION_KEY = "application_key.pem"
APPLICATION_PUBLIC = "application_pub.pem"
PLATFORM_KEY = "platform_key.pem"
PLATFORM_PUBLIC = "platform_pub.pem"
MERCHANT = "merchant.json"
FILES = (APPLICATION_KEY, APPLICATION_PUBLIC, PLATFORM_KEY, PLATFORM_PUBLIC, MERCHANT)


@dataclass(frozen=True, slots=True)
class AlipayKeys:
    """One application of the hospital. PEM texts."""

    app_id: str
    seller_id: str
    application_key: str
    application_public: str
    platform_key: str
    platform_public: str


def generate(directory: Path) -> AlipayKeys:
    """Write a full set, or read the set that is already there. Raises KeysIncomplete."""
    made_once(directory, FILES, _write_set)
    return AlipayKeys(
        application_key=(directory / APPLICATION_KEY).read_text(),
        application_public=(directory / APPLICATION_PUBLIC).read_text(),
        platform_key=(directory / PLATFORM_KEY).read_text(),
        platform_public=(directory / PLATFORM_PUBLIC).read_text(),
        **json.loads((directory / MERCHANT).read_text()),
    )


def product_settings(directory: Path) -> dict[str, str]:
    """The HOSPITAL_* variables that make the product offer Alipay, all but the sandbox's addresses."""
    keys = generate(directory)
    return {
        "HOSPITAL_ALIPAY_APP_ID": keys.app_id,
        "HOSPITAL_ALIPAY_SELLER_ID": keys.seller_id,
        "HOSPITAL_ALIPAY_PRIVATE_KEY_PATH": str(directory.absolute() / APPLICATION_KEY),
        "HOSPITAL_ALIPAY_PUBLIC_KEY_PATH": str(directory.absolute() / PLATFORM_PUBLIC),
    }


def addresses(url: str) -> dict[str, str]:
    """Where the product finds the sandbox that answers at `url`; payers reach its cashier through our own port."""
    return {
        "HOSPITAL_ALIPAY_GATEWAY_URL": f"{url}/gateway.do",
        "HOSPITAL_ALIPAY_CASHIER_URL": "/sandbox/alipay/gateway.do",
    }


def _write_set(directory: Path) -> None:
    application, application_public = rsa_pair()
    platform, platform_public = rsa_pair()
    merchant = {"app_id": "2021" + random_text(DIGITS, 12), "seller_id": "2088" + random_text(DIGITS, 12)}
    write_secret(directory / APPLICATION_KEY, application)
    write_secret(directory / APPLICATION_PUBLIC, application_public)
    write_secret(directory / PLATFORM_KEY, platform)
    write_secret(directory / PLATFORM_PUBLIC, platform_public)
    write_secret(directory / MERCHANT, json.dumps(merchant, indent=2) + "\n")
