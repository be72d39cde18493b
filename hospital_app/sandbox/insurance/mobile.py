"""The mobile payment platform: 6201, 6202, 6203, 6301, 6401 in the 国密 envelope, on the bureau's own books."""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from hospital_app.adapters.insurance_sm import NationalEnvelope
from hospital_app.domain.insurance_amounts import FEE_PARTS, fen
from hospital_app.domain.money import yuan
from hospital_app.ports import Forged
from hospital_app.sandbox.insurance import settling, visits
from hospital_app.sandbox.insurance.authorising import check_number
from hospital_app.sandbox.insurance.books import is_up
from hospital_app.sandbox.insurance.csb import hang
from hospital_app.sandbox.insurance.envelope import Refused, node
from hospital_app.sandbox.insurance.keys import MobileKeys
from hospital_app.sandbox.insurance.troubles import strike
from hospital_app.sandbox.intake import fields_of
from hospital_app.sandbox.keys import DIGITS, HEX, random_text

QUOTED, PAID, BACK, REVOKED = "1", "4", "8", "12"
AMOUNTS = {"feeSumamt": "total_fen", "ownPayAmt": "cash_fen", "psnAcctPay": "account_fen", "fundPay": "fund_fen"}
Answerer = Callable[[sqlite3.Connection, Mapping[str, Any]], dict[str, Any]]


def platform_envelope(keys: MobileKeys) -> NationalEnvelope:
    return NationalEnvelope(
        keys.app_id,
        keys.app_secret,
        bytes.fromhex(keys.platform_private),
        bytes.fromhex(keys.platform_public),
        bytes.fromhex(keys.hospital_public),
    )


def mobile_routes(
    books: sqlite3.Connection, keys: MobileKeys, *, paid: Callable[[str], None] = lambda _: None
) -> list[Route]:
    """`paid`: what else happens, in the same transaction, when an order (payOrdId) is through."""
    envelope = platform_envelope(keys)

    def pay_once(books: sqlite3.Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
        before = _state(books, asked)
        told = pay(books, asked)
        if before == QUOTED:
            paid(told["payOrdId"])
        return told

    def serve(infno: str, answer: Answerer) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            if not is_up(books):
                return PlainTextResponse("maintenance", 503)
            try:
                asked = await asyncio.to_thread(envelope.open, await fields_of(request))
            except Forged:
                return JSONResponse(envelope.seal({}, beside={"code": "-1", "message": "验签失败"}))
            trouble = strike(books, infno)
            kind, seconds = (trouble.kind, trouble.seconds) if trouble else ("", 0.0)
            if kind == "silent-before":
                return await hang(request, seconds)
            try:
                if kind == "refuse":
                    raise Refused("医保系统繁忙，请稍后再试")
                with books:
                    output = answer(books, asked)
            except Refused as refusal:
                return JSONResponse(envelope.seal({}, beside={"code": "-1", "message": str(refusal)}))
            if kind == "wrong-split" and "fundPay" in output:
                output["fundPay"] = yuan(fen(output["fundPay"]) + 1)
            lost = await hang(request, seconds) if kind in ("silent-after", "late") else None
            said = JSONResponse(envelope.seal(output, beside={"code": "0", "message": "成功"}))
            return lost if lost is not None and kind == "silent-after" else said

        return endpoint

    served: Mapping[str, tuple[str, Answerer]] = {
        "uldFeeInfo": ("6201", upload),
        "pay_order": ("6202", pay_once),
        "refund_Order": ("6203", refund),
        "query_order_info": ("6301", query),
        "revoke_order": ("6401", revoke),
    }
    return [
        Route(f"/org/local/api/hos/{path}", serve(infno, answer), methods=["POST"])
        for path, (infno, answer) in served.items()
    ]


def upload(books: sqlite3.Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
    """6201: the fees of a visit, computed at once."""
    given = node(
        {"data": asked},
        "data",
        *("orgCodg", "psnNo", "insutype", "medOrgOrd", "begntime", "idNo", "userName", "idType", "insuCode"),
        *("iptOtpNo", "mdtrtId", "deptCode", "deptName", "caty", "medType", "feeType", "medfeeSumamt", "psnSetlway"),
        *("chrgBchno", "pubHospRfomFlag", "acctUsedFlag"),
    )
    visit = {"mdtrt_id": given["mdtrtId"], "psn_no": given["psnNo"]}
    visits.forget_charges(books, {}, {"data": {**visit, "chrg_bchno": "0000"}})
    lines = asked.get("feedetailList")
    if not isinstance(lines, list):
        raise Refused("缺少feedetailList")
    visits.charge(books, {}, {"feedetail": [_line(each, given, visit) for each in lines]})
    settled = _settled_fields(given)
    info = settling.quote(books, {}, {"data": settled})["setlinfo"]
    number, token = f"ORD{random_text(DIGITS, 24)}", random_text(HEX, 32)
    amounts = [fen(info[name]) for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")]
    kept = json.dumps({**settled, **{name: info[name] for name in FEE_PARTS}})
    books.execute(
        "INSERT INTO mobile_orders VALUES (?, ?, ?, ?, ?, NULL, NULL, ?, ?, ?, ?)",
        (number, token, given["medOrgOrd"], kept, QUOTED, *amounts),
    )
    return {"payToken": token, **_told(_order(books, {"payOrdId": number, "payToken": token}))}


def pay(books: sqlite3.Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
    """6202: settled, once; the patient's authorisation goes with it."""
    given = node({"data": asked}, "data", "payAuthNo", "payOrdId", "payToken", "orgBizSer", "mdtrtId")
    order = _order(books, given)
    if order["state"] == QUOTED:
        check_number(books, given["payAuthNo"], json.loads(order["asked"])["mdtrt_cert_no"], fresh=True)
        data = {**json.loads(order["asked"]), "invono": order["med_org_ord"]}
        envelope = {"msgid": given["orgBizSer"], "infno": "6202"}
        info = settling.settle(books, envelope, {"data": data})["setlinfo"]
        told = [fen(info[name]) for name in ("fund_pay_sumamt", "acct_pay", "psn_cash_pay")]
        books.execute(
            """UPDATE mobile_orders SET state = ?, setl_id = ?, fund_fen = ?, account_fen = ?, cash_fen = ?
            WHERE pay_order_id = ?""",
            (PAID, info["setl_id"], *told, order["pay_order_id"]),
        )
    return _told(_order(books, given))


def refund(books: sqlite3.Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
    """6203: the insurance's part, whole."""
    given = node(
        {"data": asked}, "data", "payOrdId", "appRefdSn", "appRefdTime", "totlRefdAmt", "refdType", "payAuthNo"
    )
    order = books.execute("SELECT * FROM mobile_orders WHERE pay_order_id = ?", (given["payOrdId"],)).fetchone()
    if order is None or given["refdType"] != "HI":
        raise Refused("订单不存在或退款类型不支持")
    check_number(books, given["payAuthNo"], json.loads(order["asked"])["mdtrt_cert_no"], fresh=False)
    if order["state"] == PAID:
        if fen(given["totlRefdAmt"]) != order["fund_fen"] + order["account_fen"]:
            return {"payOrdId": order["pay_order_id"], "refStatus": "FAIL"}
        row = books.execute("SELECT * FROM settlements WHERE setl_id = ?", (order["setl_id"],)).fetchone()
        settling.undo(books, row, state="reversed", msgid=given["appRefdSn"])
        books.execute(
            "UPDATE mobile_orders SET state = ?, refund_no = ? WHERE pay_order_id = ?",
            (BACK, given["appRefdSn"], order["pay_order_id"]),
        )
    elif order["state"] != BACK or order["refund_no"] != given["appRefdSn"]:
        raise Refused("订单状态不允许退款")
    return {"payOrdId": order["pay_order_id"], "refStatus": "SUCC"}


def query(books: sqlite3.Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
    """6301."""
    return _told(_order(books, node({"data": asked}, "data", "payOrdId", "payToken", "orgCodg")))


def revoke(books: sqlite3.Connection, asked: Mapping[str, Any]) -> dict[str, Any]:
    """6401: an order that is not paid."""
    order = _order(books, node({"data": asked}, "data", "payOrdId", "payToken", "orgCodg"))
    if order["state"] not in (QUOTED, REVOKED):
        raise Refused("订单状态不允许撤销")
    books.execute("UPDATE mobile_orders SET state = ? WHERE pay_order_id = ?", (REVOKED, order["pay_order_id"]))
    return {"payOrdId": order["pay_order_id"], "ordStas": REVOKED}


def callback(order: sqlite3.Row) -> dict[str, str]:
    """6302, as the platform would say it."""
    told = {name: value for name, value in _told(order).items() if name != "ordStas"}
    return {"callType": "02", "medOrgOrd": order["med_org_ord"], "setlType": "HI", **told}


def _order(books: sqlite3.Connection, given: Mapping[str, str]) -> sqlite3.Row:
    row: sqlite3.Row | None = books.execute(
        "SELECT * FROM mobile_orders WHERE pay_order_id = ? AND pay_token = ?", (given["payOrdId"], given["payToken"])
    ).fetchone()
    if row is None:
        raise Refused("支付订单不存在")
    return row


def _state(books: sqlite3.Connection, asked: Mapping[str, Any]) -> str:
    row = books.execute(
        "SELECT state FROM mobile_orders WHERE pay_order_id = ?", (str(asked.get("payOrdId")),)
    ).fetchone()
    return "" if row is None else str(row["state"])


def _told(order: sqlite3.Row) -> dict[str, str]:
    amounts = {name: yuan(order[column]) for name, column in AMOUNTS.items()}
    return {"payOrdId": order["pay_order_id"], "ordStas": order["state"], "hiDocSn": order["setl_id"] or "", **amounts}


def _settled_fields(given: Mapping[str, str]) -> dict[str, str]:
    """As 2206 has them."""
    return {
        "psn_no": given["psnNo"],
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": given["idNo"],
        "med_type": given["medType"],
        "medfee_sumamt": given["medfeeSumamt"],
        "psn_setlway": given["psnSetlway"],
        "mdtrt_id": given["mdtrtId"],
        "chrg_bchno": given["chrgBchno"],
        "acct_used_flag": given["acctUsedFlag"],
        "insutype": given["insutype"],
    }


def _line(line: object, given: Mapping[str, str], visit: Mapping[str, str]) -> dict[str, str]:
    fields = node(
        {"line": line},
        "line",
        *("feedetlSn", "medListCodg", "medinsListCodg", "detItemFeeSumamt", "cnt", "pric", "feeOcurTime"),
    )
    return {
        **visit,
        "feedetl_sn": fields["feedetlSn"],
        "chrg_bchno": given["chrgBchno"],
        "fee_ocur_time": fields["feeOcurTime"],
        "med_list_codg": fields["medListCodg"],
        "medins_list_codg": fields["medinsListCodg"],
        "det_item_fee_sumamt": fields["detItemFeeSumamt"],
        "cnt": fields["cnt"],
        "pric": fields["pric"],
    }
