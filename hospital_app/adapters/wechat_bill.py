"""微信交易账单与资金账单: a gzipped CSV, each value behind a backtick, two summary rows at the end."""

import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.domain.money import fen
from hospital_app.ports import BillLine, Movement, Unreachable

REFUNDED = {"SUCCESS": "done", "PROCESSING": "processing", "CHANGE": "failed", "ABNORMAL": "failed", "CLOSED": "failed"}
CAPTURED = {"SUCCESS": "captured", "REVOKED": "closed"}
TRADE_SUMMARY = ("总交易单数", "订单总金额", "申请退款总金额")
FLOW_SUMMARY = ("资金流水总笔数", "收入金额", "支出金额")


def trade_lines(packed: bytes, *, digest: str) -> list[BillLine]:
    """Payments and refunds of a trade bill (bill_type=ALL). Raises Unreachable for a file that is not whole."""
    rows, summary = _table(packed, digest)
    try:
        found = [_trade_line(row) for row in rows]
        paid = sum(line.amount_fen for line in found if line.subject == "payment")
        refunded = sum(line.amount_fen for line in found if line.subject == "refund")
        _compare(summary, TRADE_SUMMARY, len(found), paid, refunded)
    except (KeyError, ValueError) as failure:
        raise Unreachable("WeChat's bill is not of the agreed form") from failure
    return found


def movements(packed: bytes, *, digest: str) -> list[Movement]:
    """Lines of a fund-flow bill, likewise."""
    rows, summary = _table(packed, digest)
    try:
        found = [_movement(row) for row in rows]
        came = sum(line.amount_fen for line in found if line.amount_fen > 0)
        went = -sum(line.amount_fen for line in found if line.amount_fen < 0)
        _compare(summary, FLOW_SUMMARY, len(found), came, went)
    except (KeyError, ValueError) as failure:
        raise Unreachable("WeChat's bill is not of the agreed form") from failure
    return found


def _trade_line(row: Mapping[str, str]) -> BillLine:
    at = _instant(row["交易时间"])
    if row["商户退款单号"] not in ("", "0"):
        return BillLine(
            "refund",
            row["商户退款单号"],
            row["商户订单号"],
            row["微信退款单号"],
            fen(row["申请退款金额"]),
            REFUNDED[row["退款状态"]],
            at,
            fee_fen=_fee(row),
        )
    return BillLine(
        "payment",
        row["商户订单号"],
        row["商户订单号"],
        row["微信订单号"],
        fen(row["订单金额"]),
        CAPTURED[row["交易状态"]],
        at,
        fee_fen=_fee(row),
    )


def _movement(row: Mapping[str, str]) -> Movement:
    amount = fen(row["收支金额(元)"])
    sign = {"收入": 1, "支出": -1}[row["收支类型"]]
    return Movement(
        _instant(row["记账时间"]), row["微信支付业务单号"], row["业务类型"], sign * amount, row["业务凭证号"]
    )


def _fee(row: Mapping[str, str]) -> int:
    """手续费 is told in yuan with five decimals, and moves in whole fen; given back with a refund it is negative."""
    try:
        return int((Decimal(row.get("手续费") or 0) * 100).quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation as failure:
        raise ValueError("no fee in yuan") from failure


def _table(packed: bytes, digest: str) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The rows by the names of their columns, and the summary. SHA1 is taken of the file before it is packed."""
    try:
        text = gzip.decompress(packed)
    except (OSError, EOFError, zlib.error) as failure:
        raise Unreachable("WeChat's bill is not gzip") from failure
    if hashlib.sha1(text, usedforsecurity=False).hexdigest() != digest.lower():
        raise Unreachable("WeChat's bill is not the one that its hash is of")
    lines = [line for line in csv.reader(text.decode("utf-8-sig").splitlines()) if line]
    if len(lines) < 3:
        raise Unreachable("WeChat's bill has no summary")
    *body, heads, sums = lines
    return [dict(zip(body[0], _bare(line), strict=False)) for line in body[1:]], dict(
        zip(heads, _bare(sums), strict=False)
    )


def _bare(line: list[str]) -> Iterator[str]:
    return (value.removeprefix("`") for value in line)


def _compare(summary: Mapping[str, str], names: tuple[str, str, str], count: int, first: int, second: int) -> None:
    told = (int(summary[names[0]]), fen(summary[names[1]]), fen(summary[names[2]]))
    if told != (count, first, second):
        raise Unreachable(f"WeChat's bill adds up to {(count, first, second)}, its summary says {told}")


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOSPITAL_ZONE).astimezone(UTC)
