"""限约：how often one person may visit a department in one half day, and come within seven days. 0: no limit.

Off by default; platforms of several cities ask for it, each with numbers of its own. Not limited by it are 加号, 转诊
and 候补: there a doctor or the line has decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hospital_app.domain.errors import Refusal
from hospital_app.domain.policy import Rules

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Visit:
    department_code: str
    on: date
    session: str


def are_limited(rules: Rules) -> bool:
    return bool(rules.bookings_per_department or rules.bookings_per_week)


def refusal(rules: Rules, wanted: Visit, others: Sequence[Visit]) -> Refusal | None:
    """Why this visit is one too many beside a person's others, which have not been cancelled."""
    if rules.bookings_per_department and others.count(wanted) >= rules.bookings_per_department:
        return Refusal(
            "department_limit",
            "同一科室同一半天最多约 {limit} 个号，请换一个时间，或先在“我的挂号”里退掉原来的号。",
            params={"limit": rules.bookings_per_department},
        )
    if rules.bookings_per_week and _most_in_a_week(wanted.on, [other.on for other in others]) > rules.bookings_per_week:
        return Refusal(
            "week_limit",
            "这位就诊人 7 天内最多约 {limit} 个号，请选择更晚的日期。",
            params={"limit": rules.bookings_per_week},
        )
    return None


def _most_in_a_week(on: date, others: Sequence[date]) -> int:
    """Of all seven days in a row with this one among them, the most visits, this one counted."""
    firsts = [on - timedelta(days=back) for back in range(WEEK.days)]
    return max(1 + sum(first <= other < first + WEEK for other in others) for first in firsts)
