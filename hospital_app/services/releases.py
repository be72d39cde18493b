"""放号：when the numbers of coming clinics open, by the rules and the department's own time (错峰放号)."""

from collections import defaultdict
from datetime import datetime, time

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day, released_at
from hospital_app.domain.errors import not_found
from hospital_app.models.booking import Schedule
from hospital_app.models.hospital import Department
from hospital_app.work import Work


def set_time(work: Work, *, department_code: str, release: time | None) -> int:
    """A department's own time of release; None: the hospital's. How many clinics to come open at another time now.

    What has been released stays so.
    """
    authority.check(work.actor, Right.SET_RULES)
    department = work.session.get(Department, department_code, with_for_update=True, populate_existing=True)
    if department is None:
        raise not_found("这个科室")
    before = department.release_time
    department.release_time = release
    work.session.flush()
    work.record(
        "department.release",
        f"department:{department_code}",
        before={"release": _told(before)},
        after={"release": _told(release)},
    )
    return follow_rules(work, department_code=department_code)


def follow_rules(work: Work, *, department_code: str | None = None) -> int:
    """Let every clinic that is not released yet open when the rules say; how many had another time.

    Horizon and time of release may have been changed after the clinic was generated. Twice is as good as once.
    """
    coming = (
        select(col(Schedule.id), col(Schedule.on), col(Schedule.released_at), col(Department.release_time))
        .join(Department, col(Department.code) == Schedule.department_code)
        .where(col(Schedule.on) >= clinic_day(work.now), col(Schedule.released_at) > work.now)
    )
    if department_code is not None:
        coming = coming.where(col(Schedule.department_code) == department_code)
    wrong: dict[datetime, list[int | None]] = defaultdict(list)
    for schedule_id, on, opens, own in work.session.execute(coming):
        right = released_at(on, horizon_days=work.rules.horizon_days, release=own or work.rules.release)
        if right != opens:
            wrong[right].append(schedule_id)
    for right, ids in wrong.items():
        work.change(
            update(Schedule)
            .where(col(Schedule.id).in_(ids), col(Schedule.released_at) > work.now)
            .values(released_at=right)
        )
        work.hint(*(f"schedule:{schedule_id}" for schedule_id in ids))
    return sum(len(ids) for ids in wrong.values())


def _told(release: time | None) -> str:
    return release.isoformat("minutes") if release else ""
