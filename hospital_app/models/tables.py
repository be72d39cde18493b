"""The tables behind the models, for statements over many rows at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table, literal
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Session
from sqlmodel import SQLModel


def table_of(model: type[SQLModel]) -> Table:
    """Rows are given whole: defaults of the model's fields are not filled in."""
    return cast("Table", cast("Any", model).__table__)


def write_rows(
    session: Session, model: type[SQLModel], rows: Sequence[Sequence[Any]], *, names: tuple[str, ...], **same: Any
) -> None:
    """One INSERT of many rows: `names` are their columns, `same` is what all of them share and is said as a literal.

    By hand, because a batch of holds spends most of its time on the parameters of its rows.
    """
    connection = session.connection()
    dialect = connection.dialect
    shape = _shape(dialect, table_of(model), names, tuple(same))
    one = "(" + ", ".join([*shape.marks, *(shape.literal(name, value) for name, value in same.items())]) + ")"
    values = [
        value if process is None else process(value)
        for row in rows
        for process, value in zip(shape.processors, row, strict=True)
    ]
    connection.exec_driver_sql(f"{shape.head} VALUES {', '.join([one] * len(rows))}", tuple(values))


@dataclass(frozen=True)
class _Shape:
    """How a dialect wants rows of these columns."""

    dialect: Dialect
    table: Table
    head: str
    marks: list[str]
    processors: Sequence[Callable[[Any], Any] | None]

    def literal(self, name: str, value: Any) -> str:
        said = literal(value, self.table.c[name].type)
        return str(said.compile(dialect=self.dialect, compile_kwargs={"literal_binds": True}))


@lru_cache(maxsize=32)
def _shape(dialect: Dialect, table: Table, names: tuple[str, ...], same: tuple[str, ...]) -> _Shape:
    quote = dialect.identifier_preparer.quote
    columns = ", ".join(quote(name) for name in (*names, *same))
    mark = "?" if dialect.paramstyle == "qmark" else "%s"
    processors = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    return _Shape(dialect, table, f"INSERT INTO {quote(table.name)} ({columns})", [mark] * len(names), processors)
