"""医保金额: the interface's decimal yuan as whole fen, and the sums that must hold before anybody agrees to them."""

import re
from collections.abc import Mapping

from hospital_app.domain.money import Split

#: 基金支付总额 is the sum of these: 统筹, 公务员补助, 大额 (企业补充), 大病, 大额补充, 救助, 其他.
FUND_PARTS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay")
#: 全自费, 超限价, 先行自付, 政策范围内: what the fee itself is made of.
FEE_PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
_AMOUNT = re.compile(r"-?(\d{1,14})(?:\.(\d{1,2})0*)?", re.ASCII)


class WrongAmounts(ValueError):
    """What the bureau says does not add up; the text is for people."""


def fen(value: object) -> int:
    """'12.3' or the number as it was written: 1230. Raises WrongAmounts for anything that is no amount of money."""
    found = _AMOUNT.fullmatch(str(value).strip()) if isinstance(value, (str, int)) else None
    if found is None or isinstance(value, bool):
        raise WrongAmounts("医保返回的金额不是有效的数字")
    whole = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
    return -whole if str(value).strip().startswith("-") else whole


def split_of(info: Mapping[str, object]) -> Split:
    """setlinfo as fund, personal account and cash. Raises WrongAmounts unless all of its sums hold.

    A sum is judged when its parts are there: the fund's parts and the fee's are left out by some regions.
    """
    total, fund, account, cash = (
        fen(info.get(name)) for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")
    )
    by_hospital = _optional(info, "hosp_part_amt")
    if min(total, fund, account, cash, by_hospital) < 0:
        raise WrongAmounts("医保返回的金额为负数")
    if total != fund + account + cash + by_hospital:
        raise WrongAmounts("医保返回的基金、个人账户、现金之和不等于费用总额")
    if by_hospital:
        raise WrongAmounts("医保要求医院负担一部分费用，不能在线办理")
    if _given(info, FUND_PARTS) and fund != sum(_optional(info, name) for name in FUND_PARTS):
        raise WrongAmounts("医保返回的各项基金之和不等于基金支付总额")
    if _given(info, ("psn_part_amt",)) and fen(info["psn_part_amt"]) != account + cash:
        raise WrongAmounts("医保返回的个人账户与现金之和不等于个人负担")
    if _given(info, FEE_PARTS) and total != sum(_optional(info, name) for name in FEE_PARTS):
        raise WrongAmounts("医保返回的费用构成之和不等于费用总额")
    return Split(total, fund, account, cash)


def _given(info: Mapping[str, object], names: tuple[str, ...]) -> bool:
    return any(info.get(name) not in (None, "") for name in names)


def _optional(info: Mapping[str, object], name: str) -> int:
    value = info.get(name)
    return 0 if value is None or value == "" else fen(value)
