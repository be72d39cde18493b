"""What processes share at the bureau, on a real Redis, and what each does while that is away."""

import redis

from hospital_app.adapters.insurance_desk import InsuranceDesk
from tests.support.waiting import free_port


def test_all_processes_count_and_sign_in_together(redis_url: str) -> None:
    one, other = (InsuranceDesk(redis.Redis.from_url(redis_url)) for _ in range(2))
    serials = [desk.serial() for _ in range(50) for desk in (one, other)]
    assert len(set(serials)) == 100 and all(len(each) == 4 and each.isdecimal() for each in serials)
    assert one.sign_no("20261126") == ""
    other.keep_sign_no("20261126", "S1")
    assert (one.sign_no("20261126"), one.sign_no("20261127")) == ("S1", "")


def test_without_redis_each_goes_on_alone() -> None:
    away = redis.Redis(port=free_port(), socket_connect_timeout=0.2, retry=None)
    desk, other = InsuranceDesk(away), InsuranceDesk()
    serials = [each.serial() for _ in range(20) for each in (desk, other)]
    assert len(set(serials)) == 40 and all(len(each) == 4 and each[0].isalpha() for each in serials)
    desk.keep_sign_no("20261126", "S1")
    assert (desk.sign_no("20261126"), desk.sign_no("20261127"), other.sign_no("20261126")) == ("S1", "", "")
