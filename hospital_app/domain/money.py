"""Integer fen, and nothing else."""

import re
from dataclasses import dataclass

_YUAN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2}0*)?")


@dataclass(frozen=True, slots=True)
class Split:
    """统筹 / 个账 / 自付：三部分之和恒等于总额."""

    total_fen: int
    fund_fen: int
    insurance_account_fen: int
    cash_fen: int

    def __post_init__(self) -> None:
        parts = (self.fund_fen, self.insurance_account_fen, self.cash_fen)
        if min(parts) < 0 or sum(parts) != self.total_fen:
            raise ValueError(f"a split must sum to its whole: {parts} != {self.total_fen}")


def all_cash(total_fen: int) -> Split:
    return Split(total_fen, 0, 0, total_fen)


def yuan(fen: int) -> str:
    """1234 -> '12.34', for people."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def fen(text: str) -> int:
    """'12.34' -> 1234, exactly. Raises ValueError for what is no amount in yuan, or not of whole fen."""
    if not _YUAN.fullmatch(text):
        raise ValueError(f"no amount in yuan: {text!r}")
    whole, _, part = text.lstrip("-").partition(".")
    found = int(whole) * 100 + int(part.ljust(2, "0")[:2])
    return -found if text.startswith("-") else found
