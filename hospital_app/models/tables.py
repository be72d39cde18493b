"""The tables behind the models, for statements over many rows at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Date, Integer, Table, literal
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

from hospital_app.models.types import UtcDateTime


def table_of(model: type[SQLModel]) -> Table:
    """Rows are given whole: defaults of the model's fields are not filled in."""
    return cast("Table", cast("Any", model).__table__)


def write_rows(
    session: Session,
    model: type[SQLModel],
    rows: Sequence[Sequence[Any]],
    *,
    names: tuple[str, ...],
    ending: str = "",
    **same: Any,
) -> None:
    """One INSERT of many rows: `names` are their columns, `same` is what all of them share and is said as a literal,
    `ending` what the statement ends with.

    By hand, because a batch of holds spends most of its time on the parameters of its rows.
    """
    connection = session.connection()
    shape = _shape(connection.dialect, table_of(model), names, tuple(same))
    shared = "".join(f", {_literal(shape.dialect, shape.table, name, value)}" for name, value in same.items())
    said: list[str] = []
    values: list[Any] = []
    for row in rows:
        parts = []
        for say, value in zip(shape.says, row, strict=True):
            if say is None:
                parts.append(shape.mark)
                values.append(value)
            else:
                parts.append(say(value))
        said.append(f"({', '.join(parts)}{shared})")
    connection.exec_driver_sql(f"{shape.head} VALUES {', '.join(said)}{ending}", tuple(values))


@dataclass(frozen=True)
class _Shape:
    """How a dialect wants rows of these columns: what says a value in the statement, None where the driver does."""

    dialect: Dialect
    table: Table
    head: str
    mark: str
    says: Sequence[Callable[[Any], str] | None]


@lru_cache(maxsize=32)
def _shape(dialect: Dialect, table: Table, names: tuple[str, ...], same: tuple[str, ...]) -> _Shape:
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in (*names, *same))
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    says = [_saying(table.c[name].type, dialect) for name in names]
    return _Shape(dialect, table, f"INSERT INTO {quote(table.name)} ({columns})", mark, says)


@lru_cache(maxsize=256)  # what many rows share, many statements of the same second share as well
def _literal(dialect: Dialect, table: Table, name: str, value: Any) -> str:
    said = literal(value, table.c[name].type)
    return str(said.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def _saying(of: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], str] | None:
    """Numbers and times, which hold no quotes, are written into the statement; text always goes by the driver."""
    if not isinstance(of, (Integer, Date, UtcDateTime)):
        return None
    say = of.dialect_impl(dialect).literal_processor(dialect)
    return None if say is None else lambda value: "NULL" if value is None else say(value)
