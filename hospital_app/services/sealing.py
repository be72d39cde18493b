"""封存: gives unsealed audit entries their links in the chain, and removes what need not be kept any longer.

Entries are written inside every transaction, side by side; chaining them there would make all bookings wait for one
another. So they are sealed afterwards, by what is not sealed yet and never by a highest id: a transaction that commits
late, with a smaller id than its neighbours, only gets a later link.
"""

from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, func, insert, or_, select
from sqlmodel import col

from hospital_app.domain.chain import GENESIS, RETIRED, SUBJECT, Entry, link_hash, retirement_proof
from hospital_app.domain.policy import AUDIT_KEPT_DAYS
from hospital_app.models.operation import AuditEntry, AuditSeal
from hospital_app.vault import vault
from hospital_app.work import Work

#: The usual round looks no further back than so many ids; a rarer one looks at everything.
LOOK_BACK = 5_000


def recent_from(work: Work) -> int:
    """The id above which unsealed entries are usually found."""
    newest = work.session.scalar(select(func.max(col(AuditSeal.entry_id)))) or 0
    return max(0, newest - LOOK_BACK)


def unsealed(work: Work, *, above_id: int, limit: int) -> int:
    """How many entries wait for their link, counted up to `limit`."""
    waiting = _unsealed(above_id).with_only_columns(col(AuditEntry.id)).limit(limit).subquery()
    return work.session.scalar(select(func.count()).select_from(waiting)) or 0


def seal(work: Work, *, above_id: int, limit: int) -> tuple[int, int]:
    """Append links for so many entries at most; how many, and the id of the last.

    Whoever seals at the same moment meets the primary key: one of the two gets IntegrityError, changes nothing, and
    tries again.
    """
    entries = work.session.execute(_unsealed(above_id).order_by(col(AuditEntry.id)).limit(limit)).all()
    if not entries:
        return 0, above_id
    newest = work.session.execute(
        select(col(AuditSeal.seq), col(AuditSeal.hash)).order_by(col(AuditSeal.seq).desc()).limit(1)
    ).one_or_none()
    seq, previous = (newest.seq, newest.hash) if newest else (0, GENESIS)
    key, links = vault().chain_key, []
    for row in entries:
        seq, previous = seq + 1, link_hash(key, previous, Entry(*row), work.now)
        links.append({"seq": seq, "entry_id": row.id, "hash": previous, "sealed_at": work.now})
    work.session.execute(insert(AuditSeal), links)
    return len(links), entries[-1].id


def retire(work: Work, *, limit: int) -> int:
    """Remove entries past their retention from the beginning of the chain, so many at most; how many.

    The last link removed stays as the checkpoint from which the rest still verifies, and a new entry vouches for it.
    """
    days = max(work.rules.audit_retention_days, AUDIT_KEPT_DAYS + 1)
    cutoff = work.now - timedelta(days=days)
    young = or_(col(AuditEntry.at) >= cutoff, col(AuditSeal.sealed_at) >= cutoff)
    begins = select(col(AuditSeal.seq)).join(AuditEntry, col(AuditEntry.id) == col(AuditSeal.entry_id))
    first = work.session.scalar(begins.order_by(col(AuditSeal.seq)).limit(1))
    kept = work.session.scalar(begins.where(young).order_by(col(AuditSeal.seq)).limit(1))
    if first is None or kept is None or kept == first:
        return 0
    through = min(kept - 1, first + limit - 1)
    last = work.session.get_one(AuditSeal, through)
    removed = _delete(
        work,
        delete(AuditEntry).where(
            col(AuditEntry.id).in_(select(col(AuditSeal.entry_id)).where(col(AuditSeal.seq) <= through))
        ),
    )
    if not removed:  # somebody else was quicker
        return 0
    _delete(work, delete(AuditSeal).where(col(AuditSeal.seq) < through))
    proof = retirement_proof(vault().chain_key, through, last.hash)
    work.record(RETIRED, SUBJECT, through=through, hash=last.hash, proof=proof, entries=removed)
    return removed


def _unsealed(above_id: int) -> Select[Any]:
    # Not by NOT EXISTS: MariaDB would read all links there are before it looks at the first entry.
    return (
        select(*entry_columns())
        .outerjoin(AuditSeal, col(AuditSeal.entry_id) == col(AuditEntry.id))
        .where(col(AuditEntry.id) > above_id, col(AuditSeal.seq).is_(None))
    )


def entry_columns() -> tuple[Any, ...]:
    """In the order of domain.chain.Entry."""
    return tuple(col(getattr(AuditEntry, name)) for name in Entry.__dataclass_fields__)


def _delete(work: Work, statement: Any) -> int:
    result = work.session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount
