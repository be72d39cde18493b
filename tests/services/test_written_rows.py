"""Rows that are put together by hand hold what was given, whatever it looks like."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows.unit import perform
from hospital_app.models.operation import OutboxRow
from hospital_app.models.tables import write_rows
from hospital_app.work import Work
from tests.support.house import House

NASTY = [
    "",
    "'",
    "\\",
    "\\'; DROP TABLE outbox; -- ",
    '"%s" %% %(name)s ?',
    "a\x1fb",
    "\x1f",
    "\x00\x1a\n\r\t",
    "张三 😀 \u202e",
    ":name",
    "x" * 5000,
]
TEXTS = st.lists(st.one_of(st.sampled_from(NASTY), st.text(st.characters(codec="utf-8"), max_size=40)), max_size=12)


def written(work: Work, payloads: list[str]) -> list[tuple[str | None, str]]:
    """(lane, payload) as they are read back; every other row has no lane."""
    rows = [("test", None if i % 2 else "l'\\ane", payload, work.now) for i, payload in enumerate(payloads)]
    names = ("kind", "lane", "payload", "run_at")
    write_rows(work.session, OutboxRow, rows, names=names, attempts=0, created_at=work.now, last_error="")
    query = select(OutboxRow).where(col(OutboxRow.kind) == "test").order_by(col(OutboxRow.id))
    read = [(row.lane, row.payload) for row in work.session.scalars(query)]
    work.session.execute(text("DELETE FROM outbox WHERE kind = 'test'"))
    return read


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payloads=TEXTS)
def test_any_text_comes_back_as_it_went(house: House, payloads: list[str]) -> None:
    wanted = [(None if i % 2 else "l'\\ane", payload) for i, payload in enumerate(payloads)]
    if payloads:
        assert perform(SYSTEM, written, payloads=payloads) == wanted


@pytest.mark.parametrize("payload", NASTY)
def test_one_alone_too(house: House, payload: str) -> None:
    assert perform(SYSTEM, written, payloads=[payload, payload]) == [("l'\\ane", payload), (None, payload)]


def test_a_row_that_is_refused_tells_nobody_its_values(mariadb_house: House) -> None:
    """Failures are logged; the server's own words name the column."""

    def too_long(work: Work) -> None:
        write_rows(
            work.session,
            OutboxRow,
            [("test", "x" * 200, "of somebody's own", work.now)],
            names=("kind", "lane", "payload", "run_at"),
            attempts=0,
            created_at=work.now,
            last_error="",
        )

    with pytest.raises(DBAPIError) as failure:
        perform(SYSTEM, too_long)
    said = str(failure.value)
    assert "'lane'" in said and "INSERT INTO outbox" in said and "somebody" not in said


def test_without_backslash_escapes_too(mariadb_house: House) -> None:
    """A database whose administrator chose NO_BACKSLASH_ESCAPES wants texts said otherwise."""

    def strictly(work: Work, payloads: list[str]) -> list[tuple[str | None, str]]:
        mode = work.session.scalar(text("SELECT @@sql_mode"))
        work.session.execute(text("SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')"))
        try:
            return written(work, payloads)
        finally:
            work.session.execute(text("SET sql_mode = :mode"), {"mode": mode})

    assert [payload for _, payload in perform(SYSTEM, strictly, payloads=NASTY)] == NASTY
