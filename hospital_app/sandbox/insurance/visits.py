"""门诊就诊: 2201 挂号, 2202 挂号撤销, 2203 就诊信息, 2204 费用明细, 2205 费用明细撤销."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from hospital_app.domain.insurance_amounts import WrongAmounts, fen
from hospital_app.domain.money import yuan
from hospital_app.sandbox.insurance.envelope import Refused, node
from hospital_app.sandbox.insurance.policy import FIRST_PERCENT, PRICE_LIMIT_FEN
from hospital_app.sandbox.keys import DIGITS, random_text


def register(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """2201: one visit for one ipt_otp_no, however often it is asked for."""
    asked = node(
        given, "data", "psn_no", "insutype", "begntime", "mdtrt_cert_type", "mdtrt_cert_no", "ipt_otp_no", "dept_name"
    )
    person = books.execute("SELECT * FROM persons WHERE psn_no = ?", (asked["psn_no"],)).fetchone()
    if person is None:
        raise Refused("人员编号不存在")
    if person["status"] != "1" or person["insutype"] != asked["insutype"]:
        raise Refused("人员未正常参保或险种不符")
    row = books.execute("SELECT * FROM visits WHERE ipt_otp_no = ? AND dropped = 0", (asked["ipt_otp_no"],)).fetchone()
    if row is not None and row["psn_no"] != asked["psn_no"]:
        raise Refused("院内门诊号已被他人使用")
    mdtrt_id = row["mdtrt_id"] if row is not None else f"M{random_text(DIGITS, 18)}"
    if row is None:
        books.execute(
            "INSERT INTO visits (mdtrt_id, psn_no, ipt_otp_no, insutype, at) VALUES (?, ?, ?, ?, ?)",
            (mdtrt_id, asked["psn_no"], asked["ipt_otp_no"], asked["insutype"], time.time()),
        )
    return {"data": {"mdtrt_id": mdtrt_id, "psn_no": asked["psn_no"], "ipt_otp_no": asked["ipt_otp_no"]}}


def drop(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """2202."""
    asked = node(given, "data", "psn_no", "mdtrt_id", "ipt_otp_no")
    visit = visit_of(books, asked, even_dropped=True)
    if visit["dropped"]:
        raise Refused("就诊登记已撤销")
    if books.execute(
        "SELECT 1 FROM settlements WHERE mdtrt_id = ? AND state = 'settled'", (visit["mdtrt_id"],)
    ).fetchone():
        raise Refused("存在未撤销的结算，不能撤销挂号")
    books.execute("UPDATE visits SET dropped = 1 WHERE mdtrt_id = ?", (visit["mdtrt_id"],))
    return {}


def describe(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """2203."""
    visit_of(books, node(given, "mdtrtinfo", "mdtrt_id", "psn_no", "med_type", "begntime"))
    return {}


def charge(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """2204."""
    lines = given.get("feedetail")
    if not isinstance(lines, list) or not lines or len(lines) > 100:
        raise Refused("入参feedetail缺失")
    return {"result": [_charged(books, line) for line in lines]}


def forget_charges(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """2205: a batch, or 0000 for all that is not settled."""
    asked = node(given, "data", "mdtrt_id", "chrg_bchno", "psn_no")
    visit_of(books, asked)
    books.execute(
        """DELETE FROM fees WHERE mdtrt_id = ? AND ? IN (chrg_bchno, '0000') AND NOT EXISTS (
        SELECT 1 FROM settlements WHERE settlements.mdtrt_id = fees.mdtrt_id AND state = 'settled'
        AND settlements.chrg_bchno = fees.chrg_bchno)""",
        (asked["mdtrt_id"], asked["chrg_bchno"]),
    )
    return {}


def visit_of(books: sqlite3.Connection, asked: Mapping[str, str], *, even_dropped: bool = False) -> sqlite3.Row:
    """Raises Refused unless it is this person's, and stands."""
    row: sqlite3.Row | None = books.execute(
        "SELECT * FROM visits WHERE mdtrt_id = ? AND psn_no = ?", (asked["mdtrt_id"], asked["psn_no"])
    ).fetchone()
    if row is None or (row["dropped"] and not even_dropped):
        raise Refused("就诊信息不存在")
    return row


def _charged(books: sqlite3.Connection, line: object) -> dict[str, Any]:
    asked = node(
        {"line": line},
        "line",
        "feedetl_sn",
        "mdtrt_id",
        "psn_no",
        "chrg_bchno",
        "fee_ocur_time",
        "med_list_codg",
        "medins_list_codg",
        "det_item_fee_sumamt",
        "cnt",
        "pric",
    )
    visit_of(books, asked)
    try:
        total = fen(asked["det_item_fee_sumamt"])
    except WrongAmounts:
        raise Refused("det_item_fee_sumamt格式错误") from None
    if total <= 0:
        raise Refused("明细项目费用总额须大于0")
    try:
        books.execute(
            "INSERT INTO fees VALUES (?, ?, ?, ?)", (asked["mdtrt_id"], asked["feedetl_sn"], asked["chrg_bchno"], total)
        )
    except sqlite3.IntegrityError:
        raise Refused("费用明细流水号重复") from None
    over = max(0, total - PRICE_LIMIT_FEN)
    first = (total - over) * FIRST_PERCENT // 100
    return {
        "feedetl_sn": asked["feedetl_sn"],
        "det_item_fee_sumamt": yuan(total),
        "cnt": asked["cnt"],
        "pric": asked["pric"],
        "pric_uplmt_amt": yuan(PRICE_LIMIT_FEN),
        "selfpay_prop": f"{FIRST_PERCENT / 100:.4f}",
        "fulamt_ownpay_amt": "0.00",
        "overlmt_amt": yuan(over),
        "preselfpay_amt": yuan(first),
        "inscp_scp_amt": yuan(total - over - first),
        "chrgitm_lv": "02",
    }
