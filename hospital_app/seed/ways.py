"""怎么付的: through which channel a booking of the past was paid, and which part of it insurance bore."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from hospital_app.domain.money import Split, all_cash
from hospital_app.domain.payment import Channel

#: Where a booking was made → how many of a hundred are paid by Alipay; the rest by WeChat.
_ALIPAY_PERCENT: Mapping[str, int] = MappingProxyType({"mini": 0, "web": 40, "alipay": 100, "kiosk": 35})
_WINDOW = "window"
_INSURED_PERCENT = 36
#: 职工医保: as sandbox/insurance/policy.py reckons for somebody who is past the year's deductible.
EMPLOYEE = "310"
_PRICE_LIMIT_FEN = 50_00
_COVERED_PERCENT, _FUND_PERCENT = 90, 50
#: What people have on their personal accounts; who has much pays nothing in cash.
_BALANCES_FEN = (0, 0, 6_50, 12_00, 286_40)


@dataclass(frozen=True, slots=True)
class Paid:
    channel: Channel
    split: Split


def paid(chance: Random, *, terminal: str, fee_fen: int, ways: frozenset[Channel]) -> Paid:
    """Draws the same whatever `ways` there are: where one of them is missing, WeChat took it."""
    by_alipay = chance.randrange(100) < _ALIPAY_PERCENT.get(terminal, 0)
    insured = chance.randrange(100) < _INSURED_PERCENT
    balance_fen = chance.choice(_BALANCES_FEN)
    if terminal == _WINDOW and Channel.ONSITE in ways:
        return Paid(Channel.ONSITE, all_cash(fee_fen))
    channel = Channel.ALIPAY if by_alipay and Channel.ALIPAY in ways else Channel.WECHAT
    if not insured or Channel.INSURANCE not in ways:
        return Paid(channel, all_cash(fee_fen))
    split = insured_split(fee_fen, balance_fen=balance_fen)
    return Paid(channel if split.cash_fen else Channel.INSURANCE, split)


def insured_split(fee_fen: int, *, balance_fen: int) -> Split:
    """The account pays within the price limit only."""
    limited = min(fee_fen, _PRICE_LIMIT_FEN)
    fund = limited * _COVERED_PERCENT // 100 * _FUND_PERCENT // 100
    account = min(balance_fen, limited - fund)
    return Split(fee_fen, fund, account, fee_fen - fund - account)
