"""科室与候诊区：what the hospital has and where it is."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from pypinyin import lazy_pinyin

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.domain.search import readings
from hospital_app.domain.texts import one_line, plain
from hospital_app.models.hospital import Area, Department
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class AreaEntry:
    """候诊区. `check_in_code` is shown in the area itself."""

    code: str
    name: str
    location: str
    check_in_code: str


@dataclass(frozen=True, slots=True)
class DepartmentEntry:
    """一个科室. `code` is the national one; `name` what this hospital calls it; `scope` what it treats."""

    code: str
    name: str
    parent_code: str | None = None
    location: str = ""
    scope: str = ""
    area_code: str | None = None
    open: bool = False
    hot_rank: int = 0


def save_areas(work: Work, *, areas: Sequence[AreaEntry]) -> None:
    """Add areas, or correct those whose code exists."""
    authority.check(work.actor, Right.OPEN_DEPARTMENT)
    for area in areas:
        work.session.merge(Area(**{field: one_line(text) for field, text in asdict(area).items()}))
    work.session.flush()
    work.record("areas.save", "areas", codes=[area.code for area in areas])


def save_departments(work: Work, *, departments: Sequence[DepartmentEntry]) -> None:
    """Add departments, or correct those whose code exists. An open one needs an area for its patients to wait in."""
    authority.check(work.actor, Right.OPEN_DEPARTMENT)
    for given in departments:
        entry = replace(given, name=one_line(given.name), location=one_line(given.location), scope=plain(given.scope))
        if entry.open and entry.area_code is None:
            raise Refusal("area_missing", "开放的科室必须有候诊区，请先选择候诊区。", 422)
        pinyin, initials = department_words(entry.name)
        work.session.merge(Department(**asdict(entry), pinyin=pinyin, initials=initials))
    work.session.flush()
    work.record("departments.save", "departments", count=len(departments))


def department_words(name: str) -> tuple[str, str]:
    """Pinyin and initials that find a department: the whole name, and what remains without 小儿 or 中医."""
    syllables = [syllable for syllable in lazy_pinyin(name, errors="ignore", v_to_u=False) if syllable]
    if not syllables:
        return "", ""
    rest = syllables[2:] if name[:2] in {"小儿", "中医"} else []
    return readings([syllables[: len(syllables) - len(rest)]], rest)
