"""2206 预结算, 2207 结算, 2208 结算撤销, 2601 冲正."""

import sqlite3
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.domain.insurance_amounts import FEE_PARTS, WrongAmounts, fen
from hospital_app.domain.money import yuan
from hospital_app.sandbox.insurance.books import means_of
from hospital_app.sandbox.insurance.envelope import Refused, node
from hospital_app.sandbox.insurance.policy import POLICIES, Reckoning, reckon
from hospital_app.sandbox.insurance.visits import visit_of
from hospital_app.sandbox.keys import DIGITS, random_text

ASKED = (
    "psn_no",
    "mdtrt_cert_type",
    "mdtrt_cert_no",
    "med_type",
    "medfee_sumamt",
    "psn_setlway",
    "mdtrt_id",
    "chrg_bchno",
    "acct_used_flag",
    "insutype",
)


def quote(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """2206: computed, nothing taken."""
    asked = node(given, "data", *ASKED)
    return _answer(books, asked, _reckoned(books, asked))


def settle(books: sqlite3.Connection, envelope: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """2207: taken. What the hospital says of the fee's parts must be what 2206 said."""
    asked = node(given, "data", *ASKED, "invono", *FEE_PARTS)
    found = _reckoned(books, asked)
    own = (0, found.over_fen, found.first_fen, found.within_fen)
    if tuple(_fen(asked[name]) for name in FEE_PARTS) != own:
        raise Refused("费用构成与预结算不一致")
    visit = visit_of(books, asked)
    row = {
        "setl_id": f"S{random_text(DIGITS, 18)}",
        "msgid": envelope["msgid"],
        "infno": envelope["infno"],
        "mdtrt_id": asked["mdtrt_id"],
        "psn_no": asked["psn_no"],
        "insutype": asked["insutype"],
        "ipt_otp_no": visit["ipt_otp_no"],
        "chrg_bchno": asked["chrg_bchno"],
        "state": "settled",
        **asdict(found),
        "at": time.time(),
    }
    names = ", ".join(row)
    books.execute(f"INSERT INTO settlements ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
    _use(books, asked["psn_no"], found.deductible_fen, found.fund_fen, found.account_fen)
    answer = _answer(books, asked, found)
    answer["setlinfo"] |= {"setl_id": row["setl_id"], "medins_setl_id": row["msgid"], "setl_time": _now()}
    return answer


def reverse(books: sqlite3.Connection, envelope: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """2208: the whole of it, as negative amounts."""
    asked = node(given, "data", "setl_id", "mdtrt_id", "psn_no")
    row = books.execute(
        "SELECT * FROM settlements WHERE setl_id = ? AND mdtrt_id = ? AND psn_no = ?",
        (asked["setl_id"], asked["mdtrt_id"], asked["psn_no"]),
    ).fetchone()
    if row is None:
        raise Refused("结算信息不存在")
    if row["state"] != "settled":
        raise Refused("该结算已撤销")
    undo(books, row, state="reversed", msgid=envelope["msgid"])
    return {
        "setlinfo": {
            "setl_id": row["setl_id"],
            "mdtrt_id": row["mdtrt_id"],
            "psn_no": row["psn_no"],
            "medfee_sumamt": yuan(-row["total_fen"]),
            "fund_pay_sumamt": yuan(-row["fund_fen"]),
            "acct_pay": yuan(-row["account_fen"]),
            "psn_cash_pay": yuan(-row["cash_fen"]),
            "setl_time": _now(),
        }
    }


def correct(books: sqlite3.Connection, envelope: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """2601: a message of which the hospital never had the answer is as if it had not been sent."""
    asked = node(given, "data", "psn_no", "omsgid", "oinfno")
    row = books.execute(
        "SELECT * FROM settlements WHERE msgid = ? AND psn_no = ?", (asked["omsgid"], asked["psn_no"])
    ).fetchone()
    if row is None:
        raise Refused("未找到原交易，交易不存在")
    if row["infno"] != asked["oinfno"]:
        raise Refused("原交易编号不符")
    if row["state"] != "settled":
        raise Refused("原交易已冲正或已撤销")
    undo(books, row, state="corrected", msgid=envelope["msgid"])
    return {}


def undo(books: sqlite3.Connection, row: sqlite3.Row, *, state: str, msgid: str) -> None:
    """Inside the caller's transaction."""
    books.execute(
        "UPDATE settlements SET state = ?, undone_msgid = ?, undone_at = ? WHERE setl_id = ?",
        (state, msgid, time.time(), row["setl_id"]),
    )
    _use(books, row["psn_no"], -row["deductible_fen"], -row["fund_fen"], -row["account_fen"])


def _reckoned(books: sqlite3.Connection, asked: Mapping[str, str]) -> Reckoning:
    """Raises Refused unless it is what was charged, and not settled yet."""
    visit = visit_of(books, asked)
    if visit["insutype"] != asked["insutype"] or asked["acct_used_flag"] not in ("0", "1"):
        raise Refused("险种或个人账户使用标志错误")
    batch = (asked["mdtrt_id"], asked["chrg_bchno"])
    total = books.execute(
        "SELECT sum(total_fen) AS total FROM fees WHERE mdtrt_id = ? AND chrg_bchno = ?", batch
    ).fetchone()["total"]
    if total is None:
        raise Refused("没有待结算的费用明细")
    if total != _fen(asked["medfee_sumamt"]):
        raise Refused("医疗费总额与费用明细不一致")
    if books.execute(
        "SELECT 1 FROM settlements WHERE mdtrt_id = ? AND chrg_bchno = ? AND state = 'settled'", batch
    ).fetchone():
        raise Refused("该批次费用已结算")
    return reckon(
        total,
        policy=POLICIES[asked["insutype"]],
        means=means_of(books, asked["psn_no"]),
        use_account=asked["acct_used_flag"] == "1",
    )


def _use(books: sqlite3.Connection, psn_no: str, deductible_fen: int, fund_fen: int, account_fen: int) -> None:
    books.execute(
        """UPDATE means SET deductible_used_fen = deductible_used_fen + ?, fund_used_fen = fund_used_fen + ?,
        balance_fen = balance_fen - ? WHERE psn_no = ?""",
        (deductible_fen, fund_fen, account_fen, psn_no),
    )


def _answer(books: sqlite3.Connection, asked: Mapping[str, str], found: Reckoning) -> dict[str, Any]:
    person = books.execute("SELECT * FROM persons WHERE psn_no = ?", (asked["psn_no"],)).fetchone()
    info = {
        "mdtrt_id": asked["mdtrt_id"],
        "psn_no": asked["psn_no"],
        "psn_name": person["name"],
        "certno": person["certno"],
        "insutype": asked["insutype"],
        "psn_type": "11",
        "cvlserv_flag": "0",
        "mdtrt_cert_type": asked["mdtrt_cert_type"],
        "med_type": asked["med_type"],
        "medfee_sumamt": yuan(found.total_fen),
        "fulamt_ownpay_amt": "0.00",
        "overlmt_selfpay": yuan(found.over_fen),
        "preselfpay_amt": yuan(found.first_fen),
        "inscp_scp_amt": yuan(found.within_fen),
        "act_pay_dedc": yuan(found.deductible_fen),
        "hifp_pay": yuan(found.fund_fen),
        **dict.fromkeys(("cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay"), "0.00"),
        "fund_pay_sumamt": yuan(found.fund_fen),
        "psn_part_amt": yuan(found.account_fen + found.cash_fen),
        "acct_pay": yuan(found.account_fen),
        "psn_cash_pay": yuan(found.cash_fen),
        "hosp_part_amt": "0.00",
        "balc": yuan(means_of(books, asked["psn_no"]).balance_fen),
        "acct_mulaid_pay": "0.00",
        "clr_optins": person["region"],
        "clr_way": "1",
        "clr_type": "11",
    }
    parts = [{"fund_pay_type": "310100", "fund_payamt": yuan(found.fund_fen), "fund_pay_type_name": "基本医疗统筹基金"}]
    return {"setlinfo": info, "setldetail": parts if found.fund_fen else []}


def _fen(text: str) -> int:
    try:
        return fen(text)
    except WrongAmounts:
        raise Refused("金额格式错误") from None


def _now() -> str:
    return f"{datetime.now(HOSPITAL_ZONE):%Y-%m-%d %H:%M:%S}"
