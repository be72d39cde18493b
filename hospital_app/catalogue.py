"""全部界面文字的英文。The Chinese sentence is the key; `locale/en.json` holds its English.

A sentence with `{names}` is a template: both languages are filled with the same values.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "locale" / "en.json"
_BLANK = re.compile(r"\{(\w+)\}")
#: Scripts that run from right to left would carry the rest of the sentence along.
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]")


@cache
def english() -> dict[str, str]:
    """Chinese sentence -> English sentence, both with the same `{names}`."""
    entries: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return entries


def say(template: str, lang: str, **values: object) -> str:
    """`template` in `lang`, filled; values that stand in the catalogue are translated too.

    What has no English is said in Chinese.
    """
    if lang != "en":
        return _fill(template, values)
    known = english()
    return _fill(known.get(template, template), {name: known.get(str(v), v) for name, v in values.items()})


def _fill(template: str, values: Mapping[str, object]) -> str:
    return _BLANK.sub(lambda blank: isolated(str(values.get(blank[1], blank[0]))), template)


def isolated(text: str) -> str:
    """The same text, in marks that keep its direction to itself (FSI, PDI) where it may be another one."""
    return f"\u2068{text}\u2069" if _RIGHT_TO_LEFT.search(text) else text


def blanks(sentence: str) -> list[str]:
    """The `{names}` of a template, in order."""
    return _BLANK.findall(sentence)
