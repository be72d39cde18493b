"""转诊记录：for administrators, to read only. A doctor's own are under /referrals."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from hospital_app.api.access import allows
from hospital_app.api.referrals import SentReferral
from hospital_app.api.shapes import Answer
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import day_bounds
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.referral import Outcome, Way
from hospital_app.flows import referrals
from hospital_app.services.referral_records import Wanted

router = APIRouter(prefix="/api/v1/department-referrals", tags=["referrals"])


class ReferralRecord(Answer):
    """`from_department`: where the doctor works today; `sent`: the patient, masked, and where the appointment is."""

    from_department: str
    from_doctor: str
    from_title: str
    sent: SentReferral


class ReferralPage(Answer):
    """`counts`: of each outcome (waiting, taken, used, missed, expired, given-back), whichever of them is asked for.
    `older`: what to go on `below`; null at the end."""

    records: list[ReferralRecord]
    counts: dict[str, int]
    older: int | None


@router.get("", summary="转诊记录")
@allows(Right.SEE_REFERRALS)
def records(
    caller: Caller,
    department: Annotated[str, Query(max_length=12)] = "",
    way: Way | None = None,
    outcome: Outcome | None = None,
    since: date | None = None,
    until: date | None = None,
    below: Annotated[int | None, Query(ge=1, le=ID_MAX)] = None,
) -> ReferralPage:
    """The newest first: a department admin's own department's, in both directions; for a hospital admin those of
    `department`, or all, for which `way` means nothing. `since` and `until`: days of the referral, both included.
    """
    wanted = Wanted(
        department_code=department,
        way=way,
        outcome=outcome,
        since=day_bounds(since)[0] if since else None,
        until=day_bounds(until)[1] if until else None,
    )
    return ReferralPage.model_validate(referrals.records(caller.actor(), wanted=wanted, below=below))
