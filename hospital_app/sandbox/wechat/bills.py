"""交易账单与资金账单: a gzipped CSV of a day behind a download address, each value behind a backtick."""

import gzip
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import chain

from hospital_app.domain.calendar import HOSPITAL_ZONE, day_bounds
from hospital_app.domain.money import yuan
from hospital_app.sandbox import chaos
from hospital_app.sandbox.fees import RATE, fee_of, given_back
from hospital_app.sandbox.trouble import Trouble
from hospital_app.sandbox.wechat import flows
from hospital_app.sandbox.wechat.flows import Move
from hospital_app.sandbox.wechat.signing import Platform

TRADE_NAMES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
TRADE_SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FLOW_NAMES = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,"
    "业务凭证号"
)
FLOW_SUMS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
READY_HOUR = 9  # of the next day
URL_SECONDS = 300


class Counter:
    """Bills that were asked for, until their addresses expire."""

    def __init__(self, ledger: sqlite3.Connection, platform: Platform) -> None:
        self._ledger = ledger
        self._platform = platform
        self._files: dict[str, tuple[float, bytes]] = {}

    def order(self, kind: str, bill_date: str, *, here: str) -> dict[str, str]:
        """The address and hash of a day's bill. Raises Trouble while it is not made, or if nothing is on it."""
        try:
            on = date.fromisoformat(bill_date)
        except ValueError as failure:
            raise Trouble(400, "PARAM_ERROR", "参数错误：bill_date") from failure
        rows = self._rows(on)
        if not chaos.settings(self._ledger)["bills_at_once"]:
            ready = day_bounds(on + timedelta(days=1))[0].timestamp() + READY_HOUR * 3600
            if time.time() < ready or not rows:
                raise Trouble(400, "NO_STATEMENT_EXIST", "账单文件不存在")
        lines = self._trades(rows) if kind == "tradebill" else self._flows(rows, on)
        text = ("\ufeff" + "\r\n".join([*lines, ""])).encode()
        token = secrets.token_urlsafe(24)
        self._files[token] = (time.time(), gzip.compress(text))
        digest = hashlib.sha1(text, usedforsecurity=False).hexdigest()
        return {"hash_type": "SHA1", "hash_value": digest, "download_url": f"{here}?token={token}"}

    def fetch(self, token: str) -> bytes | None:
        made_at, packed = self._files.get(token, (0.0, b""))
        return packed if time.time() - made_at <= URL_SECONDS else None

    def _rows(self, on: date) -> list[sqlite3.Row]:
        """Payments by when they were paid, refunds by when they were accepted, as the vendor lists them."""
        start, end = (bound.timestamp() for bound in day_bounds(on))
        return self._ledger.execute(
            "SELECT captured_at AS at, transaction_id, out_trade_no, trade_type, description, amount_fen,"
            " '' AS refund_id, '' AS out_refund_no, 'SUCCESS' AS state, amount_fen AS total_fen, 0 AS before_fen"
            " FROM orders WHERE captured_at >= :start AND captured_at < :end UNION ALL"
            " SELECT r.created_at, o.transaction_id, o.out_trade_no, o.trade_type, o.description, r.amount_fen,"
            " r.refund_id, r.out_refund_no, r.state, o.amount_fen,"
            " (SELECT COALESCE(SUM(e.amount_fen), 0) FROM refunds e"
            " WHERE e.out_trade_no = r.out_trade_no AND (e.created_at, e.rowid) < (r.created_at, r.rowid))"
            " FROM refunds r JOIN orders o USING (out_trade_no)"
            " WHERE r.created_at >= :start AND r.created_at < :end ORDER BY at",
            {"start": start, "end": end},
        ).fetchall()

    def _trades(self, rows: list[sqlite3.Row]) -> Iterable[str]:
        paid, refunded = _sums(rows)
        yield TRADE_NAMES
        for row in rows:
            back = bool(row["out_refund_no"])
            amount, nothing = yuan(row["amount_fen"]), "0.00"
            yield _line(
                _wall(row["at"]),
                self._platform.appid,
                self._platform.mchid,
                "0",
                "",
                row["transaction_id"],
                row["out_trade_no"],
                "oSandboxPayer",
                row["trade_type"],
                "REFUND" if back else "SUCCESS",
                "OTHERS",
                "CNY",
                nothing if back else amount,
                nothing,
                row["refund_id"] or "0",
                row["out_refund_no"] or "0",
                amount if back else nothing,
                nothing,
                "ORIGINAL" if back else "",
                row["state"] if back else "",
                row["description"],
                "",
                f"{_fee(row) / 100:.5f}",
                RATE,
                nothing if back else amount,
                amount if back else nothing,
                "",
            )
        yield TRADE_SUMS
        fees = f"{sum(map(_fee, rows)) / 100:.5f}"
        yield _line(str(len(rows)), yuan(paid), yuan(refunded), "0.00", fees, yuan(paid), yuan(refunded))

    def _flows(self, rows: list[sqlite3.Row], on: date) -> Iterable[str]:
        """A payment comes in whole and its fee goes out beside it; a refund goes out less the fee that comes back."""
        moved = sorted([*chain.from_iterable(map(_moves, rows)), *flows.others(self._ledger, on)])
        came = [each.fen for each in moved if each.fen > 0]
        went = [-each.fen for each in moved if each.fen < 0]
        balance = 0
        yield FLOW_NAMES
        for number, each in enumerate(moved, 1):
            balance += each.fen
            yield _line(
                _wall(each.at),
                each.business_no,
                f"{on:%Y%m%d}{number:010d}",
                each.name,
                each.kind,
                "收入" if each.fen > 0 else "支出",
                yuan(abs(each.fen)),
                yuan(balance),
                "system",
                each.remark,
                each.voucher,
            )
        yield FLOW_SUMS
        yield _line(str(len(moved)), str(len(came)), yuan(sum(came)), str(len(went)), yuan(sum(went)))


def _moves(row: sqlite3.Row) -> Iterator[Move]:
    fen, fee = row["amount_fen"], _fee(row)
    if row["out_refund_no"]:
        remark = f"退款总金额{yuan(fen)}元;含手续费{yuan(-fee)}元"
        yield Move(row["at"], row["refund_id"], "退款", "退款", -fen - fee, row["out_refund_no"], remark)
        return
    about = (row["at"], row["transaction_id"])
    yield Move(*about, "交易", "交易", fen, row["out_trade_no"], f"结算总金额 {yuan(fen)} 元;含手续费 {yuan(fee)} 元")
    if fee:
        yield Move(*about, "扣除交易手续费", "扣除交易手续费", -fee, row["out_trade_no"])


def _fee(row: sqlite3.Row) -> int:
    """Negative with a refund."""
    if row["out_refund_no"]:
        return -given_back(row["total_fen"], row["before_fen"], row["amount_fen"])
    return fee_of(row["amount_fen"])


def _sums(rows: list[sqlite3.Row]) -> tuple[int, int]:
    paid = sum(row["amount_fen"] for row in rows if not row["out_refund_no"])
    return paid, sum(row["amount_fen"] for row in rows) - paid


def _line(*values: str) -> str:
    return ",".join(f"`{value}" for value in values)


def _wall(instant: float) -> str:
    return datetime.fromtimestamp(int(instant), HOSPITAL_ZONE).strftime("%Y-%m-%d %H:%M:%S")
