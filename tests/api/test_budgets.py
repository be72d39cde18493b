"""Whoever asks too often is told how long to wait; others go on."""

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from hospital_app import container as containers
from tests.api.test_sessions import sign_in
from tests.support.house import House
from tests.support.terminal import Terminal, refusal


@pytest.fixture
def with_budget(house: House) -> Callable[..., None]:
    def set_budgets(**per_minute: int) -> None:
        numbers = {f"budget_{name}_per_minute": number for name, number in per_minute.items()}
        containers.use(replace(house.container, settings=house.container.settings.model_copy(update=numbers)))

    return set_budgets


def until_refused(ask: Callable[[], httpx.Response], *, at_most: int = 30) -> tuple[int, str]:
    """Windows are whole minutes: one of a few more calls than the budget is refused at the latest."""
    for _ in range(at_most):
        answer = ask()
        if answer.status_code == 429:
            assert 1 <= int(answer.headers["retry-after"]) <= 61
            return refusal(answer)
    raise AssertionError("never refused")


def test_a_session_has_its_budget_and_others_have_theirs(house: House, with_budget: Callable[..., None]) -> None:
    greedy, modest = Terminal(address="10.0.0.1"), Terminal(address="10.0.0.2")
    sign_in(house, greedy, "13800138001")
    sign_in(house, modest, "13800138002")
    with_budget(session=5)
    assert until_refused(lambda: greedy.get("/api/v1/patients")) == (429, "too_many_requests")
    assert modest.get("/api/v1/patients").status_code == 200


def test_an_account_cannot_multiply_its_budget_by_sessions(house: House, with_budget: Callable[..., None]) -> None:
    first = Terminal()
    opened = sign_in(house, first, "13800138003")
    machine = Terminal(token=str(opened["token"]), address="10.0.0.3")
    with_budget(account=5)
    both = iter([first, machine] * 15)
    assert until_refused(lambda: next(both).get("/api/v1/patients")) == (429, "too_many_requests")


def test_an_address_has_its_budget_for_reading_and_for_guessing(house: House, with_budget: Callable[..., None]) -> None:
    with_budget(reading=5, address=5)
    stranger = Terminal(address="10.0.0.4")
    assert until_refused(lambda: stranger.get("/api/v1/departments")) == (429, "too_many_requests")
    guess = {"phone": "13800138004", "code": "000000"}
    assert until_refused(lambda: stranger.post("/api/v1/sessions", guess)) == (429, "too_many_requests")
    assert Terminal(address="10.0.0.5").get("/api/v1/departments").status_code == 200


def test_a_proxy_of_ours_speaks_for_many_addresses(house: House, with_budget: Callable[..., None]) -> None:
    with_budget(reading=5)
    proxy = Terminal()

    def ask(address: str) -> httpx.Response:
        return proxy.get("/api/v1/departments", headers={"x-forwarded-for": address})

    assert until_refused(lambda: ask("203.0.113.1")) == (429, "too_many_requests")
    assert ask("203.0.113.2").status_code == 200


def test_callbacks_and_monitoring_are_not_counted(house: House, with_budget: Callable[..., None]) -> None:
    with_budget(reading=1, address=1)
    vendor = Terminal(address="10.0.0.6", origin=None)
    assert {vendor.post("/callbacks/wechat", {"id": n}).status_code for n in range(10)} == {404}, (
        "no channel is configured here"
    )
    assert {vendor.get("/healthz").status_code for _ in range(10)} == {200}
