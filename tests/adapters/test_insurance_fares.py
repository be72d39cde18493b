"""100,000 random fares through the bureau's policy and our checks: exact, and nothing spoilt gets through."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospital_app.domain.insurance_amounts import FEE_PARTS, FUND_PARTS, WrongAmounts, fen, split_of
from hospital_app.domain.money import yuan
from hospital_app.sandbox.insurance.policy import POLICIES, Means, Reckoning, reckon

FARES = 100_000
SUMS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay", "psn_part_amt", *FEE_PARTS, "hifp_pay")


def told(found: Reckoning) -> dict[str, str]:
    return {
        "medfee_sumamt": yuan(found.total_fen),
        "fulamt_ownpay_amt": "0.00",
        "overlmt_selfpay": yuan(found.over_fen),
        "preselfpay_amt": yuan(found.first_fen),
        "inscp_scp_amt": yuan(found.within_fen),
        **dict.fromkeys(FUND_PARTS, "0.00"),
        "hifp_pay": yuan(found.fund_fen),
        "fund_pay_sumamt": yuan(found.fund_fen),
        "psn_part_amt": yuan(found.account_fen + found.cash_fen),
        "acct_pay": yuan(found.account_fen),
        "psn_cash_pay": yuan(found.cash_fen),
    }


def a_fare(draw: random.Random) -> tuple[Reckoning, Means, str]:
    kind = draw.choice(list(POLICIES))
    means = Means(draw.randrange(600_00), draw.randrange(3100_00), draw.choice((0, 1, draw.randrange(500_00))))
    total_fen = draw.randrange(1, draw.choice((100, 50_00, 50_01, 300_00, 2000_00)))
    use_account = draw.random() < 0.7
    return reckon(total_fen, policy=POLICIES[kind], means=means, use_account=use_account), means, kind


def test_every_fare_is_exact() -> None:
    draw = random.Random(20261126)
    mixed = 0
    for number in range(FARES):
        found, means, kind = a_fare(draw)
        info = told(found)
        split = split_of(info)
        assert (split.total_fen, split.fund_fen, split.insurance_account_fen, split.cash_fen) == (
            found.total_fen,
            found.fund_fen,
            found.account_fen,
            found.cash_fen,
        )
        assert min(found.fund_fen, found.account_fen, found.cash_fen, found.deductible_fen) >= 0
        assert found.account_fen <= means.balance_fen
        assert found.fund_fen <= max(0, POLICIES[kind].cap_fen - means.fund_used_fen)
        mixed += bool(found.fund_fen and found.account_fen and found.cash_fen)
        if number % 10 == 0:  # one amount is a fen off
            name = draw.choice(SUMS)
            with pytest.raises(WrongAmounts):
                split_of({**info, name: yuan(fen(info[name]) + draw.choice((1, -1)))})
    assert mixed > FARES / 20


@given(st.integers(-(10**12), 10**12))
def test_an_amount_is_read_as_it_is_written(amount: int) -> None:
    assert fen(yuan(amount)) == amount == fen(f"{yuan(amount)}000")


@pytest.mark.parametrize(
    "amount", ["", None, "1.234", "1e3", "NaN", "1,000.00", "٣.00", 1.1, True, "--1", "1.", ".5", [], "0x10", "1 0"]
)
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(WrongAmounts):
        fen(amount)


def test_what_the_hospital_must_bear_is_not_for_a_phone() -> None:
    info = {"medfee_sumamt": "80", "fund_pay_sumamt": 30, "acct_pay": "0", "psn_cash_pay": "40", "hosp_part_amt": "10"}
    with pytest.raises(WrongAmounts, match="医院负担"):
        split_of(info)
    with pytest.raises(WrongAmounts, match="负数"):
        split_of({**info, "acct_pay": "-10", "psn_cash_pay": "60", "hosp_part_amt": None})
    assert split_of({**info, "hosp_part_amt": "", "psn_cash_pay": "50.00"}).cash_fen == 50_00
