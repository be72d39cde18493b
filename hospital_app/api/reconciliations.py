"""对账: days, differences with both sides, their history, resolution and export."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import AfterValidator, Field

from hospital_app.adapters.sheets import MEDIA_TYPE
from hospital_app.api.access import allows
from hospital_app.api.shapes import EARLIEST, LATEST, Answer, Body, Instant, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import reconciliations

router = APIRouter(prefix="/api/v1", tags=["finance"])


def _sane(on: date) -> date:
    if not EARLIEST.date() <= on <= LATEST.date():
        raise ValueError("out of range")
    return on


Channel = Annotated[str, Path(pattern=r"^[a-z]{1,12}$", examples=["wechat"])]
Day = Annotated[date, Path(), AfterValidator(_sane)]


class ReconciledDay(Answer):
    """`status`: waiting (for the bill), clean, differences, resolved. Sums are captured and refunded of either side.

    `fee_fen`: the channel's fees (手续费), less what it gave back with refunds. `flow_lines`: of the fund-flow bill,
    null without one; `flow_fen`: its payments, refunds and fees; `other_fen`: what else moved on that account.
    """

    channel: str
    on: date
    status: str
    fetched_at: Instant | None
    bill_lines: int
    matched: int
    bill_fen: int
    our_fen: int
    bill_refund_fen: int
    our_refund_fen: int
    fee_fen: int
    flow_lines: int | None
    flow_fen: int
    other_fen: int
    attempts: int
    last_error: str
    total: int
    still_open: int


class Difference(Answer):
    """`kind`: missing-here missing-there amount state twice; `subject`: payment refund settlement reversal flow;
    `status`: open, repaired (by itself), resolved (by a person). A side that has nothing is null."""

    id: int
    kind: str
    subject: str
    number: str
    channel_number: str
    appointment_no: str
    our_fen: int | None
    their_fen: int | None
    our_state: str
    their_state: str
    status: str
    created_at: Instant
    resolution: str
    note: str
    resolved_by: str
    resolved_at: Instant | None


class DayWithDifferences(Answer):
    day: ReconciledDay
    differences: list[Difference]


class Piece(Answer):
    """A payment, refund or insurance settlement as it stands now."""

    subject: str
    number: str
    status: str
    amount_fen: int
    kept_fen: int | None
    at: Instant


class Step(Answer):
    """`source`: audit or ledger; `lines`: of a ledger entry, account and fen, debit positive."""

    at: Instant
    source: str
    code: str
    subject: str
    actor: str
    amount_fen: int | None
    lines: list[tuple[str, int]]


class History(Answer):
    difference_id: int
    pieces: list[Piece]
    steps: list[Step]


class Resolution(Body):
    """`note`: what was verified, and on what grounds."""

    resolution: Literal["corrected-there", "refunded-there", "corrected-here", "explained"]
    note: Annotated[str, Field(min_length=1, max_length=200)]


@router.get("/reconciliations", summary="对账日列表")
@allows(Right.SEE_FINANCE)
def days(caller: Caller) -> list[ReconciledDay]:
    """The last 31 days, and every older one that is not settled; newest first."""
    return [ReconciledDay.model_validate(each) for each in reconciliations.days(caller.actor())]


@router.get("/reconciliations/{channel}/{on}", summary="一天的对账差异")
@allows(Right.SEE_FINANCE)
def day(channel: Channel, on: Day, caller: Caller) -> DayWithDifferences:
    """Open differences first."""
    found, differences = reconciliations.day(caller.actor(), channel=channel, on=on)
    return DayWithDifferences(
        day=ReconciledDay.model_validate(found), differences=[Difference.model_validate(each) for each in differences]
    )


@router.post("/reconciliations/{channel}/{on}/run", status_code=202, summary="重新对账")
@allows(Right.MANAGE_FINANCE)
def run_again(channel: Channel, on: Day, caller: Caller) -> None:
    """A worker fetches the bill and compares once more; what was resolved stays."""
    reconciliations.run_again(caller.actor(), channel=channel, on=on)


@router.get(
    "/reconciliations/{channel}/{on}/differences.xlsx",
    summary="导出对账差异",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}, "description": "all differences of the day"}},
)
@allows(Right.SEE_FINANCE)
def export(channel: Channel, on: Day, caller: Caller) -> Response:
    """The export itself is on record."""
    content = reconciliations.export(caller.actor(), channel=channel, on=on)
    disposition = f'attachment; filename="reconciliation-{channel}-{on}.xlsx"'
    return Response(content, media_type=MEDIA_TYPE, headers={"content-disposition": disposition})


@router.get("/reconciliation-differences/{difference_id}/history", summary="差异的来龙去脉")
@allows(Right.SEE_FINANCE)
def history(difference_id: PathId, caller: Caller) -> History:
    """What it is about as it stands now, and each entry of the audit trail and the ledger; oldest first."""
    return History.model_validate(reconciliations.history(caller.actor(), difference_id=difference_id))


@router.post("/reconciliation-differences/{difference_id}/resolution", summary="处理对账差异")
@allows(Right.MANAGE_FINANCE)
def resolve(difference_id: PathId, given: Resolution, caller: Caller) -> Difference:
    """Once. 409 `already_handled`, 422 `note_needed`."""
    done = reconciliations.resolve(
        caller.actor(), difference_id=difference_id, resolution=given.resolution, note=given.note
    )
    return Difference.model_validate(done)
