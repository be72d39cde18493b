"""候补：waiting for a number of a day that is sold out."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.lobby import LET_IN
from hospital_app.api.proofs import PROVEN
from hospital_app.api.shapes import Answer, Body, GivenDay, Id, Instant, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import waitlist

router = APIRouter(prefix="/api/v1/waitlist", tags=["waitlist"])


class Wish(Body):
    """`provider` as the calendar says it: `doctor:<id>` or `pool:<department>:<room>`."""

    provider: Annotated[str, Field(min_length=1, max_length=40)]
    on: GivenDay
    patient_id: Id


class Entry(Answer):
    """`status`: waiting, with so many people `ahead`; offered: pay for `appointment_no` until `offer_until`. Pooled
    clinics have no `doctor_name`. Until `closes_at` numbers that come free are for those in the line."""

    id: int
    provider: str
    doctor_name: str
    doctor_title: str
    department: str
    on: date
    patient_id: int
    patient_name: str
    status: str
    ahead: int
    created_at: Instant
    closes_at: Instant
    offer_until: Instant | None
    appointment_no: str | None


@router.post("", status_code=201, summary="候补", dependencies=[*LET_IN, PROVEN])
@allows(Right.BOOK)
def join(wanted: Wish, caller: Caller) -> Entry:
    """The end of the line of one doctor (or pool) and day. A number that comes free is held for the first in it, who is
    told, and pays for it like for any hold.

    409 `not_sold_out`, `unreleased`, `waitlist_closed`, `already_waiting`, `waitlist_full`, `duplicate_booking`, and
    for the person what POST /api/v1/appointments answers. 428 `proof_needed` as there.
    """
    joined = waitlist.join(caller.actor(), provider=wanted.provider, on=wanted.on, patient_id=wanted.patient_id)
    return Entry.model_validate(joined)


@router.get("", summary="我的候补")
@allows(Right.SEE_APPOINTMENT)
def listing(caller: Caller) -> list[Entry]:
    """Those that count: waiting and offered."""
    return [Entry.model_validate(found) for found in waitlist.listing(caller.actor())]


@router.delete("/{entry_id}", status_code=204, summary="退出候补")
@allows(Right.CANCEL)
def leave(entry_id: PathId, caller: Caller) -> None:
    """Also gives up the number that was offered: it goes to the next. 409 `wrong_status` when it is over already."""
    waitlist.leave(caller.actor(), entry_id=entry_id)
