"""No log line opens a session, and none tells whose number it is about."""

import io
import logging
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from hospital_app.discretion import keep_secrets_out_of_logs, scrub


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a handler of the house's own format writes while every record is scrubbed."""
    factory = logging.getLogRecordFactory()
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        keep_secrets_out_of_logs()
        yield out
    finally:
        logging.getLogger().removeHandler(handler)
        logging.setLogRecordFactory(factory)


@pytest.mark.parametrize(
    "line",
    [
        "cookie: a=1; guahao_session=Zm9v.bar_-x; b=2",
        "{'cookie': '__Host-guahao_session=Zm9v.bar_-x'}",
        'Authorization: Bearer Zm9v.bar_-x"',
        "cookie: guahao_device=Zm9v.bar_-x",
        "set-cookie: __Host-guahao_device=Zm9v.bar_-x; Path=/",
    ],
)
def test_what_opens_a_session_is_blotted_out(line: str) -> None:
    assert "Zm9v" not in scrub(line)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("no account of 13812345678.", "no account of 138…5678."),
        ("/?PhoneNumbers=13812345678&x=1", "/?PhoneNumbers=138…5678&x=1"),
        ("['+8613812345678']", "['+86138…5678']"),
        ("phone=%2B8613812345678", "phone=%2B86138…5678"),
        ("{'document_number': '11010519491231002X'}", "{'document_number': '110…002X'}"),
        ("11010519491231002x", "110…002x"),
    ],
)
def test_numbers_of_people_are_masked(line: str, left: str) -> None:
    assert scrub(line) == left


@pytest.mark.parametrize(
    "line",
    [
        "GH26112400051298 GP2611241234567890 GR2611241234567890",
        "took 1764104000123 ns at 1764104000.123, port 18301, id 2147483647",
        "outbox row 13812 failed",
    ],
)
def test_numbers_of_ours_stay_readable(line: str) -> None:
    assert scrub(line) == line


def test_every_logger_is_discreet(written: io.StringIO) -> None:
    logging.getLogger("somebody.else").error("event %s failed", {"cookie": "guahao_session=Zm9v", "p": "13812345678"})
    assert "event" in written.getvalue()
    assert "Zm9v" not in written.getvalue() and "13812345678" not in written.getvalue()


def test_a_line_with_a_wrong_format_is_written_all_the_same(written: io.StringIO) -> None:
    logging.getLogger("somebody.else").error("%d of %d", "13812345678")
    assert "138…5678" in written.getvalue()


def test_traces_are_discreet_too(written: io.StringIO) -> None:
    try:
        raise ValueError("no such number: 13812345678")
    except ValueError:
        logging.getLogger("somebody.else").exception("failed")
    assert "Traceback" in written.getvalue() and "138…5678" in written.getvalue()
    assert "13812345678" not in written.getvalue()


def test_a_failing_statement_does_not_tell_its_values(engine: Engine) -> None:
    with pytest.raises((OperationalError, ProgrammingError)) as failure, engine.connect() as connection:
        connection.execute(text("SELECT nothing FROM nowhere WHERE name = :name"), {"name": "慕容守秘"})
    assert "慕容守秘" not in str(failure.value)
