"""登录设备：the living sessions of whoever asks, and their end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, select
from sqlmodel import col

from hospital_app.domain.authority import Right, check
from hospital_app.domain.devices import browser_of, kind_of
from hospital_app.domain.errors import not_found
from hospital_app.domain.networks import mask_address
from hospital_app.models.identity import LoginSession
from hospital_app.services import sessions
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class SessionView:
    """One signed-in device. `current` is the one that asks; `place` a masked address."""

    id: int
    device: str
    browser: str
    place: str
    method: str
    created_at: datetime
    seen_at: datetime
    current: bool


def listing(work: Work) -> list[SessionView]:
    """The one that asks first, then by when it was last seen."""
    rows = work.session.scalars(
        select(LoginSession)
        .where(_living(work))
        .order_by(col(LoginSession.seen_at).desc(), col(LoginSession.id).desc())
    )
    views = [_view(work, row) for row in rows if row.id is not None]
    return sorted(views, key=lambda view: not view.current)


def revoke(work: Work, *, session_id: int) -> None:
    """End one of one's own. Raises Refusal not_found (404) for anybody else's, and for one that has ended."""
    mine = select(col(LoginSession.id)).where(_living(work), col(LoginSession.id) == session_id)
    if work.session.scalar(mine) is None:
        raise not_found("这台设备")
    sessions.revoke(work, session_id=session_id)


def revoke_all(work: Work) -> int:
    """Log out everywhere, here too; how many ended."""
    check(work.actor, Right.OWN_ACCOUNT)
    if work.actor.account_id is not None:
        ended = sessions.revoke_all_of_account(work, account_id=work.actor.account_id)
    else:
        ended = sessions.revoke_all_of_staff(work, staff_id=work.actor.staff_id or 0)
    work.record("sign-out.everywhere", work.actor.subject, sessions=ended)
    return ended


def _living(work: Work) -> ColumnElement[bool]:
    """Of the caller's own account, or of the member of staff who calls."""
    check(work.actor, Right.OWN_ACCOUNT)
    own = (
        col(LoginSession.account_id) == work.actor.account_id
        if work.actor.account_id is not None
        else col(LoginSession.staff_id) == work.actor.staff_id
    )
    idle = work.now - sessions.idle_limit(work.rules, work.actor.role)
    return and_(
        own,
        col(LoginSession.revoked_at).is_(None),
        col(LoginSession.expires_at) > work.now,
        col(LoginSession.seen_at) > idle,
    )


def _view(work: Work, row: LoginSession) -> SessionView:
    return SessionView(
        id=row.id or 0,
        device=kind_of(row.user_agent),
        browser=browser_of(row.user_agent),
        place=mask_address(row.address),
        method=row.method,
        created_at=row.created_at,
        seen_at=row.seen_at,
        current=row.id == work.actor.session_id,
    )
