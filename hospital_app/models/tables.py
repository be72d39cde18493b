"""The tables behind the models, for statements over many rows at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Any, cast

from sqlalchemy import Date, Insert, Integer, Table, literal
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from hospital_app.models.types import UtcDateTime


def table_of(model: type[SQLModel]) -> Table:
    """Rows are given whole: defaults of the model's fields are not filled in."""
    return cast("Table", cast("Any", model).__table__)


def put_row(session: Session, model: type[SQLModel], *, key: str, **values: Any) -> None:
    """A row in the place of the one with the same `key`, a unique column: one statement, so that of two who put one at
    the same moment the later one's stays, and neither fails.
    """
    table = table_of(model)
    others = [name for name in values if name != key]
    if session.connection().dialect.name == "sqlite":
        new = sqlite.insert(table).values(values)
        putting: Insert = new.on_conflict_do_update(
            index_elements=[key], set_={name: new.excluded[name] for name in others}
        )
    else:
        given = mysql.insert(table).values(values)
        putting = given.on_duplicate_key_update({name: given.inserted[name] for name in others})
    session.execute(putting)


def write_rows(
    session: Session,
    model: type[SQLModel],
    rows: Sequence[Sequence[Any]],
    *,
    names: tuple[str, ...],
    ending: str = "",
    **same: Any,
) -> int:
    """One INSERT of many rows: `names` are their columns, `same` is what all of them share and is said as a literal,
    `ending` what the statement ends with. How many rows the database says were touched.

    By hand, because a batch of holds spends most of its time on the parameters of its rows.
    """
    connection = session.connection()
    shape = _shape(connection.dialect, table_of(model), names, tuple(same))
    shared = "".join(f", {_literal(shape.dialect, shape.table, name, value)}" for name, value in same.items())
    texts = [row[i] for row in rows for i in shape.texts if row[i] is not None]
    by_driver = connection.dialect.name == "sqlite"
    told: Iterator[str] = repeat("?") if by_driver else iter(_quoted(connection, texts))
    said = []
    for row in rows:
        parts = [
            "NULL" if value is None else next(told) if say is None else say(value)
            for say, value in zip(shape.says, row, strict=True)
        ]
        said.append(f"({', '.join(parts)}{shared})")
    statement = f"{shape.head} VALUES {', '.join(said)}{ending}"
    return connection.exec_driver_sql(statement, tuple(texts) if by_driver else None, {"no_parameters": True}).rowcount


def _quoted(connection: Connection, texts: Sequence[str]) -> list[str]:
    """Each as the driver says it in a statement, asked once for all of them: each question costs more than its text."""
    with closing(connection.connection.cursor()) as cursor:
        together: str = cast("Any", cursor).mogrify("%s", [_BETWEEN.join(texts)])
        apart = together[1:-1].split(_BETWEEN)
        if len(apart) == len(texts):
            return [f"'{each}'" for each in apart]
        return [cast("Any", cursor).mogrify("%s", [each]) for each in texts]  # one of them holds our separator


_BETWEEN = "\x1f"  # the driver leaves it as it is


@dataclass(frozen=True)
class _Shape:
    """How a dialect wants rows of these columns: what says a value in the statement, None where the driver does;
    those are `texts`."""

    dialect: Dialect
    table: Table
    head: str
    says: Sequence[Callable[[Any], str] | None]
    texts: Sequence[int]


@lru_cache(maxsize=32)
def _shape(dialect: Dialect, table: Table, names: tuple[str, ...], same: tuple[str, ...]) -> _Shape:
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in (*names, *same))
    says = [_saying(table.c[name].type, dialect) for name in names]
    texts = [i for i, say in enumerate(says) if say is None]
    return _Shape(dialect, table, f"INSERT INTO {quote(table.name)} ({columns})", says, texts)


@lru_cache(maxsize=256)  # what many rows share, many statements of the same second share as well
def _literal(dialect: Dialect, table: Table, name: str, value: Any) -> str:
    said = literal(value, table.c[name].type)
    return str(said.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _saying(of: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], str] | None:
    """Numbers and times, which hold no quotes, are written into the statement; text always goes by the driver."""
    if not isinstance(of, (Integer, Date, UtcDateTime)):
        return None
    return of.dialect_impl(dialect).literal_processor(dialect)
