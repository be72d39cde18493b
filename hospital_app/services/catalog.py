"""科室、医生卡片、导诊：what a visitor may read before signing in."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from hospital_app.domain import triage as triage_rules
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.policy import availability
from hospital_app.domain.search import escape_like, is_latin, latin, query_of, word_starts
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.hospital import Area, Department, Doctor
from hospital_app.services import cards, grid, symptoms
from hospital_app.services.cards import Card
from hospital_app.work import Work

HOT_DEPARTMENTS = 8


@dataclass(frozen=True, slots=True)
class DepartmentInfo:
    """科室. `parent` is the code of its group (内科 …), `open` whether it takes patients itself."""

    code: str
    name: str
    parent: str | None
    location: str
    scope: str
    opening: str
    open: bool
    hot_rank: int
    area_code: str | None
    area_name: str


@dataclass(frozen=True, slots=True)
class HotDepartment:
    """热门科室. `state` speaks of today: free few full; `left_tomorrow` is for those that are full today."""

    code: str
    name: str
    location: str
    state: str
    left_today: int
    left_tomorrow: int


@dataclass(frozen=True, slots=True)
class Advice:
    """What comes before any booking. `flag`: red_flag (emergency room), fever (fever clinic), enteric."""

    flag: str
    symptom: str
    text: str


@dataclass(frozen=True, slots=True)
class TriageResult:
    """导诊结果: `advice`, the gravest first; departments, the best first; `symptoms` is what was understood."""

    advice: tuple[Advice, ...]
    departments: tuple[DepartmentInfo, ...]
    symptoms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Everything that one search box finds."""

    advice: tuple[Advice, ...]
    departments: tuple[DepartmentInfo, ...]
    doctors: tuple[Card, ...]


def departments(work: Work) -> list[DepartmentInfo]:
    """Open departments and the groups that they stand in, by national code."""
    found = _departments(work)
    groups = {d.parent for d in found if d.open}
    return [d for d in found if d.open or d.code in groups]


def departments_home(work: Work) -> list[HotDepartment]:
    """The hot departments with what is left today and tomorrow."""
    today = clinic_day(work.now)
    tomorrow = today + timedelta(days=1)
    hot = sorted((d for d in _departments(work) if d.open and d.hot_rank), key=lambda d: d.hot_rank)[:HOT_DEPARTMENTS]
    rows = work.session.execute(
        select(col(Schedule.department_code), col(Schedule.on), grid.left_count(work), func.count())
        .join(Slot, col(Slot.schedule_id) == Schedule.id)
        .where(
            col(Schedule.department_code).in_([d.code for d in hot]),
            col(Schedule.on).between(today, tomorrow),
            *grid.bookable(work),
        )
        .group_by(col(Schedule.department_code), col(Schedule.on))
    )
    left = {(code, on): (int(free), int(total)) for code, on, free, total in rows}
    return [_hot(work, d, left.get((d.code, today), (0, 0)), left.get((d.code, tomorrow), (0, 0))) for d in hot]


def _hot(work: Work, d: DepartmentInfo, today: tuple[int, int], tomorrow: tuple[int, int]) -> HotDepartment:
    state = availability(work.rules, capacity=today[1], free=today[0])
    return HotDepartment(d.code, d.name, d.location, state, today[0], tomorrow[0])


def doctors(
    work: Work, *, department: str | None = None, q: str | None = None, symptom: str | None = None
) -> list[Card]:
    """Cards of doctors and pooled clinics, the best match first; all of them without any condition."""
    wanted = _codes_of(work, department) if department else None
    if symptom:
        ranked = [d.code for d in triage(work, q=symptom).departments]
        wanted = [code for code in ranked if wanted is None or code in wanted]
    if q and query_of(q):
        found = search(work, q=q).doctors
        return [card for card in found if wanted is None or card.department_code in wanted]
    return cards.of_departments(work, codes=wanted)


def search(work: Work, *, q: str) -> SearchResult:
    """Doctors by name, pinyin, initials or specialty; departments by name; else what the symptoms say."""
    query = query_of(q)
    if not query:
        return SearchResult((), (), ())
    named = cards.matching(work, condition=_doctor_matches(query))
    by_name = _department_matches(work, query)
    said = triage(work, q=q)
    places = list(dict.fromkeys([*by_name, *said.departments]))
    wanted = [code for d in places for code in _codes_of(work, d.code)]
    there = cards.of_departments(work, codes=wanted) if wanted else []
    return SearchResult(said.advice, tuple(places), tuple(dict.fromkeys([*named, *there])))


def triage(work: Work, *, q: str) -> TriageResult:
    """导诊：advice and open departments for free text such as "咳嗽三天". A closed one is answered for by its group."""
    found = triage_rules.triage(q, on=clinic_day(work.now), weights=symptoms.weights(work), flags=symptoms.flags(work))
    known = {d.code: d for d in _departments(work)}
    scores: dict[str, int] = {}
    for code, score in found.departments:
        place = known.get(code)
        if place is not None and not place.open and place.parent is not None:
            place = known.get(place.parent)
        if place is not None and place.open:
            scores[place.code] = scores.get(place.code, 0) + score
    ranked = sorted(scores, key=lambda code: (-scores[code], code))
    advice = tuple(Advice(f.flag, f.symptom, f.advice) for f in found.advice)
    return TriageResult(advice, tuple(known[code] for code in ranked), found.symptoms)


def _departments(work: Work) -> list[DepartmentInfo]:
    rows: Any = work.session.execute(
        select(
            col(Department.code), col(Department.name), col(Department.parent_code), col(Department.location),
            col(Department.scope), col(Department.opening), col(Department.open), col(Department.hot_rank),
            col(Department.area_code),
            func.coalesce(col(Area.name), ""),
        )
        .outerjoin(Area, col(Area.code) == Department.area_code)
        .order_by(col(Department.code))
    )  # fmt: skip
    return [DepartmentInfo(*row) for row in rows]


def _codes_of(work: Work, code: str) -> list[str]:
    """An open department itself; for a group its open members too."""
    rows = work.session.scalars(
        select(col(Department.code))
        .where(col(Department.open), or_(col(Department.code) == code, col(Department.parent_code) == code))
        .order_by(col(Department.code))
    )
    return list(rows)


def _doctor_matches(query: str) -> ColumnElement[bool]:
    if is_latin(query):
        starts = word_starts(latin(query))
        return or_(
            *(column.like(p, escape="/") for column in (col(Doctor.pinyin), col(Doctor.initials)) for p in starts)
        )
    inside = f"%{escape_like(query)}%"
    return or_(col(Doctor.name).like(inside, escape="/"), col(Doctor.specialty).like(inside, escape="/"))


def _department_matches(work: Work, query: str) -> list[DepartmentInfo]:
    """Departments whose name or pinyin fits; of names within the query only the longest (心血管内科, not 内科)."""
    if len(query) < 2:
        return []
    known = departments(work)
    if is_latin(query):
        words = {row[0]: f"{row[1]} {row[2]}".split() for row in work.session.execute(_PINYIN_OF_DEPARTMENTS)}
        return [d for d in known if any(word.startswith(latin(query)) for word in words[d.code])]
    inside = [d for d in known if d.name in query]
    longest = [d for d in inside if not any(d.name in other.name for other in inside if other is not d)]
    return longest or [d for d in known if query in d.name.casefold()]


_PINYIN_OF_DEPARTMENTS = select(col(Department.code), col(Department.pinyin), col(Department.initials))
