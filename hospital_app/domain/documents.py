"""就诊人的证件：种类、写法、由身份证得出的资料，以及还缺什么.

Pure text work; check digits are verified where the library for them may be used (services/patients.py).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.errors import Refusal

CHILD_UNTIL_AGE = 14  # a younger patient needs a guardian
GUARDIAN_FROM_AGE = 18
NAME_MAX = 40
OLDEST_BIRTH = date(1880, 1, 1)


class DocumentKind(StrEnum):
    """证件种类：身份证（含港澳台居民居住证）/ 护照 / 来往内地通行证 / 台胞证 / 外国人永居证 / 出生证明."""

    RESIDENT_ID = "resident-id"
    PASSPORT = "passport"
    HK_MACAO_PERMIT = "hk-macao-permit"
    TAIWAN_PERMIT = "taiwan-permit"
    FOREIGN_PERMANENT_RESIDENT = "foreign-permanent-resident"
    BIRTH_CERTIFICATE = "birth-certificate"


class Relation(StrEnum):
    """与账号持有人的关系."""

    SELF = "self"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    OTHER = "other"


class Gender(StrEnum):
    """FHIR AdministrativeGender."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


# After compact(): no spaces, hyphens or brackets, half width, capitals.
PATTERNS: Mapping[DocumentKind, re.Pattern[str]] = MappingProxyType(
    {
        DocumentKind.RESIDENT_ID: re.compile(r"[1-8][0-9]{16}[0-9X]"),
        DocumentKind.PASSPORT: re.compile(r"(?=.*[0-9])[A-Z0-9]{5,15}"),
        DocumentKind.HK_MACAO_PERMIT: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
        DocumentKind.TAIWAN_PERMIT: re.compile(r"[0-9]{8}|[0-9]{10}[A-Z]?"),
        DocumentKind.FOREIGN_PERMANENT_RESIDENT: re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]"),
        DocumentKind.BIRTH_CERTIFICATE: re.compile(r"[A-Z][0-9]{9}"),
    }
)

_DOTS = dict.fromkeys(map(ord, "•‧∙⋅・･．"), "·")
_SEPARATORS = re.compile(r"[\s\-‐-―()]+")
_NAME_SIGNS = frozenset("· '’.-")
#: Letters and marks that nobody sees: fillers of Hangul, joiners, Khmer's inherent vowels.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
MARKS_MAX = 4  # on one letter; more than any script needs climb over the lines above


def compact(text: str) -> str:
    """A document number as it is compared and stored: half width, capitals, no separators."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def clean_number(kind: DocumentKind, text: str) -> str:
    """The number in its one spelling; raises Refusal `bad_document` if the kind has no such numbers.

    A Hong Kong or Macao permit is cut to its lifelong part: the last two digits only count renewals.
    """
    number = compact(text)
    if not PATTERNS[kind].fullmatch(number):
        raise bad_document()
    return number[:9] if kind is DocumentKind.HK_MACAO_PERMIT else number


def has_check_digit(kind: DocumentKind, number: str) -> bool:
    """Whether the last character of this number is computed from the others (GB 11643)."""
    return len(number) == 18 and kind in (
        DocumentKind.RESIDENT_ID,
        DocumentKind.FOREIGN_PERMANENT_RESIDENT,
    )


def bad_document() -> Refusal:
    return Refusal("bad_document", "证件号码不正确，请对照证件逐位核对后重新填写。", 422)


def clean_name(text: str) -> str:
    """A person's name in one spelling: any script, rare characters and · included; raises Refusal `bad_name`.

    Nothing that is no letter: no digit, no sign that a spreadsheet or a page could take for more than text, nothing
    invisible, nothing that turns the direction of writing. Where a name stands beside other text it is isolated, since
    some scripts run from right to left.
    """
    name = " ".join(unicodedata.normalize("NFC", text).translate(_DOTS).split())
    if not 1 <= len(name) <= NAME_MAX or not any(map(_is_letter, name)):
        raise bad_name()
    if not all((_is_letter(sign) and sign not in _UNSEEN) or sign in _NAME_SIGNS for sign in name):
        raise bad_name()
    if name[0] in _NAME_SIGNS or _is_mark(name[0]) or "M" * (MARKS_MAX + 1) in "".join(map(_kind, name)):
        raise bad_name()
    return name


def bad_name() -> Refusal:
    return Refusal("bad_name", "姓名只能包含文字和间隔号，最多 40 个字，请按证件填写。", 422)


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name: capitals and spaces don't count."""
    return one.replace(" ", "").casefold() == other.replace(" ", "").casefold()


def _kind(sign: str) -> str:
    return unicodedata.category(sign)[0]


def _is_mark(sign: str) -> bool:
    return _kind(sign) == "M"


def _is_letter(sign: str) -> bool:
    # Planes 2 and 3 hold only ideographs, newer ones than this Python's tables know among them.
    return unicodedata.category(sign)[0] in "LM" or 0x20000 <= ord(sign) <= 0x3FFFF


@dataclass(frozen=True, slots=True)
class Written:
    """What a number says of its holder."""

    born_on: date
    gender: Gender


def written_in(kind: DocumentKind, number: str, *, today: date) -> Written | None:
    """Birth date and gender out of a resident ID; None for other kinds. Raises Refusal `bad_document`."""
    if kind is not DocumentKind.RESIDENT_ID:
        return None
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise bad_document() from None
    if not OLDEST_BIRTH <= born_on <= today:
        raise bad_document()
    return Written(born_on, Gender.MALE if int(number[16]) % 2 else Gender.FEMALE)


def check_born_on(born_on: date, *, today: date) -> None:
    if not OLDEST_BIRTH <= born_on <= today:
        raise Refusal("bad_birth_date", "出生日期不正确，请按证件重新填写。", 422)


def check_birth_certificate(kind: DocumentKind | None, born_on: date | None, *, today: date) -> None:
    """出生医学证明 stands for a resident ID only while a child has none."""
    if kind is DocumentKind.BIRTH_CERTIFICATE and born_on is not None and not needs_guardian(born_on, today=today):
        raise Refusal("bad_document", "出生医学证明只用于还没有身份证的儿童，请改用身份证或其他证件。", 422)


def age_on(born_on: date, today: date) -> int:
    """Whole years."""
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))


def missing_fields(*, name: str, document_number: str | None, born_on: date | None, gender: str) -> list[str]:
    """What a person must still give before they can book, in the order of the form; empty if complete."""
    given = {
        "name": bool(name),
        "document_number": bool(document_number),
        "born_on": born_on is not None,
        "gender": gender != Gender.UNKNOWN,
    }
    return [field for field, there in given.items() if not there]


def needs_guardian(born_on: date | None, *, today: date) -> bool:
    """未满 14 周岁."""
    return born_on is not None and age_on(born_on, today) < CHILD_UNTIL_AGE


def may_be_guardian(born_on: date | None, *, today: date) -> bool:
    return born_on is not None and age_on(born_on, today) >= GUARDIAN_FROM_AGE
