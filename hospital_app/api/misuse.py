"""可疑账号、黄牛预警、冻结、申诉."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, Id, Instant, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.flows import alerts, misuse

router = APIRouter(prefix="/api/v1", tags=["misuse"])


class Signal(Answer):
    """`name`: bookings cancels rebooked patients noshows devices addresses shared_device."""

    name: str
    count: int
    threshold: int


class Suspect(Answer):
    """An account that passes at least one threshold; `evidence` is all that was counted in the window.

    `frozen_by_itself`: no admin's freeze runs, one may begin over the automatic one.
    """

    account_id: int
    phone: str
    created_at: Instant
    frozen_until: Instant | None
    frozen_by_itself: bool
    severity: float
    signals: list[Signal]
    evidence: dict[str, int]


class Sign(Answer):
    """`name`: unseen early bursts devices device_accounts device_patients address_accounts handed linked."""

    name: str
    count: int
    points: int


class Alert(Answer):
    """`counts` is all that was counted within the window, `signs` what of it was too much. Open while not handled."""

    id: int
    account_id: int
    phone: str
    score: int
    signs: list[Sign]
    counts: dict[str, int]
    schedules: list[int]
    appointments: list[str]
    raised_at: Instant
    last_at: Instant
    frozen_until: Instant | None
    handled_at: Instant | None
    handled_by: int | None
    answer: str


class Freeze(Answer):
    """`decision` is lifted, kept, or empty while the appeal is open."""

    id: int
    account_id: int
    phone: str
    reason: str
    evidence: dict[str, int]
    frozen_at: Instant
    frozen_by: str
    until: Instant
    active: bool
    appeal: str
    appealed_at: Instant | None
    decision: str
    answer: str
    decided_at: Instant | None
    lifted_at: Instant | None


class OwnFreeze(Answer):
    """What the account itself is told of its freeze."""

    reason: str
    frozen_at: Instant
    until: Instant
    active: bool
    may_appeal: bool
    appeal: str
    appealed_at: Instant | None
    decision: str
    answer: str
    decided_at: Instant | None


class ToFreeze(Body):
    account_id: Id
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    hours: Annotated[int, Field(ge=1, le=8784)]


class Lifting(Body):
    """`freeze_id`: which one, if an admin's began over an automatic one; 0: the newest."""

    freeze_id: Annotated[int, Field(ge=0, le=ID_MAX)] = 0
    answer: Annotated[str, Field(max_length=300)] = ""


class Decision(Body):
    decision: Literal["lifted", "kept"]
    answer: Annotated[str, Field(min_length=1, max_length=300)]


class Verdict(Body):
    """`dismissed`: no scalper, what was frozen by itself ends; `confirmed`: seen, and dealt with."""

    verdict: Literal["dismissed", "confirmed"]
    answer: Annotated[str, Field(min_length=1, max_length=200)]


class Appeal(Body):
    text: Annotated[str, Field(min_length=1, max_length=500)]


@router.get("/misuse", summary="可疑账号")
@allows(Right.SEE_MISUSE)
def suspects(caller: Caller) -> list[Suspect]:
    """The heaviest first, with counts from the books of the last `misuse_window_days`."""
    return [Suspect.model_validate(each) for each in misuse.suspects(caller.actor())]


@router.get("/misuse/{account_id}", summary="一个账号的证据")
@allows(Right.SEE_MISUSE)
def suspect(account_id: PathId, caller: Caller) -> Suspect:
    return Suspect.model_validate(misuse.suspect(caller.actor(), account_id=account_id))


@router.get("/scalping-alerts", summary="黄牛预警")
@allows(Right.SEE_MISUSE)
def scalping_alerts(caller: Caller) -> list[Alert]:
    """Open ones first. Each was written once for an account and `scalping_window_minutes`."""
    return [Alert.model_validate(each) for each in alerts.listing(caller.actor())]


@router.post("/scalping-alerts/{alert_id}/verdict", summary="处理黄牛预警")
@allows(Right.SEE_MISUSE)
def answer_alert(alert_id: PathId, given: Verdict, caller: Caller) -> Alert:
    """Numbers that it touched return at once from now on. 409 `already_handled`."""
    answer = alerts.dismiss if given.verdict == "dismissed" else alerts.confirm
    return Alert.model_validate(answer(caller.actor(), alert_id=alert_id, answer=given.answer))


@router.get("/freezes", summary="冻结与申诉")
@allows(Right.SEE_MISUSE)
def freezes(caller: Caller) -> list[Freeze]:
    """Open appeals first, then what runs, then the newest of what is over."""
    return [Freeze.model_validate(each) for each in misuse.freezes(caller.actor())]


@router.post("/freezes", status_code=201, summary="冻结账号")
@allows(Right.SEE_MISUSE)
def freeze(wanted: ToFreeze, caller: Caller) -> Freeze:
    """Takes effect at the account's next call, and goes over an automatic freeze. 409 `already_frozen` by an admin."""
    done = misuse.freeze(caller.actor(), account_id=wanted.account_id, reason=wanted.reason, hours=wanted.hours)
    return Freeze.model_validate(done)


@router.post("/freezes/{account_id}/lifting", summary="解除冻结")
@allows(Right.SEE_MISUSE)
def unfreeze(account_id: PathId, wanted: Lifting, caller: Caller) -> Freeze:
    """Each by itself: `active` freezes of the account that are left go on. 409 `not_frozen`."""
    done = misuse.unfreeze(caller.actor(), account_id=account_id, freeze_id=wanted.freeze_id, answer=wanted.answer)
    return Freeze.model_validate(done)


@router.post("/appeals/{freeze_id}/decision", summary="答复申诉")
@allows(Right.SEE_MISUSE)
def decide(freeze_id: PathId, given: Decision, caller: Caller) -> Freeze:
    """Once for each appeal. 409 `not_appealed`."""
    done = misuse.decide(caller.actor(), freeze_id=freeze_id, decision=given.decision, answer=given.answer)
    return Freeze.model_validate(done)


@router.get("/appeals/own", summary="自己账号的冻结")
@allows(Right.APPEAL)
def own_freeze(caller: Caller) -> OwnFreeze:
    """404 for an account that is not frozen and was not in the last month."""
    found = misuse.own_freeze(caller.actor())
    if found is None:
        raise not_found("冻结记录")
    return OwnFreeze.model_validate(found)


@router.post("/appeals", status_code=201, summary="申诉")
@allows(Right.APPEAL)
def appeal(given: Appeal, caller: Caller) -> OwnFreeze:
    """Once for each freeze. 409 `not_frozen`, `already_appealed`."""
    return OwnFreeze.model_validate(misuse.appeal(caller.actor(), text=given.text))
