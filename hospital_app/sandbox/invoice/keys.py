"""What the hospital and the pretended issuing platform know of each other."""

import json
from dataclasses import dataclass
from pathlib import Path

from hospital_app.sandbox.keys import DIGITS, HEX, made_once, random_text, write_secret

UNIT = "unit.json"


@dataclass(frozen=True, slots=True)
class InvoiceKeys:
    """One 开票单位 and its key."""

    appid: str
    key: str
    place_code: str


def generate(directory: Path) -> InvoiceKeys:
    """Write a full set, or read the set that is already there."""
    made_once(directory, (UNIT,), _write_set)
    return InvoiceKeys(**json.loads((directory / UNIT).read_text()))


def product_settings(directory: Path) -> dict[str, str]:
    """The HOSPITAL_* variables that make the platform know the product, all but its address."""
    known = generate(directory)
    return {
        "HOSPITAL_INVOICE_APPID": known.appid,
        "HOSPITAL_INVOICE_KEY": known.key,
        "HOSPITAL_INVOICE_PLACE_CODE": known.place_code,
    }


def _write_set(directory: Path) -> None:
    known = {
        "appid": "YY" + random_text(DIGITS, 8),
        "key": random_text(HEX.lower(), 32),
        "place_code": random_text(DIGITS, 3),
    }
    write_secret(directory / UNIT, json.dumps(known, indent=2) + "\n")
