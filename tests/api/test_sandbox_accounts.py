"""Accounts in bulk for load tests: real ones, quickly, and only where sandboxes stand."""

from dataclasses import replace

import pytest

from hospital_app import container as containers
from tests.support.builders import a_schedule, first_period
from tests.support.house import House
from tests.support.terminal import Terminal, refusal


@pytest.fixture
def sandboxed(house: House) -> House:
    settings = house.container.settings.model_copy(update={"sandbox_sms_port": 1})
    containers.use(replace(house.container, settings=settings))
    return house


def test_they_can_book_at_once(sandboxed: House) -> None:
    schedule_id = a_schedule(sandboxed.sessions)
    made = Terminal().post("/sandbox/accounts", {"count": 3}).json()
    assert len({one["account_id"] for one in made}) == len({one["phone"] for one in made}) == 3
    for one in made:
        terminal = Terminal(token=one["token"])
        assert terminal.get("/api/v1/patients").json()[0]["missing"] == []
        body = {
            "schedule_id": schedule_id,
            "starts_at": first_period().isoformat(),
            "patient_id": one["patient_id"],
        }
        answer = terminal.post("/api/v1/appointments", body, headers={"idempotency-key": "k"})
        assert answer.status_code == 201, answer.text


def test_a_thousand_at_once_are_a_thousand_people(sandboxed: House) -> None:
    made = Terminal().post("/sandbox/accounts", {"count": 1000}).json()
    assert {len({one[field] for one in made}) for field in ("token", "account_id", "patient_id", "phone")} == {1000}


@pytest.mark.parametrize("count", [0, -1, 5001, "3", None])
def test_counts_that_make_no_sense(sandboxed: House, count: object) -> None:
    assert refusal(Terminal().post("/sandbox/accounts", {"count": count})) == (422, "invalid_request")


def test_there_is_no_such_thing_without_a_sandbox(house: House) -> None:
    assert refusal(Terminal().post("/sandbox/accounts", {"count": 1})) == (404, "not_found")
