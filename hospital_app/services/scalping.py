"""黄牛预警: what gave an account away is written down, once within a window; the heaviest are frozen at once.

A freeze that begins by itself ends by itself, and its account may appeal as against any other (appeals.py).
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlmodel import col

from hospital_app.domain import scalping
from hospital_app.domain.authority import Right, check
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.masking import mask_phone
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.scalping import Counts, Sign, Step
from hospital_app.models.booking import Appointment
from hospital_app.models.changing import ScalpingAlert
from hospital_app.models.identity import Account
from hospital_app.services import freezing
from hospital_app.work import Work

LISTED = 200
ANSWER_MAX = 200
#: What a frozen account reads; its English stands in the catalogue.
REASON = "短时间内的操作与抢号程序相似，系统已自动暂停本账号预约，到时自动恢复。如果是误会，请在这里申诉。"


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert. `signs` are what was too much, the heaviest first; `schedules` the clinics that it was after."""

    id: int
    account_id: int
    phone: str
    score: int
    signs: tuple[Sign, ...]
    counts: dict[str, int]
    schedules: tuple[int, ...]
    appointments: tuple[str, ...]
    raised_at: datetime
    last_at: datetime
    frozen_until: datetime | None
    handled_at: datetime | None
    handled_by: int | None
    answer: str

    @property
    def open(self) -> bool:
        return self.handled_at is None


def raise_alert(work: Work, *, account_id: int, counts: Counts, schedules: tuple[int, ...]) -> int | None:
    """The id of the alert that was written, or grew; None: there is nothing new to say of this account.

    Who watches in several processes says the same several times at once: the account's row is the lock.
    """
    check(work.actor, Right.SEE_MISUSE)
    points = scalping.score(work.rules, counts)
    reached = scalping.step(work.rules, points)
    if reached < Step.ALERT or not _lock(work, account_id):
        return None
    row = _lately(work, account_id)
    if row is not None and (row.handled_at is not None or (row.score >= points and not _owes_freeze(row, reached))):
        return None
    if row is None:
        row = ScalpingAlert(account_id=account_id, score=points, evidence="{}", raised_at=work.now)
        work.session.add(row)
    row.score = max(row.score, points)
    row.evidence = json.dumps(_evidence(work, account_id, counts, schedules), separators=(",", ":"))
    work.session.flush()
    found = {sign.name: sign.count for sign in scalping.signs(work.rules, counts)}
    work.record("scalping.alert", f"account:{account_id}", alert=row.id, score=points, signs=found)
    if _owes_freeze(row, reached):
        row.frozen_until = _freeze(work, account_id, counts)
    return row.id


def listing(work: Work) -> list[AlertView]:
    """Open ones first, then the newest."""
    check(work.actor, Right.SEE_MISUSE)
    rows = work.session.execute(
        select(ScalpingAlert, col(Account.phone))
        .join(Account, col(Account.id) == col(ScalpingAlert.account_id))
        .order_by(col(ScalpingAlert.handled_at).is_not(None), col(ScalpingAlert.id).desc())
        .limit(LISTED)
    )
    return [_view(row, phone) for row, phone in rows]


def dismiss(work: Work, *, alert_id: int, answer: str) -> AlertView:
    """It was no scalper: for this reason. What was frozen by itself because of it is free again.

    Raises Refusal not_found, already_handled, bad_answer.
    """
    check(work.actor, Right.SEE_MISUSE)
    answer = _said(answer)
    row = _named(work, alert_id)
    _handle(work, row, answer)
    work.record("scalping.dismiss", f"account:{row.account_id}", alert=row.id, reason=answer)
    for freeze in freezing.all_running(work, row.account_id):
        if freezing.began_by_itself(freeze) and freeze.until == row.frozen_until:
            freezing.lift(work, freeze, answer=answer)
    return _view(row, freezing.account_named(work, row.account_id).phone)


def confirm(work: Work, *, alert_id: int, answer: str) -> AlertView:
    """It was one, and this is what was done about it; numbers return at once again.

    Raises Refusal not_found, already_handled, bad_answer.
    """
    check(work.actor, Right.SEE_MISUSE)
    answer = _said(answer)
    row = _named(work, alert_id)
    _handle(work, row, answer)
    work.record("scalping.confirm", f"account:{row.account_id}", alert=row.id, reason=answer)
    return _view(row, freezing.account_named(work, row.account_id).phone)


def open_of(work: Work, *, account_id: int) -> list[int]:
    """Ids of the account's alerts that nobody handled."""
    check(work.actor, Right.SEE_MISUSE)
    rows = work.session.scalars(
        select(col(ScalpingAlert.id)).where(
            col(ScalpingAlert.account_id) == account_id, col(ScalpingAlert.handled_at).is_(None)
        )
    )
    return [alert_id for alert_id in rows if alert_id is not None]


def _lock(work: Work, account_id: int) -> bool:
    """False: there is no such account any more."""
    wanted = select(col(Account.id)).where(col(Account.id) == account_id, col(Account.closed_at).is_(None))
    return work.session.scalar(wanted.with_for_update()) is not None


def _lately(work: Work, account_id: int) -> ScalpingAlert | None:
    """The alert of this window."""
    return work.session.scalars(
        select(ScalpingAlert)
        .where(
            col(ScalpingAlert.account_id) == account_id,
            col(ScalpingAlert.raised_at) > work.now - timedelta(minutes=work.rules.scalping_window_minutes),
        )
        .order_by(col(ScalpingAlert.id).desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()


def _owes_freeze(row: ScalpingAlert, reached: Step) -> bool:
    return reached is Step.FREEZE and row.frozen_until is None


def _freeze(work: Work, account_id: int, counts: Counts) -> datetime | None:
    """Until when; None: somebody froze it already."""
    try:
        frozen = freezing.freeze(
            work,
            account_id=account_id,
            reason=REASON,
            hours=work.rules.scalping_freeze_hours,
            evidence=counts.as_dict(),
        )
    except Refusal as refusal:
        if refusal.code != "already_frozen":
            raise
        return None
    return frozen.until


def _evidence(work: Work, account_id: int, counts: Counts, schedules: tuple[int, ...]) -> dict[str, Any]:
    """Counts, times and ids; nothing personal."""
    since = work.now - timedelta(minutes=work.rules.scalping_window_minutes)
    numbers = work.session.scalars(
        select(col(Appointment.no))
        .where(
            col(Appointment.account_id) == account_id,
            or_(col(Appointment.created_at) > since, col(Appointment.cancelled_at) > since),
        )
        .order_by(col(Appointment.id).desc())
        .limit(20)
    )
    return {
        "counts": counts.as_dict(),
        "signs": [[sign.name, sign.count, sign.points] for sign in scalping.signs(work.rules, counts)],
        "schedules": list(schedules)[:50],
        "appointments": list(numbers),
        "last_at": work.now.isoformat(),
    }


def _said(answer: str) -> str:
    return freezing.said_of(answer, ANSWER_MAX, Refusal("bad_answer", "请填写处理说明，最多 200 字。", 422))


def _named(work: Work, alert_id: int) -> ScalpingAlert:
    row = work.session.get(ScalpingAlert, alert_id) if 0 < alert_id <= ID_MAX else None
    if row is None:
        raise not_found("这条预警")
    return row


def _handle(work: Work, row: ScalpingAlert, answer: str) -> None:
    done = work.change(
        update(ScalpingAlert)
        .where(col(ScalpingAlert.id) == row.id, col(ScalpingAlert.handled_at).is_(None))
        .values(handled_at=work.now, handled_by=work.actor.staff_id, answer=answer)
    )
    if done != 1:
        raise Refusal("already_handled", "这条预警已经处理过，请刷新后查看。")
    work.session.refresh(row)


def _view(row: ScalpingAlert, phone: str) -> AlertView:
    evidence: dict[str, Any] = json.loads(row.evidence)
    return AlertView(
        id=row.id or 0,
        account_id=row.account_id,
        phone=mask_phone(phone),
        score=row.score,
        signs=tuple(Sign(*each) for each in evidence.get("signs", ())),
        counts=evidence.get("counts", {}),
        schedules=tuple(evidence.get("schedules", ())),
        appointments=tuple(evidence.get("appointments", ())),
        raised_at=row.raised_at,
        last_at=datetime.fromisoformat(evidence["last_at"]) if "last_at" in evidence else row.raised_at,
        frozen_until=row.frozen_until,
        handled_at=row.handled_at,
        handled_by=row.handled_by,
        answer=row.answer,
    )
