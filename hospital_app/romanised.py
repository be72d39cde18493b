"""姓名的拼音：how a Chinese name is written for readers of English, by GB/T 28039: Zhang Guoli, Ouyang Xi'an, Lü Na."""

import re
from functools import lru_cache

from pypinyin import lazy_pinyin

from hospital_app.domain.surnames import COMPOUND_SURNAMES, SURNAMES

_HAN_NAME = re.compile("[\u4e00-\u9fff]{2,6}")
#: A syllable that begins like this would be read as the end of the one before.
_VOWELS = ("a", "o", "e")


@lru_cache(maxsize=4096)
def romanised(name: str) -> str:
    """Surname, then given name; what is no Chinese name stays as it is."""
    if not _HAN_NAME.fullmatch(name):
        return name
    compound = COMPOUND_SURNAMES.get(name[:2], "") if len(name) > 2 else ""
    surname = compound or SURNAMES.get(name[0]) or _one_word(name[0])
    given = _one_word(name[2:] if compound else name[1:])
    return f"{surname.capitalize()} {given.capitalize()}"


def _one_word(characters: str) -> str:
    first, *others = lazy_pinyin(characters, v_to_u=True)
    return first + "".join(f"'{other}" if other.startswith(_VOWELS) else other for other in others)
