"""证件号的核验与盲索引."""

import re

from stdnum.cn import ric

from hospital_app.domain.documents import DocumentKind, bad_document, clean_number, compact, has_check_digit
from hospital_app.domain.errors import Refusal
from hospital_app.vault import vault

INSURANCE_NUMBER = re.compile(r"[0-9A-Z]{6,30}")


def verified_number(kind: DocumentKind, text: str) -> str:
    """The number in its one spelling, check digit included; raises Refusal `bad_document`.

    The library's table of counties is not asked: it knows no county newer than itself, and would send its people away.
    """
    number = clean_number(kind, text)
    if has_check_digit(kind, number) and ric.calc_check_digit(number) != number[-1]:
        raise bad_document()
    return number


def document_index(kind: DocumentKind, number: str) -> str:
    """By which one person is found again; `number` as `verified_number` gives it."""
    return vault().blind_index("document", f"{kind.value}:{number}")


def clean_insurance_number(text: str) -> str:
    """医保卡号或社会保障号; raises Refusal `bad_insurance_number`."""
    number = compact(text)
    if not INSURANCE_NUMBER.fullmatch(number):
        raise Refusal("bad_insurance_number", "医保号不正确，请对照医保卡或电子凭证重新填写。", 422)
    return number
