"""What the hospital and the pretended insurance bureau know of each other."""

import json
from dataclasses import dataclass
from pathlib import Path

from gmssl_pyx import sm2_key_generate

from hospital_app.sandbox.keys import DIGITS, HEX, made_once, random_text, write_secret

INSTITUTION = "institution.json"
FILES = (INSTITUTION,)
MOBILE = "mobile.json"


@dataclass(frozen=True, slots=True)
class InsuranceKeys:
    """One 定点医疗机构 and its key at the CSB gateway."""

    access_key: str
    secret_key: str
    institution_code: str  # 12 characters
    region: str  # GB/T 2260


def generate(directory: Path) -> InsuranceKeys:
    """Write a full set, or read the set that is already there."""
    made_once(directory, FILES, _write_set)
    return InsuranceKeys(**json.loads((directory / INSTITUTION).read_text()))


def product_settings(directory: Path) -> dict[str, str]:
    """The HOSPITAL_* variables that make the bureau know the product, all but its address."""
    keys = generate(directory)
    return {
        "HOSPITAL_INSURANCE_ACCESS_KEY": keys.access_key,
        "HOSPITAL_INSURANCE_SECRET_KEY": keys.secret_key,
        "HOSPITAL_INSURANCE_INSTITUTION_CODE": keys.institution_code,
        "HOSPITAL_INSURANCE_REGION": keys.region,
    }


@dataclass(frozen=True, slots=True)
class MobileKeys:
    """What the hospital and the mobile payment platform know of each other; keys in hexadecimal."""

    app_id: str
    app_secret: str
    hospital_private: str
    hospital_public: str
    platform_private: str
    platform_public: str


def generate_mobile(directory: Path) -> MobileKeys:
    """Write a full set, or read the set that is already there."""
    made_once(directory, (MOBILE,), _write_mobile)
    return MobileKeys(**json.loads((directory / MOBILE).read_text()))


def mobile_settings(directory: Path) -> dict[str, str]:
    """The HOSPITAL_* variables that make the product use the mobile platform, all but its address."""
    keys = generate_mobile(directory)
    return {
        "HOSPITAL_INSURANCE_MOBILE_APP_ID": keys.app_id,
        "HOSPITAL_INSURANCE_MOBILE_APP_SECRET": keys.app_secret,
        "HOSPITAL_INSURANCE_MOBILE_PRIVATE_KEY": keys.hospital_private,
        "HOSPITAL_INSURANCE_MOBILE_PUBLIC_KEY": keys.hospital_public,
        "HOSPITAL_INSURANCE_MOBILE_PLATFORM_KEY": keys.platform_public,
    }


def _write_mobile(directory: Path) -> None:
    hospital, platform = (sm2_key_generate() for _ in range(2))
    known = {
        "app_id": random_text(HEX, 32),
        "app_secret": random_text(HEX, 32),
        "hospital_public": hospital[0].hex(),
        "hospital_private": hospital[1].hex(),
        "platform_public": platform[0].hex(),
        "platform_private": platform[1].hex(),
    }
    write_secret(directory / MOBILE, json.dumps(known, indent=2) + "\n")


def _write_set(directory: Path) -> None:
    known = {
        "access_key": random_text(HEX.lower(), 32),
        "secret_key": random_text(HEX.lower(), 48),
        "institution_code": "H4203" + random_text(DIGITS, 7),
        "region": "420300",
    }
    write_secret(directory / INSTITUTION, json.dumps(known, indent=2) + "\n")
