"""What somebody typed into the search box, made comparable with names and their pinyin."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

_SEPARATORS = re.compile(r"[\s'’·．.\-_,，。、;；!！?？]+")
_LATIN = re.compile(r"[a-zü]+")
QUERY_MAX = 40


def query_of(text: str) -> str:
    """Full-width to half-width, lower case, no spaces or punctuation, ü as v; at most 40 characters."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SEPARATORS.sub("", folded)[:QUERY_MAX]


def is_latin(query: str) -> bool:
    """Whether a query can only be pinyin or initials."""
    return bool(_LATIN.fullmatch(query))


def latin(query: str) -> str:
    """Pinyin as our indexes spell it: v for ü, and lü / nü typed as lv / nv."""
    return query.replace("ü", "v")


def readings(surnames: Sequence[Sequence[str]], given: Sequence[str]) -> tuple[str, str]:
    """(pinyin, initials) to store for a name: words separated by spaces, to be matched from their beginning.

    `surnames`: every reading of the surname, as syllables, the likeliest first; `given`: the syllables of the given
    name, which is a word of its own so that "guoli" and "gl" find 张国立.
    """
    whole = [[*surname, *given] for surname in surnames] + ([list(given)] if given else [])
    return _words("".join(parts) for parts in whole), _words("".join(p[0] for p in parts) for parts in whole)


def _words(words: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(words))


def word_starts(query: str) -> tuple[str, str]:
    """Two LIKE patterns that find a word starting with `query` in a space separated column."""
    safe = escape_like(query)
    return f"{safe}%", f"% {safe}%"


def escape_like(query: str) -> str:
    """For LIKE ... ESCAPE '/'."""
    return query.replace("/", "//").replace("%", "/%").replace("_", "/_")
