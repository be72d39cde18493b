"""医疗收费电子票据 on paper: whose money it was, and the amount in words (大写)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hospital_app.domain.invoicing import IssuedInvoice
from hospital_app.domain.money import Split

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
#: 险种 (insutype) as it is printed.
INSURANCES = {"310": "职工基本医疗保险", "390": "城乡居民基本医疗保险"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an issued invoice says. `split`: of the amount that it was issued for."""

    invoice: IssuedInvoice
    issued_at: datetime
    red_lettered_at: datetime | None
    payment_no: str
    appointment_no: str
    payer: str
    department: str
    visit_at: datetime
    channel: str
    split: Split
    insurance_kind: str = ""
    insurance_settlement: str = ""

    @property
    def of_sandbox(self) -> bool:
        """Issued by the pretended platform: nobody may hand it in."""
        return self.invoice.url.startswith("/sandbox/")


def split_of(whole: Split, refunds: Iterable[tuple[str, int]], *, amount_fen: int) -> Split:
    """The parts of an invoice of `amount_fen`: what was paid, less the refunds (leg, fen; oldest first) before it.

    A refund of the insurance is always whole. Raises ValueError if no refunds lead to the amount.
    """
    left = whole
    for leg, fen in refunds:
        if left.total_fen == amount_fen:
            break
        if leg == "insurance":
            left = Split(left.total_fen - fen, 0, 0, left.cash_fen)
        else:
            left = Split(left.total_fen - fen, left.fund_fen, left.insurance_account_fen, left.cash_fen - fen)
    if left.total_fen != amount_fen:
        raise ValueError(f"no refunds lead from {whole.total_fen} to {amount_fen}")
    return left


def in_words(fen: int) -> str:
    """12345 -> 壹佰贰拾叁元肆角伍分, 5000 -> 伍拾元整."""
    if fen < 0:
        raise ValueError("no amount below nothing is written in words")
    yuan, jiao, rest = fen // 100, fen // 10 % 10, fen % 10
    said = f"{_whole(yuan)}元" if yuan else ""
    if not jiao and not rest:
        return f"{said or '零元'}整"
    if jiao:
        said += f"{_DIGITS[jiao]}角"
    elif said:
        said += "零"
    return f"{said}{_DIGITS[rest]}分" if rest else f"{said}整"


def _whole(number: int) -> str:
    said, gap, text = "", False, f"{number}"
    for place, digit in zip(reversed(range(len(text))), text, strict=True):
        if digit == "0":
            gap = True
        else:
            said += f"{'零' if gap else ''}{_DIGITS[int(digit)]}{_PLACES[place % 4]}"
            gap = False
        if place % 4 == 0 and number // 10**place % 10_000:
            said += _GROUPS[place // 4]
    return said
