"""全部界面文字的英文。The Chinese sentence is the key; `locale/en.json` holds its English.

A sentence with `{names}` is a template: both languages are filled with the same values.
"""

import json
import re
from functools import cache
from pathlib import Path

LANGUAGES = ("zh", "en")
_FILE = Path(__file__).parent / "locale" / "en.json"
_BLANK = re.compile(r"\{(\w+)\}")


@cache
def english() -> dict[str, str]:
    """Chinese sentence -> English sentence, both with the same `{names}`."""
    entries: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))
    return entries


def say(template: str, lang: str, **values: object) -> str:
    """`template` in `lang`, filled. A sentence without an English one is said in Chinese."""
    text = english().get(template, template) if lang == "en" else template
    return _BLANK.sub(lambda blank: str(values.get(blank[1], blank[0])), text)


def blanks(sentence: str) -> list[str]:
    """The `{names}` of a template, in order."""
    return _BLANK.findall(sentence)


def pieces(sentence: str) -> list[tuple[str, bool]]:
    """A template cut into (text, False) and (name, True)."""
    parts = _BLANK.split(sentence)
    return [(part, index % 2 == 1) for index, part in enumerate(parts) if part or index % 2 == 1]
