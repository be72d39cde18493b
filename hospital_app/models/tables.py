"""The tables behind the models, for statements over many rows at once."""

from typing import Any, cast

from sqlalchemy import Table
from sqlmodel import SQLModel


def table_of(model: type[SQLModel]) -> Table:
    """Rows are given whole: defaults of the model's fields are not filled in."""
    return cast("Table", cast("Any", model).__table__)
