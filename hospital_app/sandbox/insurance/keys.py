"""What the hospital and the pretended insurance bureau know of each other."""

import json
from dataclasses import dataclass
from pathlib import Path

from hospital_app.sandbox.keys import DIGITS, HEX, made_once, random_text, write_secret

INSTITUTION = "institution.json"
FILES = (INSTITUTION,)


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


def _write_set(directory: Path) -> None:
    known = {
        "access_key": random_text(HEX.lower(), 32),
        "secret_key": random_text(HEX.lower(), 48),
        "institution_code": "H4203" + random_text(DIGITS, 7),
        "region": "420300",
    }
    write_secret(directory / INSTITUTION, json.dumps(known, indent=2) + "\n")
