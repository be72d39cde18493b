"""医疗收费电子票据: the amount in words, and whose money an invoice is of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hospital_app.domain.money import Split
from hospital_app.domain.receipts import in_words, split_of

WORDS = {
    0: "零元整",
    5: "伍分",
    50: "伍角整",
    5000: "伍拾元整",
    10005: "壹佰元零伍分",
    12345: "壹佰贰拾叁元肆角伍分",
    100_0000: "壹万元整",
    1000_1000: "壹拾万零壹拾元整",
    1050_0230: "壹拾万零伍仟零贰元叁角整",
    100_000_000_100: "壹拾亿零壹元整",
}
VALUES = dict(zip("零壹贰叁肆伍陆柒捌玖", range(10), strict=True))
PLACES = {"拾": 10, "佰": 100, "仟": 1000}
GROUPS = {"万": 10**4, "亿": 10**8}
MINOR = {"角": 10, "分": 1}


def read(said: str) -> int:
    """As a cashier reads it."""
    fen = whole = part = digit = 0
    for letter in said:
        if letter in VALUES:
            digit = VALUES[letter]
        elif letter in PLACES:
            part, digit = part + digit * PLACES[letter], 0
        elif letter in GROUPS:
            whole, part, digit = whole + (part + digit) * GROUPS[letter], 0, 0
        elif letter == "元":
            fen, digit = (whole + part + digit) * 100, 0
        elif letter in MINOR:
            fen, digit = fen + digit * MINOR[letter], 0
    return fen


@pytest.mark.parametrize("fen", WORDS)
def test_an_amount_in_words(fen: int) -> None:
    assert in_words(fen) == WORDS[fen]


@given(st.integers(0, 10**13))
def test_words_are_read_back_as_the_same_amount(fen: int) -> None:
    said = in_words(fen)
    assert read(said) == fen and "零零" not in said


def test_what_is_left_after_refunds_keeps_its_parts() -> None:
    whole = Split(5000, 2250, 1000, 1750)
    refunds = [("cash", 750), ("insurance", 3250), ("cash", 1000)]
    assert split_of(whole, refunds, amount_fen=5000) == whole
    assert split_of(whole, refunds, amount_fen=4250) == Split(4250, 2250, 1000, 1000)
    assert split_of(whole, refunds, amount_fen=1000) == Split(1000, 0, 0, 1000)
    with pytest.raises(ValueError, match="lead from"):
        split_of(whole, refunds, amount_fen=1)
