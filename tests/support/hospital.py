"""A very small hospital made through the services: three departments, four doctors, two pooled clinics."""

from dataclasses import dataclass
from datetime import time

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.triage import Flag, SymptomWeight
from hospital_app.flows import schedules as planning
from hospital_app.models.booking import ScheduleTemplate
from hospital_app.services import departments, doctors, schedules, symptoms
from hospital_app.services.departments import AreaEntry, DepartmentEntry
from hospital_app.services.doctors import DoctorEntry
from hospital_app.services.schedules import TemplateEntry
from tests.support.house import House

AREAS = [
    AreaEntry("A3", "三层A区", "门诊楼3层A区", "A3-1357"),
    AreaEntry("B2", "二层B区", "门诊楼2层B区", "B2-2468"),
]
DEPARTMENTS = [
    DepartmentEntry("03", "内科"),
    DepartmentEntry(
        "03.01",
        "呼吸内科",
        parent_code="03",
        location="门诊楼3层",
        scope="咳嗽、哮喘",
        area_code="A3",
        open=True,
        hot_rank=1,
    ),
    DepartmentEntry(
        "03.04", "心血管内科", parent_code="03", location="门诊楼3层", area_code="A3", open=True, hot_rank=2
    ),
    DepartmentEntry("07", "儿科", location="门诊楼2层", area_code="B2", open=True),
    DepartmentEntry("07.04", "小儿呼吸专业", parent_code="07"),
    DepartmentEntry("20", "急诊医学科"),
]
WEIGHTS = [
    SymptomWeight("咳嗽", "03.01", 90),
    SymptomWeight("发热", "03.01", 40),
    SymptomWeight("胸痛", "03.04", 80),
    SymptomWeight("胸痛", "20", 90),
    SymptomWeight("小儿咳嗽", "07.04", 90),
    SymptomWeight("小儿咳嗽", "07", 60),
]
FLAGS = [
    Flag("胸痛", "red_flag", "请立即前往急诊"),
    Flag("发热", "fever", "请先到发热门诊"),
]


@dataclass(frozen=True)
class Hospital:
    """Ids of its doctors; 普通门诊 is in room 301 of 03.01 and 201 of 07."""

    shan: int  # 单国立, chief, 03.01
    zeng: int  # 曾小敏, chief, 03.01
    ouyang: int  # 欧阳雪, associate, 03.04
    wang: int  # 王芳, chief, 07
    pool: str = "pool:03.01:301"


def a_hospital(house: House) -> Hospital:
    house.do(departments.save_areas, areas=AREAS)
    house.do(departments.save_departments, departments=DEPARTMENTS)
    house.do(symptoms.replace_table, weights=WEIGHTS, flags=FLAGS)
    ids = [
        house.do(doctors.add, entry=DoctorEntry(name, gender, title, specialty, "", department))
        for name, gender, title, specialty, department in (
            ("单国立", "male", "主任医师", "慢阻肺", "03.01"),
            ("曾小敏", "female", "主任医师", "哮喘", "03.01"),
            ("欧阳雪", "female", "副主任医师", "高血压", "03.04"),
            ("王芳", "female", "主任医师", "小儿哮喘", "07"),
        )
    ]
    for doctor_id, department, service_type, room, per_period, fee_fen in (
        (ids[0], "03.01", "chief", "302", 2, 8000),
        (ids[1], "03.01", "chief", "303", 2, 8000),
        (ids[2], "03.04", "associate", "310", 3, 6000),
        (ids[3], "07", "chief", "202", 2, 8000),
        (None, "03.01", "ordinary", "301", 4, 5000),
        (None, "07", "ordinary", "201", 4, 5000),
    ):
        for weekday in range(5):
            house.do(
                schedules.add_template,
                entry=TemplateEntry(
                    doctor_id=doctor_id,
                    department_code=department,
                    weekday=weekday,
                    session="morning",
                    service_type=service_type,
                    room=room,
                    starts=time(8),
                    ends=time(12),
                    per_period=per_period,
                    fee_fen=fee_fen,
                ),
            )
    return Hospital(*ids)


def a_referring_hospital(house: House) -> Hospital:
    """The same with its clinics, a quarter of every doctor's numbers being kept for referrals."""
    built = a_hospital(house)
    with house.sessions.begin() as session:
        for template in session.scalars(select(ScheduleTemplate).where(col(ScheduleTemplate.doctor_id).is_not(None))):
            template.referral_percent = 25
    planning.generate_ahead()
    return built
