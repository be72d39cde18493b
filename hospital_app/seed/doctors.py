"""Who works in which department: names, titles, specialties, rooms, and how sought-after they are."""

from dataclasses import dataclass
from random import Random

from hospital_app.seed import names
from hospital_app.seed.plan import Plan
from hospital_app.seed.tables import rows
from hospital_app.services.doctors import DoctorEntry

#: 号别 → what a number costs: 普通 50, 副主任 60, 主任 80, 知名专家 100 yuan, as in Beijing's tertiary hospitals.
FEES_FEN = {"ordinary": 5000, "associate": 6000, "chief": 8000, "special": 10000}
TITLES = {"ordinary": "主治医师", "associate": "副主任医师", "chief": "主任医师", "special": "主任医师"}
#: The kinds of the doctors of one department, in the order of their rooms.
_RANKS = ("chief", "associate", "ordinary", "associate", "ordinary", "chief", "associate", "ordinary", "associate")
_DOCTORS_PER_SHARE = 1.3
FIRST_STAFF_NO = 1101
_LARGE = 4.5  # departments of this share have a 知名专家
_MOSTLY_WOMEN = frozenset({"05.01", "05.02", "05.03", "05.05", "07", "09", "15"})
_SCHOOLS = ("医学博士，博士生导师", "医学博士", "医学硕士", "医学博士，硕士生导师", "医学硕士，国家公派访问学者")
_DUTIES = (
    "承担省级以上科研课题多项，发表论文三十余篇",
    "长期在临床一线，接诊细致，重视与患者沟通",
    "任多个专业学会委员，参与制定行业共识",
    "曾在国内外知名医学中心进修学习",
    "注重个体化治疗与长期随访",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """One open department of the data file. `share`: percent of all visits, roughly."""

    code: str
    name: str
    area: str
    share: float
    hot: int
    scope: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """A doctor whose name is settled; without `staff_no` the next free one is given."""

    name: str
    gender: str
    department_code: str
    service_type: str
    staff_no: str = ""


@dataclass(frozen=True, slots=True)
class Hired:
    """One doctor before there is a database: `staff_no` signs in, `room` is where they sit."""

    staff_no: str
    entry: DoctorEntry
    service_type: str
    room: str
    rating_tenths: int
    rating_count: int


def opened(plan: Plan) -> list[Opened]:
    return [
        Opened(
            row["code"],
            row["name"],
            row["area"],
            float(row["share"]),
            int(row["hot"]),
            row["scope"],
            tuple(row["fields"].split("|")),
        )
        for row in rows("open_departments")
        if plan.departments is None or row["code"] in plan.departments
    ]


def rooms(departments: list[Opened]) -> dict[str, list[str]]:
    """The rooms of each department, corridor by corridor: 普通门诊 sits in the first, each doctor has one."""
    taken: dict[str, int] = {}
    laid_out: dict[str, list[str]] = {}
    for department in departments:
        floor, wing = int(department.area[0]), department.area[1]
        first = taken.get(department.area, floor * 100 + (30 if wing == "B" else 0)) + 1
        last = first + _staffing(department)
        laid_out[department.code] = [f"{number}诊室" for number in range(first, last + 1)]
        taken[department.area] = last
    return laid_out


def hire(chance: Random, departments: list[Opened], *, named: tuple[Named, ...]) -> list[Hired]:
    """All doctors, in the order of their departments; `named` ones come first in theirs."""
    hired: list[Hired] = []
    used = {doctor.name for doctor in named}
    layout = rooms(departments)
    for department in departments:
        first = [doctor for doctor in named if doctor.department_code == department.code]
        for place, room in enumerate(layout[department.code][1:]):
            doctor = first[place] if place < len(first) else _anybody(chance, department, place, used)
            staff_no = doctor.staff_no or f"D{FIRST_STAFF_NO + len(hired)}"
            hired.append(_hired(chance, staff_no, department, doctor, room))
    return hired


def _staffing(department: Opened) -> int:
    return max(2, round(department.share * _DOCTORS_PER_SHARE))


def _anybody(chance: Random, department: Opened, place: int, used: set[str]) -> Named:
    service_type = "special" if place == 0 and department.share >= _LARGE else _RANKS[place % len(_RANKS)]
    gender = "female" if chance.random() < (0.8 if department.code in _MOSTLY_WOMEN else 0.45) else "male"
    return Named(_new_name(chance, gender, used), gender, department.code, service_type)


def _new_name(chance: Random, gender: str, used: set[str]) -> str:
    while True:
        name = names.surname(chance) + names.given(chance, gender=gender, born=1975)
        if name not in used:
            used.add(name)
            return name


def _hired(chance: Random, staff_no: str, department: Opened, doctor: Named, room: str) -> Hired:
    name, service_type = doctor.name, doctor.service_type
    fields = chance.sample(department.fields, min(len(department.fields), 3 + (service_type == "ordinary")))
    specialty = "、".join(fields)
    years = {"ordinary": 9, "associate": 17, "chief": 26, "special": 33}[service_type] + chance.randrange(-3, 6)
    introduction = (
        f"{name}，{TITLES[service_type]}，{chance.choice(_SCHOOLS)}。从事{department.name}临床工作{years}年，"
        f"擅长{specialty}的诊治。{chance.choice(_DUTIES)}。"
    )
    return Hired(
        staff_no,
        DoctorEntry(name, doctor.gender, TITLES[service_type], specialty, introduction, department.code),
        service_type,
        room,
        rating_tenths=chance.randrange(45, 50) if service_type != "ordinary" else chance.randrange(43, 50),
        rating_count=int(chance.lognormvariate(5.4, 0.8)) + 12,
    )
