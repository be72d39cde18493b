"""导诊：from what somebody says hurts to departments, and to the emergency room first where that is needed."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from hospital_app.domain.spoken import SPOKEN

# What the table says already stays as it is.
_WRITTEN = {word: word for word in (*SPOKEN, "鼻出血不止")} | {
    word: written for written, words in SPOKEN.items() for word in words
}
_SPOKEN_WORDS = re.compile("|".join(sorted(map(re.escape, _WRITTEN), key=len, reverse=True)))
_REMARK = re.compile(r"[（(][^）)]*[）)]")
_CUT = re.compile(
    r"[\s,，。、;；!！?？/|+和跟]+|还有|伴有|并且|以及|[0-9零一二两三四五六七八九十半几]+(?:多?个)?(?:天|周|月|年|小时|星期)"
)
_NO = ("不", "没", "无", "没有", "否认", "未")
_VAGUE = frozenset({"反复", "突发", "一侧", "慢性", "术后", "孕期", "老人"})  # beginnings that say nothing alone
_FILLER = "[很好太真挺超特别非常有点些老总是一直的地得又也里面部位 ]{0,4}?"  # 头[有点]痛
ENTERIC_MONTHS = range(5, 11)


@dataclass(frozen=True, slots=True)
class SymptomWeight:
    """One row of the table: how much `symptom` speaks for a department, 0-100."""

    symptom: str
    department_code: str
    weight_percent: int


@dataclass(frozen=True, slots=True)
class Flag:
    """A symptom that needs more than an appointment: `flag` is red_flag, fever or enteric."""

    symptom: str
    flag: str
    advice: str


@dataclass(frozen=True, slots=True)
class Triage:
    """导诊结果. `advice` comes first on every screen, the gravest first; `departments`: (code, score), best first."""

    advice: tuple[Flag, ...]
    departments: tuple[tuple[str, int], ...]
    symptoms: tuple[str, ...]


_GRAVITY = {"red_flag": 0, "fever": 1, "enteric": 2}


def triage(text: str, *, on: date, weights: Sequence[SymptomWeight], flags: Sequence[Flag]) -> Triage:
    """Advice and ranked departments for free text such as "咳嗽三天，有点发烧"."""
    said = _plain(text)
    known = {_plain(name): name for name in (*(w.symptom for w in weights), *(f.symptom for f in flags))}
    meant = _without_parts(plain for plain in known if _is_said(plain, said))
    near = meant or _completions(said, known)
    scores: dict[str, int] = defaultdict(int)
    for row in weights:
        if _plain(row.symptom) in near:
            scores[row.department_code] += row.weight_percent
    advice = {
        (f.flag, f.advice): f
        for f in flags
        if _plain(f.symptom) in meant and (f.flag != "enteric" or on.month in ENTERIC_MONTHS)
    }
    return Triage(
        advice=tuple(sorted(advice.values(), key=lambda f: _GRAVITY.get(f.flag, 9))),
        departments=tuple(sorted(scores.items(), key=lambda item: (-item[1], item[0]))),
        symptoms=tuple(known[plain] for plain in sorted(near, key=said.find)),
    )


def _plain(text: str) -> str:
    """Spoken words replaced by the table's, remarks in brackets and spaces dropped."""
    folded = _REMARK.sub("", unicodedata.normalize("NFKC", text).casefold().strip())
    return _SPOKEN_WORDS.sub(lambda found: _WRITTEN[found[0]], folded)[:80]


def _is_said(symptom: str, said: str) -> bool:
    """The symptom's characters stand in the text, in order and close together, and are not denied."""
    return any(not said[: found.start()].endswith(_NO) for found in _pattern(symptom).finditer(said))


@lru_cache(maxsize=2048)
def _pattern(symptom: str) -> re.Pattern[str]:
    return re.compile(_FILLER.join(map(re.escape, symptom)))


def _without_parts(symptoms: Iterable[str]) -> frozenset[str]:
    """Without those that a longer one contains: who says 小儿咳嗽 does not mean 咳嗽 as well."""
    found = frozenset(symptoms)
    return frozenset(s for s in found if not any(s != other and s in other for other in found))


def _completions(said: str, known: Mapping[str, str]) -> frozenset[str]:
    """Symptoms that contain a piece of what was said (尿频 → 尿频尿急尿痛): enough for departments, not for alarms."""
    words = [word for word in _CUT.split(said) if word and len(word) >= 2 and not word.startswith(_NO)]
    found = frozenset(symptom for symptom in known if any(word in symptom for word in words))
    return found or frozenset(s for s in known if s[:2] not in _VAGUE and _is_said(s[:2], said))
