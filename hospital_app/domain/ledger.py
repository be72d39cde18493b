"""复式账, as data: the accounts, and which lines each event that moves money is entered with.

A debit (借) is positive, a credit (贷) negative; the lines of an entry sum to zero. `docs/ledger.md` reads it aloud.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

DEPOSITS = "deposits"  # 患者预存：taken, and neither earned nor owed back yet
FUND = "insurance:fund"  # 应收医保统筹
ACCOUNT = "insurance:account"  # 应收医保个账
CHANNEL = "channel:"
INSURANCE = "insurance:"
INCOME = "income:"
REFUNDS = "refunds:"
FEES = "fees:"  # 渠道手续费：what a channel has kept for itself
WITHHELD = "withheld:"  # 渠道已扣手续费：so much less than `channel:` says lies there
INSURANCE_LEG = "insurance"


class Event(StrEnum):
    """凭证种类. Its subject is the number of the payment, or of the refund; of fees the channel and its bill's day."""

    CAPTURED = "captured"  # 收款：the cash leg has arrived
    SETTLED = "settled"  # 医保结算
    EARNED = "earned"  # 结转收入：the visit took place, was missed, or its fee is kept
    OWED = "refund-owed"  # 应退
    REFUNDED = "refunded"  # 退款到账
    FEE = "fee"  # 渠道手续费：of a day's bill, once it is compared


class Income(StrEnum):
    """What the money was earned with."""

    REGISTRATION = "income:registration"
    NO_SHOW = "income:no-show"
    CANCELLATION = "income:cancellation"


class Line(NamedTuple):
    """分录. Debit positive, credit negative."""

    account: str
    amount_fen: int


def captured(channel: str, amount_fen: int) -> list[Line]:
    return [Line(CHANNEL + channel, amount_fen), Line(DEPOSITS, -amount_fen)]


def settled(fund_fen: int, account_fen: int) -> list[Line]:
    return [Line(FUND, fund_fen), Line(ACCOUNT, account_fen), Line(DEPOSITS, -fund_fen - account_fen)]


def earned(income: str, amount_fen: int) -> list[Line]:
    return [Line(DEPOSITS, amount_fen), Line(income, -amount_fen)]


def owed(channel: str, leg: str, amount_fen: int, *, out_of: str = DEPOSITS) -> list[Line]:
    """`out_of`: the income, if the money had been earned already."""
    return [Line(out_of, amount_fen), Line(payable(channel, leg), -amount_fen)]


def refunded(channel: str, leg: str, amount_fen: int, *, fund_fen: int = 0) -> list[Line]:
    """`fund_fen`: what of an insurance leg the fund had paid; the rest is the personal account's."""
    if leg != INSURANCE_LEG:
        return [Line(payable(channel, leg), amount_fen), Line(CHANNEL + channel, -amount_fen)]
    return [Line(payable(channel, leg), amount_fen), Line(FUND, -fund_fen), Line(ACCOUNT, fund_fen - amount_fen)]


def fee(channel: str, amount_fen: int) -> list[Line]:
    """Negative: more was given back with refunds than taken. Its channel's account stays what patients paid there."""
    return [Line(FEES + channel, amount_fen), Line(WITHHELD + channel, -amount_fen)]


def payable(channel: str, leg: str) -> str:
    """应退款 of a leg: to whom the house owes it."""
    return REFUNDS + (INSURANCE_LEG if leg == INSURANCE_LEG else channel)


def balanced(lines: Sequence[Line]) -> list[Line]:
    """Without those of nothing; raises ValueError if the rest does not sum to zero."""
    kept = [line for line in lines if line.amount_fen]
    if sum(line.amount_fen for line in kept):
        raise ValueError(f"an entry must balance: {lines}")
    return kept


_EVENTS: Mapping[str, str] = {
    Event.CAPTURED: "收款",
    Event.SETTLED: "医保结算",
    Event.EARNED: "确认收入",
    Event.OWED: "应退款",
    Event.REFUNDED: "退款到账",
    Event.FEE: "渠道手续费",
}
_ACCOUNTS: Mapping[str, str] = {
    DEPOSITS: "患者预存",
    FUND: "应收医保统筹",
    ACCOUNT: "应收医保个账",
    Income.REGISTRATION: "挂号诊查收入",
    Income.NO_SHOW: "爽约收入",
    Income.CANCELLATION: "退号费收入",
    CHANNEL + "wechat": "微信支付",
    CHANNEL + "alipay": "支付宝",
    CHANNEL + "onsite": "窗口现金",
    REFUNDS + "wechat": "应退款（微信）",
    REFUNDS + "alipay": "应退款（支付宝）",
    REFUNDS + "onsite": "应退款（窗口）",
    REFUNDS + INSURANCE_LEG: "应退款（医保）",
    FEES + "wechat": "渠道手续费（微信）",
    FEES + "alipay": "渠道手续费（支付宝）",
    WITHHELD + "wechat": "渠道已扣手续费（微信）",
    WITHHELD + "alipay": "渠道已扣手续费（支付宝）",
}


def event_name(kind: str) -> str:
    return _EVENTS.get(kind, kind)


def account_name(account: str) -> str:
    return _ACCOUNTS.get(account, account)


def names() -> dict[str, str]:
    """Account → what it is called."""
    return {str(account): name for account, name in _ACCOUNTS.items()}
