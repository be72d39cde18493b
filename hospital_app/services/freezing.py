"""冻结: an account that is misused may not book for a while; what it has stays its own, and it may answer (appeals.py).

A freeze takes effect at the account's next call and ends by comparing times. The account's row is the lock under which
freezes begin and end: an admin's may begin over one that began by itself, and each is lifted by itself.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.authority import Right, check
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.identity import SYSTEM, Role
from hospital_app.domain.masking import mask_phone
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.texts import plain
from hospital_app.models.identity import Account, AccountFreeze
from hospital_app.services import messages
from hospital_app.services.sessions import holder_topic
from hospital_app.vault import vault
from hospital_app.work import Work

SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=366)
LISTED = 200
REASON_MAX, ANSWER_MAX = 200, 300


@dataclass(frozen=True, slots=True)
class FreezeView:
    """One freeze. `active`: it holds now; `decision` is lifted, kept, or empty while nobody has answered."""

    id: int
    account_id: int
    phone: str
    reason: str
    evidence: dict[str, int]
    frozen_at: datetime
    frozen_by: str
    until: datetime
    active: bool
    appeal: str
    appealed_at: datetime | None
    decision: str
    answer: str
    decided_at: datetime | None
    lifted_at: datetime | None

    @property
    def may_appeal(self) -> bool:
        return self.active and self.appealed_at is None


def freeze(work: Work, *, account_id: int, reason: str, hours: int, evidence: dict[str, int]) -> FreezeView:
    """Until so many hours from now. An admin's goes over an automatic one, whose end stays if it is later.

    Raises Refusal not_found, already_frozen, bad_reason, bad_span.
    """
    check(work.actor, Right.SEE_MISUSE)
    reason = said_of(reason, REASON_MAX, Refusal("bad_reason", "请填写冻结原因，最多 200 字，患者会看到。", 422))
    span = timedelta(hours=min(max(hours, 0), 24 * 400))
    if not SHORTEST <= span <= LONGEST:
        raise Refusal("bad_span", "冻结时间须在 1 小时到 1 年之间，请重新选择。", 422)
    account = locked(work, account_id)
    others = all_running(work, account_id)
    if others and (work.actor.role is Role.SYSTEM or not only_by_itself(work, account_id)):
        raise Refusal("already_frozen", "这个账号已经在冻结中，请刷新后查看。")
    until = work.now + span
    before = account.frozen_until if others else None
    account.frozen_until = max(until, *(other.until for other in others)) if others else until
    row = AccountFreeze(
        account_id=account_id,
        reason=reason,
        evidence=json.dumps(evidence, separators=(",", ":")),
        frozen_at=work.now,
        frozen_by=work.actor.subject,
        until=until,
    )
    work.session.add(row)
    work.session.flush()
    work.hint(holder_topic(account_id))
    tell(work, account, kind="frozen", template="account_frozen")
    work.record(
        "account.freeze",
        f"account:{account_id}",
        freeze=row.id,
        reason=reason,
        evidence=evidence,
        before={"frozen_until": before.isoformat() if before else None},
        after={"frozen_until": account.frozen_until.isoformat()},
    )
    return view_of(work, row, account)


def unfreeze(work: Work, *, account_id: int, freeze_id: int = 0, answer: str = "") -> FreezeView:
    """End one freeze before its time, the newest if none is named; another one goes on. Raises Refusal not_frozen."""
    check(work.actor, Right.SEE_MISUSE)
    found = [row for row in all_running(work, account_id) if freeze_id in (0, row.id)]
    if not found:
        raise _not_frozen()
    return lift(work, found[0], answer=plain(answer)[:ANSWER_MAX])


def listing(work: Work) -> list[FreezeView]:
    """For the hospital's admin: open appeals first, then what runs, then the newest of what is over."""
    check(work.actor, Right.SEE_MISUSE)
    rows = work.session.execute(
        select(AccountFreeze, Account)
        .join(Account, col(Account.id) == col(AccountFreeze.account_id))
        .order_by(col(AccountFreeze.id).desc())
        .limit(LISTED)
    ).all()
    views = [view_of(work, row, account) for row, account in rows]
    return sorted(views, key=lambda view: (not (view.appeal and not view.decision), not view.active, -view.id))


def lift(work: Work, row: AccountFreeze, *, answer: str) -> FreezeView:
    """Whoever is still frozen otherwise is not told that it is over."""
    account = locked(work, row.account_id)
    lifted = work.change(
        update(AccountFreeze)
        .where(
            col(AccountFreeze.id) == row.id,
            col(AccountFreeze.lifted_at).is_(None),
            col(AccountFreeze.until) > work.now,
        )
        .values(lifted_at=work.now, answer=answer or row.answer)
    )
    if lifted != 1:
        raise _not_frozen()
    work.session.refresh(row)
    before = account.frozen_until
    account.frozen_until = max((other.until for other in all_running(work, row.account_id)), default=None)
    if account.frozen_until is None:
        tell(work, account, kind="unfrozen", template="account_unfrozen")
    work.record(
        "account.unfreeze",
        f"account:{row.account_id}",
        freeze=row.id,
        before={"frozen_until": before.isoformat() if before else None},
        after={"frozen_until": account.frozen_until.isoformat() if account.frozen_until else None},
    )
    return view_of(work, row, account)


def running(work: Work, account_id: int) -> AccountFreeze:
    """The newest that holds, whose reason is told. Raises Refusal not_frozen."""
    found = all_running(work, account_id)
    if not found:
        raise _not_frozen()
    return found[0]


def all_running(work: Work, account_id: int) -> list[AccountFreeze]:
    """The newest first."""
    if not 0 < account_id <= ID_MAX:
        return []
    return list(
        work.session.scalars(
            select(AccountFreeze)
            .where(
                col(AccountFreeze.account_id) == account_id,
                col(AccountFreeze.lifted_at).is_(None),
                col(AccountFreeze.until) > work.now,
            )
            .order_by(col(AccountFreeze.id).desc())
            .execution_options(populate_existing=True)
        )
    )


def only_by_itself(work: Work, account_id: int) -> bool:
    """No admin's freeze runs."""
    return all(began_by_itself(row) for row in all_running(work, account_id))


def by_admins(work: Work, account_ids: Collection[int]) -> set[int]:
    """Of these accounts those that an admin's freeze holds."""
    running_now = select(col(AccountFreeze.account_id)).where(
        col(AccountFreeze.account_id).in_(account_ids),
        col(AccountFreeze.lifted_at).is_(None),
        col(AccountFreeze.until) > work.now,
        col(AccountFreeze.frozen_by) != SYSTEM.subject,
    )
    return set(work.session.scalars(running_now))


def began_by_itself(row: AccountFreeze) -> bool:
    return row.frozen_by == SYSTEM.subject


def newest(work: Work, account_id: int) -> AccountFreeze | None:
    if not 0 < account_id <= ID_MAX:
        return None
    return work.session.scalars(
        select(AccountFreeze)
        .where(col(AccountFreeze.account_id) == account_id)
        .order_by(col(AccountFreeze.id).desc())
        .limit(1)
    ).first()


def account_named(work: Work, account_id: int) -> Account:
    account = work.session.get(Account, account_id) if 0 < account_id <= ID_MAX else None
    if account is None or account.closed_at is not None:
        raise not_found("这个账号")
    return account


def locked(work: Work, account_id: int) -> Account:
    """The account, under whose lock its freezes begin and end. Raises Refusal not_found."""
    account = work.session.scalars(
        select(Account)
        .where(col(Account.id) == min(max(account_id, 0), ID_MAX), col(Account.closed_at).is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if account is None:
        raise not_found("这个账号")
    return account


def is_active(work: Work, row: AccountFreeze) -> bool:
    return row.lifted_at is None and row.until > work.now


def _not_frozen() -> Refusal:
    return Refusal("not_frozen", "这个账号现在没有被冻结，请刷新后查看。")


def said_of(text: str, longest: int, refusal: Refusal) -> str:
    text = plain(text)
    if not 1 <= len(text) <= longest:
        raise refusal
    return text


def tell(work: Work, account: Account, *, kind: str, template: str) -> None:
    """In the message centre and by text message; the reason stands behind the sign-in only."""
    messages.tell(work, account_id=account.id or 0, kind=kind)
    work.later("sms.notice", phone_sealed=vault().encrypt(account.phone), template=template, sealed={})


def view_of(work: Work, row: AccountFreeze, account: Account) -> FreezeView:
    evidence: dict[str, Any] = json.loads(row.evidence)
    return FreezeView(
        id=row.id or 0,
        account_id=row.account_id,
        phone=mask_phone(account.phone),
        reason=row.reason,
        evidence={str(name): int(value) for name, value in evidence.items()},
        frozen_at=row.frozen_at,
        frozen_by=row.frozen_by,
        until=row.until,
        active=is_active(work, row),
        appeal=row.appeal,
        appealed_at=row.appealed_at,
        decision=row.decision,
        answer=row.answer,
        decided_at=row.decided_at,
        lifted_at=row.lifted_at,
    )
