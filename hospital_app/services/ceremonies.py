"""分几步的登录: what must be remembered between two steps, for one client, once, and not for long."""

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.models.identity import Ceremony
from hospital_app.models.tables import put_row
from hospital_app.work import Work

HANDLE_BYTES = 32
KEPT = timedelta(days=1)
ONE_SWEEP = 1000


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was kept at the first step, and for whom; nobody yet if both ids are None."""

    payload: dict[str, Any]
    account_id: int | None
    staff_id: int | None


def begin(
    work: Work,
    *,
    kind: str,
    payload: dict[str, Any],
    account_id: int | None = None,
    staff_id: int | None = None,
    minutes: int | None = None,
) -> str:
    """Remember `payload` (JSON) for the next step; the handle that the client must bring back.

    The handle has letters and digits only: WeChat carries nothing else as its state.
    """
    handle = secrets.token_hex(HANDLE_BYTES)
    work.session.add(
        Ceremony(
            handle_hash=_hash(handle),
            kind=kind,
            payload=json.dumps(payload, ensure_ascii=False),
            account_id=account_id,
            staff_id=staff_id,
            created_at=work.now,
            expires_at=work.now + timedelta(minutes=minutes or work.rules.ceremony_minutes),
        )
    )
    return handle


def peek(work: Work, *, kind: str, handle: str) -> Remembered:
    """What is remembered, without using it up. Raises Refusal `ceremony_over`."""
    row = work.session.scalar(
        select(Ceremony).where(
            col(Ceremony.handle_hash) == _hash(handle),
            col(Ceremony.kind) == kind,
            col(Ceremony.used_at).is_(None),
            col(Ceremony.expires_at) > work.now,
        )
    )
    if row is None:
        raise over()
    return Remembered(json.loads(row.payload), row.account_id, row.staff_id)


def use_up(work: Work, *, kind: str, handle: str) -> Remembered:
    """What was remembered, for whoever comes first with its handle. Raises Refusal `ceremony_over`."""
    hashed = _hash(handle)
    taken = work.change(
        update(Ceremony)
        .where(
            col(Ceremony.handle_hash) == hashed,
            col(Ceremony.kind) == kind,
            col(Ceremony.used_at).is_(None),
            col(Ceremony.expires_at) > work.now,
        )
        .values(used_at=work.now)
    )
    if taken != 1:
        raise over()
    row = work.session.scalars(select(Ceremony).where(col(Ceremony.handle_hash) == hashed)).one()
    return Remembered(json.loads(row.payload), row.account_id, row.staff_id)


def remember(
    work: Work, *, kind: str, name: str, payload: dict[str, Any], account_id: int | None, minutes: int
) -> None:
    """Keep `payload` under a name of ours, which no client brings, in place of what was kept under it."""
    put_row(
        work.session,
        Ceremony,
        key="handle_hash",
        handle_hash=_hash(f"{kind}:{name}"),
        kind=kind,
        payload=json.dumps(payload, ensure_ascii=False),
        account_id=account_id,
        staff_id=None,
        created_at=work.now,
        expires_at=work.now + timedelta(minutes=minutes),
        used_at=None,
    )


def recall(work: Work, *, kind: str, name: str) -> Remembered | None:
    """What is kept under a name; None: nothing, or it is too old."""
    try:
        return peek(work, kind=kind, handle=f"{kind}:{name}")
    except Refusal:
        return None


def over() -> Refusal:
    return Refusal("ceremony_over", "这一步已经过期或用过了，请回到登录页或设置页重新开始。", 409)


def forget_old(work: Work) -> int:
    """Drop what nobody can continue any more, so many at once; how many went."""
    old = select(col(Ceremony.id)).where(col(Ceremony.expires_at) < work.now - KEPT).limit(ONE_SWEEP)
    ids = list(work.session.scalars(old))
    if ids:
        work.session.execute(delete(Ceremony).where(col(Ceremony.id).in_(ids)))
    return len(ids)


def _hash(handle: str) -> str:
    return sha256(handle.encode(errors="replace")).hexdigest()
