"""医生档案：adding and correcting doctors, and the pinyin under which they are found."""

from dataclasses import asdict, dataclass, replace

from pypinyin import Style, lazy_pinyin, pinyin

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.search import readings
from hospital_app.domain.staffing import GENDERS
from hospital_app.domain.surnames import COMPOUND_SURNAMES, SURNAMES
from hospital_app.domain.texts import one_line, plain
from hospital_app.models.hospital import Department, Doctor
from hospital_app.work import Work

PINYIN_MAX, INITIALS_MAX = 200, 60
TITLE_MAX, SPECIALTY_MAX, INTRODUCTION_MAX = 20, 200, 2000


@dataclass(frozen=True, slots=True)
class DoctorEntry:
    """What an administrator writes about a doctor."""

    name: str
    gender: str
    title: str
    specialty: str
    introduction: str
    department_code: str


def add(work: Work, *, entry: DoctorEntry) -> int:
    """A new doctor's id. Department admins add to their own department only."""
    authority.check_department(work.actor, Right.MANAGE_DOCTOR, entry.department_code)
    entry = _in_plain_text(entry)
    _check(work, entry)
    found_by = name_words(entry.name)
    doctor = Doctor(**asdict(entry), pinyin=found_by[0], initials=found_by[1])
    work.session.add(doctor)
    work.session.flush()
    if doctor.id is None:
        raise ValueError("flush gave no id")
    work.record("doctor.add", f"doctor:{doctor.id}", department=entry.department_code)
    return doctor.id


def correct(work: Work, *, doctor_id: int, entry: DoctorEntry) -> None:
    """Rewrite a doctor's entry; both the old and the new department must be the admin's."""
    doctor = work.session.get(Doctor, doctor_id, with_for_update=True, populate_existing=True)
    if doctor is None:
        raise not_found("这位医生")
    for code in (doctor.department_code, entry.department_code):
        authority.check_department(work.actor, Right.MANAGE_DOCTOR, code)
    entry = _in_plain_text(entry)
    _check(work, entry)
    for field, value in asdict(entry).items():
        setattr(doctor, field, value)
    doctor.pinyin, doctor.initials = name_words(entry.name)
    work.record("doctor.correct", f"doctor:{doctor_id}")


def name_words(name: str) -> tuple[str, str]:
    """(pinyin, initials) that find a name, every reading of a surname that has several.

    The reading as a surname comes first (单 shan, 曾 zeng, 仇 qiu), then those of the dictionary, for people who know
    the character but not the name. 欧阳 and its like are known as a whole.
    """
    given_from = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
    surname = name[:given_from]
    dictionary = pinyin(surname, style=Style.NORMAL, heteronym=True, errors="ignore", v_to_u=False)
    if given_from == 2:
        likely = _split(COMPOUND_SURNAMES[surname], dictionary)
        choices = [likely, [options[0] for options in dictionary]]
    else:
        options = dictionary[0] if dictionary else []
        choices = [[reading] for reading in dict.fromkeys([SURNAMES.get(surname, ""), *options]) if reading]
    given = [syllable for syllable in lazy_pinyin(name[given_from:], errors="ignore", v_to_u=False) if syllable]
    for count in range(len(choices), 0, -1):
        words = readings(choices[:count], given)
        if len(words[0]) <= PINYIN_MAX and len(words[1]) <= INITIALS_MAX:
            return words
    return "", ""


def _split(whole: str, dictionary: list[list[str]]) -> list[str]:
    """`ouyang` into its two syllables, at the reading of either character that fits."""
    for last in dictionary[1]:
        if whole.endswith(last) and len(last) < len(whole):
            return [whole[: -len(last)], last]
    for first in dictionary[0]:
        if whole.startswith(first) and len(first) < len(whole):
            return [first, whole[len(first) :]]
    return [whole]


def _in_plain_text(entry: DoctorEntry) -> DoctorEntry:
    lines = {field: one_line(getattr(entry, field)) for field in ("name", "title", "specialty")}
    return replace(entry, **lines, introduction=plain(entry.introduction))


def _check(work: Work, entry: DoctorEntry) -> None:
    if not entry.name.strip() or len(entry.name) > 40:
        raise Refusal("name_missing", "请填写医生姓名，不超过 40 个字。", 422)
    if entry.gender not in GENDERS or not 0 < len(entry.title) <= TITLE_MAX:
        raise Refusal("title_missing", "请填写医生的性别和职称，职称不超过 20 个字。", 422)
    if len(entry.specialty) > SPECIALTY_MAX or len(entry.introduction) > INTRODUCTION_MAX:
        raise Refusal("too_long", "专长不超过 200 字，简介不超过 2000 字，请缩短。", 422)
    department = work.session.get(Department, entry.department_code)
    if department is None or not department.open:
        raise not_found("这个科室")
