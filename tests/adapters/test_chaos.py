"""捣乱 by a seed: what goes wrong at a channel goes wrong the same way each time, and we live with it."""

import pytest

from hospital_app.ports import PaymentNotice, Unreachable
from tests.adapters.alipay_merchant import AlipayMerchant
from tests.adapters.merchant import Merchant

CALM = {"never": 0, "twice": 0, "late": 0, "shuffled": 0, "timeout": 0, "error": 0}


def test_the_same_seed_loses_the_same_callbacks(alipay_merchant: AlipayMerchant) -> None:
    merchant = alipay_merchant

    def lost(seed: int) -> list[int]:
        set_up = merchant.world.post("/sandbox/alipay", json={**CALM, "never": 40, "twice": 30, "seed": seed})
        assert set_up.is_success
        told = []
        for _ in range(12):
            number = merchant.placed()
            merchant.world.choose(number, "success")
            told.append(len(merchant.world.notices(number)))
        merchant.world.post("/sandbox/alipay", json=CALM)
        return told

    first, again, other = lost(7), lost(7), lost(8)
    assert first == again != other
    assert {0, 1, 2} == {*first, *other}


def test_an_answer_that_is_an_error_may_have_done_its_work(merchant: Merchant) -> None:
    assert merchant.world.post("/sandbox/wechat", json={**CALM, "error": 100, "seed": 3}).is_success
    orders = [merchant.an_order() for _ in range(8)]
    for order in orders:
        with pytest.raises(Unreachable):
            merchant.gateway.create(order)
    merchant.world.post("/sandbox/wechat", json=CALM)
    there = [merchant.gateway.query(order.payment_no) is not None for order in orders]
    assert set(there) == {True, False}
    for order in orders:
        assert merchant.gateway.create(order).cashier_url  # asked again with the same number: one order


def test_nobody_answers_in_time(alipay_merchant: AlipayMerchant) -> None:
    merchant = alipay_merchant
    number = merchant.placed()
    merchant.world.post("/sandbox/alipay", json={**CALM, "timeout": 100, "timeout_seconds": 2})
    hasty = merchant.gateway_with(read_timeout_seconds=0.3)
    with pytest.raises(Unreachable):
        hasty.close(number)
    merchant.world.post("/sandbox/alipay", json=CALM)
    found = hasty.query(number)
    assert isinstance(found, PaymentNotice)


@pytest.mark.parametrize("wrong", [{"never": "x"}, {"late": 101}, {"never": 60, "twice": 60}, {"seed": -1}])
def test_nonsense_is_refused_in_words(merchant: Merchant, wrong: dict[str, object]) -> None:
    answer = merchant.world.post("/sandbox/wechat", json=wrong)
    assert answer.status_code == 422 and answer.json()["detail"]
