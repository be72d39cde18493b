"""站内消息: one row per thing that an account should know; rendered from the catalogue when read."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.messages import filled, template_of
from hospital_app.domain.numbers import ID_MAX
from hospital_app.models.identity import Message
from hospital_app.work import Work

NEWEST = 100


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message. `template` is a sentence of the catalogue, `params` fill it."""

    id: int
    kind: str
    template: str
    params: dict[str, str]
    appointment_no: str | None
    created_at: datetime
    unread: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """The newest messages first, and how many of all are unread."""

    messages: tuple[MessageView, ...]
    unread: int


def tell(work: Work, *, account_id: int, kind: str, appointment_no: str | None = None, **params: object) -> None:
    """Tell an account something, once per call; `kind` names a template, `params` fill it."""
    work.session.add(
        Message(
            account_id=account_id,
            kind=kind,
            appointment_no=appointment_no,
            text=json.dumps(params, ensure_ascii=False, default=str),
            created_at=work.now,
        )
    )
    work.hint(f"account:{account_id}")


def inbox(work: Work) -> Inbox:
    account_id = _account(work)
    rows = work.session.scalars(
        select(Message).where(col(Message.account_id) == account_id).order_by(col(Message.id).desc()).limit(NEWEST)
    )
    return Inbox(tuple(_view(row) for row in rows), unread(work))


def unread(work: Work) -> int:
    """How many messages the account has not read."""
    waiting = select(func.count(col(Message.id))).where(
        col(Message.account_id) == _account(work), col(Message.read_at).is_(None)
    )
    return work.session.scalar(waiting) or 0


def mark_read(work: Work, *, up_to_id: int) -> int:
    """Everything up to this message was on the screen; how many were new."""
    account_id = _account(work)
    up_to_id = min(up_to_id, ID_MAX)
    read = work.change(
        update(Message)
        .where(col(Message.account_id) == account_id, col(Message.id) <= up_to_id, col(Message.read_at).is_(None))
        .values(read_at=work.now)
    )
    if read:
        work.hint(f"account:{account_id}")
    return read


def _account(work: Work) -> int:
    return authority.check_holder(work.actor, Right.READ_MESSAGES)


def _view(row: Message) -> MessageView:
    if row.id is None:
        raise ValueError("unsaved message")
    return MessageView(
        id=row.id,
        kind=row.kind,
        template=template_of(row.kind),
        params=filled(json.loads(row.text)),
        appointment_no=row.appointment_no,
        created_at=row.created_at,
        unread=row.read_at is None,
    )
