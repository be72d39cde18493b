"""规则 with a date: what the hospital's admin changes from a day on, on top of configuration. Never rewritten."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select, update
from sqlmodel import col

from hospital_app.domain import authority, rulebook
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.policy import Rules
from hospital_app.domain.texts import plain
from hospital_app.models.changing import RuleChange
from hospital_app.models.identity import Staff
from hospital_app.work import Work

REASON_MAX = 200
FURTHEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class RuleView:
    """A rule as it is now. `source`: default, configuration or changed; `next_*`: what is planned next."""

    name: str
    value: str
    source: str
    since: datetime | None
    next_value: str
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change. `standing`: planned, in_force, past or withdrawn."""

    id: int
    value: str
    effective_at: datetime
    reason: str
    by: str
    changed_at: datetime
    standing: str


def listing(work: Work, *, configured: Rules) -> list[RuleView]:
    """Every rule in the catalogue's order; `configured`: what holds where nobody has changed anything."""
    authority.check(work.actor, Right.SET_RULES)
    changes = list(work.session.scalars(_standing()))
    return [_view(work, name, configured, [c for c in changes if c.name == name]) for name in rulebook.names()]


def one(work: Work, *, name: str, configured: Rules) -> tuple[RuleView, list[ChangeView]]:
    """A rule with its history, the latest effect first."""
    authority.check(work.actor, Right.SET_RULES)
    if name not in rulebook.RULEBOOK:
        raise not_found("这条规则")
    changes = list(work.session.scalars(_standing().where(col(RuleChange.name) == name)))
    in_force = _latest(work, changes)
    rows = work.session.execute(
        select(RuleChange, col(Staff.name))
        .join(Staff, col(Staff.id) == RuleChange.changed_by)
        .where(col(RuleChange.name) == name)
        .order_by(col(RuleChange.effective_at).desc(), col(RuleChange.id).desc())
    )
    history = [
        ChangeView(
            change.id or 0,
            change.value,
            change.effective_at,
            change.reason,
            by,
            change.changed_at,
            _how(work, change, in_force),
        )
        for change, by in rows
    ]
    return _view(work, name, configured, changes), history


def change(work: Work, *, name: str, value: str, effective_at: datetime | None, reason: str) -> int:
    """From `effective_at` on (None: at once) the rule has this value; the change's id."""
    authority.check(work.actor, Right.SET_RULES)
    written = rulebook.written(rulebook.read(name, value))
    at = effective_at or work.now
    if not work.now <= at <= work.now + FURTHEST:
        raise Refusal("bad_effective", "生效时间应在现在到一年之内，请改正；不填就是立即生效。", 422)
    reason = plain(reason)
    if not 0 < len(reason) <= REASON_MAX:
        raise Refusal("reason_missing", "请写明修改规则的原因，不超过 200 字。", 422)
    before = rulebook.written(getattr(work.rules, name))
    row = RuleChange(
        name=name,
        value=written,
        effective_at=at,
        reason=reason,
        changed_by=work.actor.staff_id or 0,
        changed_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    work.record(
        "rule.change",
        f"rule:{name}",
        change=row.id,
        effective_at=at.isoformat(),
        before={name: before},
        after={name: written},
    )
    return row.id or 0


def withdraw(work: Work, *, change_id: int) -> str:
    """A change that is not in force yet never will be; the name of its rule."""
    authority.check(work.actor, Right.SET_RULES)
    found = work.session.get(RuleChange, min(change_id, ID_MAX))
    if found is None:
        raise not_found("这次修改")
    done = work.change(
        update(RuleChange)
        .where(
            col(RuleChange.id) == found.id,
            col(RuleChange.withdrawn_at).is_(None),
            col(RuleChange.effective_at) > work.now,
        )
        .values(withdrawn_at=work.now)
    )
    if done != 1:
        raise Refusal("rule_in_force", "这次修改已经生效或已撤回，如需改回，请再修改一次。", 409)
    work.record("rule.withdraw", f"rule:{found.name}", change=found.id, value=found.value)
    return found.name


def _standing() -> Select[*tuple[RuleChange]]:
    return (
        select(RuleChange)
        .where(col(RuleChange.withdrawn_at).is_(None))
        .order_by(col(RuleChange.effective_at), col(RuleChange.id))
    )


def _latest(work: Work, changes: Iterable[RuleChange]) -> RuleChange | None:
    """Of one rule's, in order: the one in force."""
    return next((c for c in reversed(list(changes)) if c.effective_at <= work.now), None)


def _view(work: Work, name: str, configured: Rules, changes: list[RuleChange]) -> RuleView:
    in_force = _latest(work, changes)
    planned = next((c for c in changes if c.effective_at > work.now), None)
    own = getattr(configured, name)
    source = "default" if own == getattr(Rules(), name) else "configuration"
    return RuleView(
        name=name,
        value=in_force.value if in_force else rulebook.written(own),
        source="changed" if in_force else source,
        since=in_force.effective_at if in_force else None,
        next_value=planned.value if planned else "",
        next_at=planned.effective_at if planned else None,
    )


def _how(work: Work, change: RuleChange, in_force: RuleChange | None) -> str:
    if change.withdrawn_at is not None:
        return "withdrawn"
    if change.effective_at > work.now:
        return "planned"
    return "in_force" if in_force is not None and change.id == in_force.id else "past"
