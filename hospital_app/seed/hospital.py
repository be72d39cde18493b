"""The house itself, through the services that administrators use: areas, departments, doctors, templates, schedules."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from hospital_app.domain.triage import Flag, SymptomWeight
from hospital_app.models.hospital import Doctor
from hospital_app.seed import templates
from hospital_app.seed.accounts import DUTY_DOCTOR, FAMOUS_DOCTOR, NAMED_DOCTORS
from hospital_app.seed.doctors import Hired, Opened, hire, opened, rooms
from hospital_app.seed.plan import Stage
from hospital_app.seed.tables import rows
from hospital_app.services import departments, doctors, holidays, schedules, symptoms
from hospital_app.services.departments import AreaEntry, DepartmentEntry
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Staffed:
    """What later parts need: the open departments, the doctors with their ids."""

    departments: tuple[Opened, ...]
    doctors: tuple[tuple[Hired, int], ...]

    def doctor_id(self, name: str) -> int:
        return next(doctor_id for hired, doctor_id in self.doctors if hired.entry.name == name)


def build(stage: Stage) -> Staffed:
    chance = stage.chance("hospital")
    open_ones = opened(stage.plan)
    stage.do(departments.save_areas, areas=_areas(stage))
    stage.do(departments.save_departments, departments=_departments(open_ones))
    stage.do(symptoms.replace_table, weights=_weights(), flags=_flags())
    hired = hire(chance, open_ones, named=NAMED_DOCTORS)
    staffed = Staffed(tuple(open_ones), tuple(zip(hired, stage.do(_employ, hired=hired), strict=True)))
    stage.do(_write_templates, staffed=staffed, stage=stage)
    return staffed


def open_clinics(stage: Stage) -> None:
    """Schedules and numbers of the past weeks and the days ahead. On a holiday this hospital works all the same."""
    if stage.do(holidays.clinic_weekdays, days=[stage.today])[stage.today] is None:
        stage.do(holidays.set_override, on=stage.today, workday=True, name="演示：照常门诊")
    start = stage.today - timedelta(days=stage.plan.past_days)
    stage.do(schedules.generate, start=start, days=stage.plan.past_days + stage.plan.days_ahead)


def _areas(stage: Stage) -> list[AreaEntry]:
    chance = stage.chance("areas")
    return [
        AreaEntry(row["code"], row["name"], row["location"], f"{row['code']}-{chance.randrange(1000, 10000)}")
        for row in rows("areas")
    ]


def _departments(open_ones: list[Opened]) -> list[DepartmentEntry]:
    """The whole national list; the open ones under the names that patients know, with place and scope."""
    here = {department.code: department for department in open_ones}
    location = {row["code"]: row["location"] for row in rows("areas")}
    entries = []
    for row in rows("departments"):
        department = here.get(row["code"])
        parent = row["parent"] or None
        if department is None:
            entries.append(DepartmentEntry(row["code"], row["name"], parent))
            continue
        entries.append(
            DepartmentEntry(
                row["code"],
                department.name,
                parent,
                location[department.area],
                department.scope,
                department.area,
                open=True,
                hot_rank=department.hot,
            )
        )
    return entries


def _weights() -> list[SymptomWeight]:
    return [
        SymptomWeight(row["symptom"], row["department_code"], round(float(row["weight"]) * 100))
        for row in rows("symptoms")
    ]


def _flags() -> list[Flag]:
    return [Flag(row["symptom"], row["flag"], row["advice"]) for row in rows("symptom_flags")]


def _employ(work: Work, *, hired: list[Hired]) -> list[int]:
    """Ids of the doctors. Their ratings are those of reviews before this system kept any."""
    ids = []
    for doctor in hired:
        doctor_id = doctors.add(work, entry=doctor.entry)
        work.change(
            update(Doctor)
            .where(col(Doctor.id) == doctor_id)
            .values(rating_sum=doctor.rating_tenths * doctor.rating_count, rating_count=doctor.rating_count)
        )
        ids.append(doctor_id)
    return ids


def _write_templates(work: Work, *, staffed: Staffed, stage: Stage) -> None:
    chance = stage.chance("templates")
    for place, (doctor, doctor_id) in enumerate(staffed.doctors):
        if doctor.entry.name == DUTY_DOCTOR:
            week = templates.on_duty(doctor, doctor_id)
        elif doctor.entry.name == FAMOUS_DOCTOR:
            week = templates.always_there(doctor, doctor_id)
        else:
            week = templates.of_doctor(chance, doctor, doctor_id, place=place)
        for entry in week:
            schedules.add_template(work, entry=entry)
    layout = rooms(list(staffed.departments))
    for department in staffed.departments:
        for entry in templates.of_pool(department, layout[department.code][0]):
            schedules.add_template(work, entry=entry)
