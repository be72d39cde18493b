"""支付宝业务明细: the bill of a day, as a zip of CSV files in GBK."""

import sqlite3
import zipfile
from datetime import date, datetime, timedelta
from io import BytesIO

from hospital_app.domain.calendar import day_bounds
from hospital_app.domain.money import yuan
from hospital_app.sandbox import chaos
from hospital_app.sandbox.alipay.books import wall
from hospital_app.sandbox.alipay.signing import Fault
from hospital_app.sandbox.fees import fee_of, given_back

NAMES = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,"
    "商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,"
    "卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
READY_HOUR = 9  # of the next day
RULE = "-" * 40


def require_ready(books: sqlite3.Connection, asked: dict[str, object], now: float) -> date:
    """The day that is asked for. Raises Fault for one whose bill is not made yet, or would be empty."""
    try:
        on = date.fromisoformat(str(asked.get("bill_date")))
    except ValueError as failure:
        raise Fault("40004", "isv.invalid-arguments", "bill_date 不正确") from failure
    if asked.get("bill_type") != "trade":
        raise Fault("40004", "isv.invalid-arguments", "bill_type 不正确")
    if chaos.settings(books)["bills_at_once"]:
        return on
    ready = day_bounds(on + timedelta(days=1))[0].timestamp() + READY_HOUR * 3600
    if now < ready or not _rows(books, on):
        raise Fault("40004", "isp.bill_not_exist", "账单不存在")
    return on


def packed(books: sqlite3.Connection, on: date, *, seller_id: str, now: float) -> bytes:
    """Both files of a day."""
    rows = _rows(books, on)
    paid = [row["amount_fen"] for row in rows if not row["request_no"]]
    refunded = [row["amount_fen"] for row in rows if row["request_no"]]
    begin, end = (datetime.combine(day, datetime.min.time()) for day in (on, on + timedelta(days=1)))
    head = [
        "#支付宝业务明细查询",
        f"#账号：[{seller_id}0156]",
        f"#起始日期：[{begin:%Y年%m月%d日 %H:%M:%S}]   终止日期：[{end:%Y年%m月%d日 %H:%M:%S}]",
    ]
    sums = [
        f"#交易合计：{len(paid)}笔，商家实收共{yuan(sum(paid))}元，商家优惠共0.00元",
        f"#退款合计：{len(refunded)}笔，商家实收退款共-{yuan(sum(refunded))}元，商家优惠退款共0.00元",
        f"#导出时间：[{wall(now)}]",
    ]
    detail = [*head, f"#{RULE}业务明细列表{RULE}", NAMES, *map(_line, rows), f"#{RULE}业务明细列表结束{RULE}", *sums]
    summary = [*head, f"#{RULE}业务汇总列表{RULE}", f"#{RULE}业务汇总列表结束{RULE}", sums[-1]]
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        for name, lines in (("业务明细", detail), ("业务明细(汇总)", summary)):
            files.writestr(f"{seller_id}0156_{on:%Y%m%d}_{name}.csv", "\r\n".join([*lines, ""]).encode("gbk"))
    return archive.getvalue()


def _rows(books: sqlite3.Connection, on: date) -> list[sqlite3.Row]:
    start, end = (bound.timestamp() for bound in day_bounds(on))
    return books.execute(
        "SELECT trade_no, out_trade_no, subject, created_at, captured_at AS done_at, amount_fen, '' AS request_no,"
        " amount_fen AS total_fen, 0 AS before_fen"
        " FROM trades WHERE captured_at >= :start AND captured_at < :end UNION ALL"
        " SELECT t.trade_no, t.out_trade_no, t.subject, r.done_at, r.done_at, r.amount_fen, r.out_request_no,"
        " t.amount_fen, (SELECT COALESCE(SUM(e.amount_fen), 0) FROM refunds e"
        " WHERE e.out_trade_no = r.out_trade_no AND (e.done_at, e.rowid) < (r.done_at, r.rowid))"
        " FROM refunds r JOIN trades t USING (out_trade_no) WHERE r.done_at >= :start AND r.done_at < :end"
        " ORDER BY done_at",
        {"start": start, "end": end},
    ).fetchall()


def _line(row: sqlite3.Row) -> str:
    refund = bool(row["request_no"])
    amount = ("-" if refund else "") + yuan(row["amount_fen"])
    zeros = ["0.00"] * 5
    values = [
        row["trade_no"],
        row["out_trade_no"],
        "退款" if refund else "交易",
        row["subject"],
        wall(row["created_at"]),
        wall(row["done_at"]),
        *[""] * 4,
        "***(沙箱买家)",
        amount,
        amount,
        *zeros,
        "",
        "0.00",
        "0.00",
        row["request_no"],
        yuan(_fee(row)),
        "0.00",
        "",
    ]
    return ",".join(f"{value}\t" for value in values)


def _fee(row: sqlite3.Row) -> int:
    """服务费, told as the merchant's money: negative where it is taken, positive where it comes back."""
    if row["request_no"]:
        return given_back(row["total_fen"], row["before_fen"], row["amount_fen"])
    return -fee_of(row["amount_fen"])
