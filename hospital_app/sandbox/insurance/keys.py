"""What the hospital and the pretended insurance bureau know of each other."""

import json
from dataclasses import dataclass
from pathlib import Path

from gmssl_pyx import sm2_key_generate

from hospital_app.sandbox.keys import DIGITS, HEX, made_once, random_text, write_secret

INSTITUTION = "institution.json"
FILES = (INSTITUTION,)
MOBILE, AUTHORITY = "mobile.json", "authority.json"


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


@dataclass(frozen=True, slots=True)
class AuthorityKeys:
    """What the page where patients agree knows of the hospital, and the key of userQuery."""

    partner_id: str
    partner_secret: str
    channel: str
    city_code: str
    credential: str  # orgChnlCrtfCodg, as it stands in links: not encoded
    org_app_id: str


def generate_authority(directory: Path) -> AuthorityKeys:
    """Write a full set, or read the set that is already there."""
    made_once(directory, (AUTHORITY,), _write_authority)
    return AuthorityKeys(**json.loads((directory / AUTHORITY).read_text()))


def authority_settings(directory: Path, *, institution: str, url: str) -> dict[str, str]:
    """The HOSPITAL_* variables that send patients to the page of the sandbox at `url`, through our own port."""
    keys = generate_authority(directory)
    link = (
        f"/sandbox/insurance/authorise?bizType=04107&cityCode={keys.city_code}&channel={keys.channel}"
        f"&orgChnlCrtfCodg={keys.credential}&orgCodg={institution}&orgAppId={keys.org_app_id}"
    )
    return {
        "HOSPITAL_INSURANCE_MOBILE_AUTHORIZE_URL": link,
        "HOSPITAL_INSURANCE_MOBILE_QUERY_URL": f"{url}/api/mipuserquery/userQuery/{keys.partner_id}",
        "HOSPITAL_INSURANCE_MOBILE_PARTNER_SECRET": keys.partner_secret,
    }


def mobile_product_settings(directory: Path, url: str) -> dict[str, str]:
    """All that HOSPITAL_INSURANCE_WAY=mobile needs of the sandbox at `url`, whose directory this is."""
    return {
        "HOSPITAL_INSURANCE_MOBILE_URL": f"{url}/org/local/api/hos",
        **mobile_settings(directory / "insurance-mobile-keys"),
        **authority_settings(
            directory / "insurance-authority-keys",
            institution=generate(directory / "insurance-keys").institution_code,
            url=url,
        ),
    }


def _write_authority(directory: Path) -> None:
    known = {
        "partner_id": random_text(DIGITS, 8),
        "partner_secret": random_text(HEX.lower(), 32),
        "channel": f"AA{random_text(HEX, 22)}",
        "city_code": "420300",
        "credential": f"{random_text(HEX, 31)}/{random_text(HEX, 32)}",
        "org_app_id": random_text(HEX, 32),
    }
    write_secret(directory / AUTHORITY, json.dumps(known, indent=2) + "\n")


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
