"""Many rows at once."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert
from sqlmodel import SQLModel

from hospital_app.work import Work

Row = dict[str, Any]
ROWS_PER_INSERT = 2000


def write_rows(work: Work, table: str, rows: Sequence[Row]) -> None:
    """Multi-row INSERTs; every row has the same columns."""
    for begin in range(0, len(rows), ROWS_PER_INSERT):
        work.session.execute(insert(SQLModel.metadata.tables[table]), rows[begin : begin + ROWS_PER_INSERT])
