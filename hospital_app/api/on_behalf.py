"""窗口代办: what a clerk adds when acting for a patient. Patients leave it out."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from hospital_app.api.shapes import Body
from hospital_app.domain.on_behalf import NOTE_MAX, Reason, Why


class OnBehalf(Body):
    """Why a clerk does it; `note` in words (4 to 200 characters) where `why` is `other`. On the audit trail."""

    why: Annotated[Why, Field(strict=False)]
    note: Annotated[str, Field(max_length=NOTE_MAX)] = ""


class Acting(Body):
    """`on_behalf`: for clerks only, who are refused without it (422 `reason_needed`)."""

    on_behalf: OnBehalf | None = None


#: Where a request has no body: one of the usual reasons.
UsualReason = Annotated[Why | None, Query(description="for clerks only: one of the usual reasons")]


def reason_of(said: Acting | None) -> Reason | None:
    given = said.on_behalf if said else None
    return Reason(given.why, given.note) if given else None


def usual(why: Why | None) -> Reason | None:
    return Reason(why) if why else None
