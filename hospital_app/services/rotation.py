"""密钥轮换: whatever is sealed with an old key is sealed anew with the current one, row by row, while the house runs.

A row is changed only if it still holds the very text that was read: whoever wrote meanwhile sealed it anew already.
Nothing is remembered between batches but where to go on; what is done is seen by the key id in the text itself.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnClause, TableClause, Text, and_, column, func, not_, or_, select, table, update
from sqlmodel import SQLModel, col

from hospital_app.models.operation import OutboxRow
from hospital_app.models.types import Encrypted
from hospital_app.vault import vault
from hospital_app.work import Work

_SEALED = re.compile(r"^([^:\s]{1,40}):[A-Za-z0-9+/]+={0,2}$")
SEALED_SUFFIX = "_sealed"  # names of sealed values in an outbox row's payload


@dataclass(frozen=True, slots=True)
class Sealed:
    """A table's sealed columns, as the plain text that is stored. `key`: its primary key."""

    name: str
    key: str
    columns: tuple[str, ...]

    @property
    def table(self) -> TableClause:
        return table(self.name, column(self.key), *(column(name, Text) for name in self.columns))

    @property
    def texts(self) -> list[ColumnClause[str]]:
        return [column(name, Text) for name in self.columns]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction did. `last`: the primary key to go on behind; None: the table is through."""

    changed: int
    last: Any | None


def sealed_tables() -> list[Sealed]:
    """Every table with an encrypted column, found from the models themselves."""
    found = []
    for name, each in sorted(SQLModel.metadata.tables.items()):
        columns = tuple(c.name for c in each.columns if isinstance(c.type, Encrypted))
        if columns:
            (key,) = each.primary_key.columns
            found.append(Sealed(name, key.name, columns))
    return found


def rotate_rows(work: Work, *, sealed: Sealed, after: Any | None, limit: int) -> Batch:
    """The next rows behind `after` that hold anything under an old key."""
    key: ColumnClause[Any] = column(sealed.key)
    query = select(key, *sealed.texts).select_from(sealed.table).where(or_(*map(_is_old, sealed.texts)))
    if after is not None:
        query = query.where(key > after)
    rows = work.session.execute(query.order_by(key).limit(limit)).all()
    changed = 0
    for identity, *texts in rows:
        old = {name: text for name, text in zip(sealed.columns, texts, strict=True) if _needs_it(text)}
        unchanged = and_(*(column(name, Text) == text for name, text in old.items()))
        anew = {name: _anew(text) for name, text in old.items()}
        changed += work.change(update(sealed.table).where(key == identity, unchanged).values(anew))
    return Batch(changed, rows[-1][0] if len(rows) == limit else None)


def rotate_outbox(work: Work, *, after: Any | None, limit: int) -> Batch:
    """Effects still owed carry sealed values too; of those that are done nothing is opened any more."""
    query = select(col(OutboxRow.id), col(OutboxRow.payload)).where(
        col(OutboxRow.done_at).is_(None), col(OutboxRow.payload).contains(f'{SEALED_SUFFIX}"', autoescape=True)
    )
    if after is not None:
        query = query.where(col(OutboxRow.id) > after)
    rows = work.session.execute(query.order_by(col(OutboxRow.id)).limit(limit)).all()
    changed = 0
    for identity, payload in rows:
        given: dict[str, Any] = json.loads(payload)
        old = {name: text for name, text in given.items() if name.endswith(SEALED_SUFFIX) and _needs_it(text)}
        if old:
            anew = json.dumps(
                given | {name: _anew(text) for name, text in old.items()}, ensure_ascii=False, separators=(",", ":")
            )
            same = (col(OutboxRow.id) == identity, col(OutboxRow.payload) == payload)
            changed += work.change(update(OutboxRow).where(*same).values(payload=anew))
    return Batch(changed, rows[-1][0] if len(rows) == limit else None)


def remaining(work: Work) -> dict[str, int]:
    """Key id → how many values are still sealed with it; the current one is left out. Empty: old keys may go."""
    counted: Counter[str] = Counter()
    for sealed in sealed_tables():
        for text in sealed.texts:
            position = func.instr(text, ":")
            key_id = func.substr(text, 1, position - 1)
            found = work.session.execute(
                select(key_id, func.count()).select_from(sealed.table).where(_is_old(text)).group_by(key_id)
            )
            counted.update({str(name): int(number) for name, number in found})
    counted.update(_in_outbox(work))
    return dict(sorted(counted.items()))


def _in_outbox(work: Work) -> Iterator[str]:
    query = select(col(OutboxRow.payload)).where(
        col(OutboxRow.done_at).is_(None), col(OutboxRow.payload).contains(f'{SEALED_SUFFIX}"', autoescape=True)
    )
    for payload in work.session.scalars(query.execution_options(yield_per=500)):
        for name, text in json.loads(payload).items():
            if name.endswith(SEALED_SUFFIX) and _needs_it(text):
                yield str(text).partition(":")[0]


def _is_old(text: ColumnClause[str]) -> Any:
    return and_(text.is_not(None), not_(text.startswith(f"{vault().key_id}:", autoescape=True)))


def _needs_it(text: Any) -> bool:
    found = _SEALED.match(text) if isinstance(text, str) else None
    return found is not None and found[1] != vault().key_id


def _anew(text: str) -> str:
    return vault().encrypt(vault().decrypt(text))
