"""规则：what the hospital's admin sets from an instant on, over what is configured; superseded, never rewritten."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, GivenInstant, Instant, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import rules
from hospital_app.services.rules import ChangeView, RuleView

router = APIRouter(prefix="/api/v1/rules", tags=["rules"])

RuleName = Annotated[str, Path(pattern=r"^[a-z_]{1,60}$", examples=["hold_minutes"])]


class NewValue(Body):
    """`value` as GET writes it: a number, yes or no, HH:MM, or 12=0 2=10 0=30; without `effective_at` at once."""

    value: Annotated[str, Field(min_length=1, max_length=80)]
    effective_at: GivenInstant | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class Rule(Answer):
    """`source`: default, configuration or changed; `next_value` is planned for `next_at`."""

    name: str
    value: str
    source: str
    since: Instant | None
    next_value: str
    next_at: Instant | None


class RuleChange(Answer):
    """`standing`: planned, in_force, past or withdrawn."""

    id: int
    value: str
    effective_at: Instant
    reason: str
    by: str
    changed_at: Instant
    standing: str


class RuleHistory(Answer):
    rule: Rule
    changes: list[RuleChange]


@router.get("", summary="全部规则")
@allows(Right.SET_RULES)
def listing(caller: Caller) -> list[Rule]:
    return [Rule.model_validate(view) for view in rules.listing(caller.actor())]


@router.get("/{name}", summary="一条规则及其修改记录")
@allows(Right.SET_RULES)
def one(name: RuleName, caller: Caller) -> RuleHistory:
    return _history(*rules.one(caller.actor(), name=name))


@router.post("/{name}/changes", status_code=201, summary="修改规则")
@allows(Right.SET_RULES)
def change(name: RuleName, wanted: NewValue, caller: Caller) -> RuleHistory:
    """In force everywhere two seconds after `effective_at` at the latest. 422 `bad_rule`, `bad_effective`."""
    actor = caller.actor()
    rules.change(actor, name=name, value=wanted.value, effective_at=wanted.effective_at, reason=wanted.reason)
    return _history(*rules.one(actor, name=name))


@router.delete("/changes/{change_id}", status_code=204, summary="撤回未生效的修改")
@allows(Right.SET_RULES)
def withdraw(change_id: PathId, caller: Caller) -> None:
    """409 `rule_in_force` once its time has come."""
    rules.withdraw(caller.actor(), change_id=change_id)


def _history(view: RuleView, changes: list[ChangeView]) -> RuleHistory:
    return RuleHistory(
        rule=Rule.model_validate(view), changes=[RuleChange.model_validate(change) for change in changes]
    )
