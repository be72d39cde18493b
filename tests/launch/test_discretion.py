"""No log line opens a session."""

import logging

import pytest

from hospital_app.discretion import keep_secrets_out_of_logs, scrub


@pytest.mark.parametrize(
    "text",
    [
        "cookie: a=1; guahao_session=Zm9v.bar_-x; b=2",
        "{'cookie': '__Host-guahao_session=Zm9v.bar_-x'}",
        'Authorization: Bearer Zm9v.bar_-x"',
    ],
)
def test_a_session_is_blotted_out(text: str) -> None:
    assert "Zm9v" not in scrub(text)


def test_every_logger_is_discreet(caplog: pytest.LogCaptureFixture) -> None:
    factory = logging.getLogRecordFactory()
    try:
        keep_secrets_out_of_logs()
        logging.getLogger("somebody.else").error("event %s failed", {"cookie": "guahao_session=Zm9v"})
    finally:
        logging.setLogRecordFactory(factory)
    assert "event" in caplog.text
    assert "Zm9v" not in caplog.text
