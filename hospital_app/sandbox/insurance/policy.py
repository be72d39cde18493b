"""待遇政策: who pays which part of a fee. Pure, in whole fen; what the bureau's process knows is given."""

from dataclasses import dataclass

EMPLOYEE, RESIDENT = "310", "390"
PRICE_LIMIT_FEN = 50_00  # of a registration; what is above is the patient's: 超限价
FIRST_PERCENT = 10  # 先行自付, of what is within the limit


@dataclass(frozen=True, slots=True)
class Policy:
    """起付线, 封顶线 (both a year), 三级医院报销比例. The employees' is 十堰's of 2023."""

    deductible_fen: int
    cap_fen: int
    percent: int


POLICIES = {EMPLOYEE: Policy(500_00, 3000_00, 50), RESIDENT: Policy(0, 400_00, 30)}


@dataclass(frozen=True, slots=True)
class Means:
    """What somebody has used up this year, and has on the personal account."""

    deductible_used_fen: int
    fund_used_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True)
class Reckoning:
    """total = over + first + within; total = fund + account + cash. `deductible`: what of it counted towards that."""

    total_fen: int
    over_fen: int
    first_fen: int
    within_fen: int
    deductible_fen: int
    fund_fen: int
    account_fen: int
    cash_fen: int


def reckon(total_fen: int, *, policy: Policy, means: Means, use_account: bool) -> Reckoning:
    """The account pays for what the insurance covers in principle, never for what is above the price limit."""
    over = max(0, total_fen - PRICE_LIMIT_FEN)
    first = (total_fen - over) * FIRST_PERCENT // 100
    within = total_fen - over - first
    deductible = min(within, max(0, policy.deductible_fen - means.deductible_used_fen))
    left = max(0, policy.cap_fen - means.fund_used_fen)
    fund = min((within - deductible) * policy.percent // 100, left)
    account = min(max(0, means.balance_fen), total_fen - over - fund) if use_account else 0
    return Reckoning(total_fen, over, first, within, deductible, fund, account, total_fen - fund - account)
