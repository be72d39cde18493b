"""支付宝业务明细: a zip of CSV files in GBK, each value before a tab, remarks behind #."""

import csv
import re
import zipfile
from collections.abc import Mapping
from io import BytesIO

from hospital_app.adapters.alipay_reading import instant
from hospital_app.domain.money import fen
from hospital_app.ports import BillLine, Unreachable

BEGIN, END = "业务明细列表", "业务明细列表结束"
PAID = re.compile(r"#交易合计：(\d+)笔，商家实收共(-?[\d.]+)元")
REFUNDED = re.compile(r"#退款合计：(\d+)笔，商家实收退款共(-?[\d.]+)元")
KINDS = {"交易": "payment", "退款": "refund"}


def trade_lines(packed: bytes) -> list[BillLine]:
    """Payments and refunds of a trade bill. Raises Unreachable for a file that is not whole."""
    text = _detail(packed)
    remarks = [line for line in text.splitlines() if line.startswith("#")]
    if not any(END in line for line in remarks):
        raise Unreachable("Alipay's bill has no end")
    rows = csv.reader(line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    try:
        names = [name.strip() for name in next(rows)]
        table = [dict(zip(names, (value.strip() for value in row), strict=False)) for row in rows]
        lines = [_line(row) for row in table if row["业务类型"] in KINDS]
        _compare(lines, text)
    except (KeyError, ValueError, StopIteration) as failure:
        raise Unreachable("Alipay's bill is not of the agreed form") from failure
    return lines


def _detail(packed: bytes) -> str:
    """The one of its files that lists every trade; their names are in whatever encoding."""
    try:
        with zipfile.ZipFile(BytesIO(packed)) as archive:
            texts = [archive.read(name).decode("gb18030") for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, OSError) as failure:
        raise Unreachable("Alipay's bill is not a zip of text") from failure
    found = next((text for text in texts if BEGIN in text), None)
    if found is None:
        raise Unreachable("Alipay's bill lists no trades")
    return found


def _line(row: Mapping[str, str]) -> BillLine:
    refund = row["业务类型"] == "退款"
    at = instant(row["完成时间"])
    if at is None:
        raise ValueError("a trade without its time")
    return BillLine(
        "refund" if refund else "payment",
        row["退款批次号/请求号"] if refund else row["商户订单号"],
        row["商户订单号"],
        row["支付宝交易号"],
        abs(fen(row["订单金额（元）"])),
        "done" if refund else "captured",
        at,
        fee_fen=-fen(row.get("服务费（元）") or "0.00"),  # told as the merchant's money: negative where it is taken
    )


def _compare(lines: list[BillLine], text: str) -> None:
    """The bill's own sums against its lines."""
    for subject, pattern in (("payment", PAID), ("refund", REFUNDED)):
        told = pattern.search(text)
        mine = [line.amount_fen for line in lines if line.subject == subject]
        if told is None or (int(told[1]), abs(fen(told[2]))) != (len(mine), sum(mine)):
            raise Unreachable(f"Alipay's bill does not add up: {subject}")
