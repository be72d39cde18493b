"""医院信息系统停机：patients notice nothing, and it catches up by itself."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.browser import Visitor
from tests.support.living import Living
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def switch_his(living: Living, *, up: bool) -> None:
    httpx.post(f"{living.url}/sandbox/his", json={"up": up}, trust_env=False, timeout=20).raise_for_status()


def known_to_his(living: Living, no: str) -> list[dict[str, Any]]:
    """The appointments with this no in the HIS's own books."""
    answer = httpx.get(
        f"{living.url}/sandbox/his/Appointment", params={"identifier": no}, trust_env=False, timeout=20
    ).raise_for_status()
    return [entry["resource"] for entry in answer.json().get("entry", [])]


@pytest.fixture
def his_down(living: Living) -> Iterator[None]:
    switch_his(living, up=False)
    yield
    switch_his(living, up=True)


def test_booking_goes_on_without_the_his_which_catches_up(patient: Visitor, his_down: None) -> None:
    living = patient.living
    schedule = living.morning(living.employ("不等待"))
    patient.sign_in()
    no = patient.hold(schedule, patient_id=patient.add_person("照常来"))
    patient.go(f"/pay/{no}")
    patient.press("微信支付 ¥50")
    patient.page.wait_for_url("**/sandbox/cashier/**")
    patient.press("支付成功")
    patient.page.wait_for_url(f"**/slip/{no}")
    patient.sees("挂号成功")
    assert known_to_his(living, no) == []
    switch_his(living, up=True)
    wait_until(
        lambda: [found["status"] for found in known_to_his(living, no)] == ["booked"],
        seconds=60,
        what="the HIS catching up",
    )
