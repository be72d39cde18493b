"""医保移动支付: 6201 upload, 6202 pay, 6203 refund, 6301 query, 6302 callback, 6401 revoke, in a 国密 envelope.

The same port as over the national interface, which stays in use for 1101, 2201, 2202 and the statement. The cash part
is never the platform's: it is collected by our own channels, so that here all is `HI`. Without the patient's
authorisation there is nothing to pay with: such a visit, and what was settled over the national interface, is theirs.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import httpx

from hospital_app import clock
from hospital_app.adapters.authorities import authorities
from hospital_app.adapters.insurance_bureau import BY_ITEM, TIME, Customs, NationalBureau, balance_of
from hospital_app.adapters.insurance_sm import Envelope
from hospital_app.domain.calendar import local
from hospital_app.domain.insurance_amounts import WrongAmounts, fen
from hospital_app.domain.money import Split, yuan
from hospital_app.ports import (
    BureauOrder,
    BureauQuote,
    BureauSettled,
    Forged,
    InsuredVisit,
    MobileNotice,
    Rejected,
    Silent,
    StatementLine,
    Unreachable,
)

PATHS: Mapping[str, str] = {
    "6201": "uldFeeInfo",
    "6202": "pay_order",
    "6203": "refund_Order",
    "6301": "query_order_info",
    "6401": "revoke_order",
}
#: ordStas. What is none of these (14 异常, 17 退款中, anything new) is waited for.
UNPAID, PAYING = {"0", "1"}, {"2"}
PAID = {"3", "4", "5", "6"}
BACK = {"7", "8", "9", "10", "11", "12", "13"}
FAILED = {"15", "16"}
REGISTRATION = "01"  # feeType: 挂号
POLL_SECONDS = 1.0


class MobileBureau:
    """InsuranceBureau over the mobile payment platform."""

    def __init__(
        self,
        national: NationalBureau,
        *,
        url: str,
        envelope: Envelope,
        institution_code: str,
        customs: Customs,
    ) -> None:
        self._national = national
        self._url = url.rstrip("/")
        self._envelope = envelope
        self._code = institution_code
        self._customs = customs
        self._http = httpx.Client(
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            verify=authorities(),
        )

    def message_id(self) -> str:
        return self._national.message_id()

    def quote(self, visit: InsuredVisit) -> BureauQuote:
        if not visit.pay_auth_no:
            return self._national.quote(visit)
        national = self._national.in_haste()
        person_no, enrolment = national.insured(visit)
        region, kind = str(enrolment["insuplc_admdvs"]), str(enrolment["insutype"])
        visit_id = national.register(visit, person_no, region, kind)
        balance = balance_of(enrolment) if visit.use_account else None
        return self._placed(visit, person_no, region, kind, visit_id, balance, customs=self._customs.in_haste())

    def place(self, order: BureauOrder, visit: InsuredVisit) -> BureauQuote:
        visit = replace(visit, pay_auth_no=_secrets(order)[1])
        return self._placed(
            visit, order.person_no, order.insured_region, order.kind, order.visit_id, None, customs=self._customs
        )

    def _placed(
        self,
        visit: InsuredVisit,
        person_no: str,
        region: str,
        kind: str,
        visit_id: str,
        balance_fen: int | None,
        *,
        customs: Customs,
    ) -> BureauQuote:
        uploaded = self._uploaded(visit, person_no, region, kind, visit_id)
        output = self._call("6201", uploaded, timeout_seconds=customs.timeout_seconds)
        pay_order_id, pay_token = str(output.get("payOrdId") or ""), str(output.get("payToken") or "")
        if not pay_order_id or not pay_token:
            raise Unreachable("insurance: 6201 answered without its order")
        split = _split(output)
        if split.total_fen != visit.total_fen:
            raise Rejected("6201", "医保返回的金额与挂号费不符，请先自费支付或到窗口办理。")
        if split.insurance_account_fen and not visit.use_account:
            raise Rejected("6201", "医保动用了未同意使用的个人账户，请先自费支付或到窗口办理。")
        return BureauQuote(
            person_no,
            region,
            kind,
            visit_id,
            visit.no,
            split,
            balance_fen,
            pay_order_id,
            f"{pay_token} {visit.pay_auth_no}",
        )

    def settle(self, order: BureauOrder) -> BureauSettled:
        """6202, unless it is paid already; a platform that is still at it is asked until the timeout, then Silent."""
        if not order.pay_token:
            return self._national.settle(order)
        found = self._query(order)
        if _state(found) in UNPAID:
            found = self._call("6202", self._paid(order))
        until = time.monotonic() + self._customs.timeout_seconds
        while _state(found) in PAYING | UNPAID and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
            found = self._query(order)
        state = _state(found)
        if state in BACK | FAILED:
            raise Rejected("6202", "医保支付没有成功，没有产生医保扣款。")
        if state not in PAID:
            raise Silent(f"insurance: the mobile order is in state {state}")
        try:
            split: Split | None = _split(found)
        except Rejected:
            split = None
        if split != order.split:
            self._refund(order)
            raise Rejected("6202", "医保结算结果与试算不符，已退回，没有产生医保扣款。")
        return BureauSettled(str(found.get("hiDocSn") or order.pay_order_id), order.split, clock.now())

    def correct(self, order: BureauOrder) -> None:
        """Revoked, so that a message on its way settles nothing either; what is paid goes back."""
        if not order.pay_token:
            self._national.correct(order)
            return
        state = _state(self._query(order))
        if state in UNPAID:
            try:
                self._call("6401", self._named(order))
                return
            except Rejected:
                state = _state(self._query(order))
        if state in BACK | FAILED:
            return
        if state not in PAID:
            raise Unreachable(f"insurance: the mobile order is in state {state}")
        self._refund(order)

    def reverse(self, order: BureauOrder) -> None:
        if not order.pay_token:
            self._national.reverse(order)
        elif _state(self._query(order)) not in BACK:
            self._refund(order)

    def drop(self, order: BureauOrder) -> None:
        if order.pay_order_id and _state(self._query(order)) in UNPAID:
            self._call("6401", self._named(order))
        self._national.drop(order)

    def forget(self, visit: InsuredVisit) -> None:
        """A mobile order that nobody knows of has not been paid, and cannot be."""
        self._national.forget(visit)

    def statement(self, on: date) -> Sequence[StatementLine]:
        return self._national.statement(on)

    def read_callback(self, body: bytes) -> MobileNotice:
        """6302. Raises Forged."""
        try:
            message = json.loads(body)
        except ValueError as failure:
            raise Forged("insurance: a callback that is no JSON") from failure
        if not isinstance(message, dict):
            raise Forged("insurance: a callback that is no object")
        said = self._envelope.open(message)
        try:
            return MobileNotice(str(said["medOrgOrd"]), str(said["payOrdId"]), _split(said))
        except (KeyError, Rejected) as failure:
            raise Forged("insurance: a callback without what it must have") from failure

    def _query(self, order: BureauOrder) -> Mapping[str, Any]:
        return self._call("6301", self._named(order))

    def _refund(self, order: BureauOrder) -> None:
        """6203. Named after the message that paid: asked again, it is the same refund."""
        back = order.split.fund_fen + order.split.insurance_account_fen
        asked = {
            "payOrdId": order.pay_order_id,
            "appRefdSn": order.message_id,
            "appRefdTime": f"{local(clock.now()):%Y%m%d%H%M%S}",
            "totlRefdAmt": yuan(back),
            "cashRefdAmt": "0.00",
            "psnAcctRefdAmt": yuan(order.split.insurance_account_fen),
            "fundRefdAmt": yuan(order.split.fund_fen),
            "refdType": "HI",
            "payAuthNo": _secrets(order)[1],
        }
        status = str(self._call("6203", asked).get("refStatus"))
        if status == "FAIL":
            raise Rejected("6203", "医保退费没有成功。")
        if status != "SUCC":
            raise Unreachable(f"insurance: the refund is {status}")

    def _named(self, order: BureauOrder) -> dict[str, str]:
        return {"payOrdId": order.pay_order_id, "payToken": _secrets(order)[0], "orgCodg": self._code}

    def _paid(self, order: BureauOrder) -> dict[str, str]:
        return self._named(order) | {
            "payAuthNo": _secrets(order)[1],
            "orgBizSer": order.message_id,
            "chrgBchno": order.batch_no,
            "feeType": REGISTRATION,
            "mdtrtId": order.visit_id,
            "acctUsedFlag": "1" if order.use_account else "0",
        }

    def _uploaded(self, visit: InsuredVisit, person_no: str, region: str, kind: str, visit_id: str) -> dict[str, Any]:
        total, at = yuan(visit.total_fen), f"{local(visit.starts_at):{TIME}}"
        line = {
            "feedetlSn": visit.no,
            "medListCodg": self._customs.fee_code,
            "medinsListCodg": self._customs.local_fee_code,
            "detItemFeeSumamt": total,
            "cnt": "1",
            "pric": total,
            "feeOcurTime": at,
            "bilgDeptCodg": visit.department_code,
            "bilgDrCodg": visit.doctor_no,
        }
        return {
            "orgCodg": self._code,
            "psnNo": person_no,
            "insutype": kind,
            "medOrgOrd": visit.no,
            "begntime": at,
            "idNo": visit.document_number,
            "userName": visit.name,
            "idType": visit.psn_cert_type,
            "insuCode": region,
            "iptOtpNo": visit.no,
            "mdtrtId": visit_id,
            "atddrNo": visit.doctor_no,
            "drName": visit.doctor_name,
            "deptCode": visit.department_code,
            "deptName": visit.department_name,
            "caty": visit.department_code,
            "medType": self._customs.med_type,
            "feeType": REGISTRATION,
            "medfeeSumamt": total,
            "psnSetlway": BY_ITEM,
            "chrgBchno": visit.no,
            "pubHospRfomFlag": "0",
            "acctUsedFlag": "1" if visit.use_account else "0",
            "feedetailList": [line],
        }

    def _call(self, infno: str, data: Mapping[str, Any], *, timeout_seconds: float | None = None) -> dict[str, Any]:
        timeout = self._customs.timeout_seconds if timeout_seconds is None else timeout_seconds
        try:
            answer = self._http.post(f"{self._url}/{PATHS[infno]}", json=self._envelope.seal(data), timeout=timeout)
            content = answer.json(parse_float=str)
        except httpx.TimeoutException as failure:
            raise Silent(f"insurance: {type(failure).__name__}") from failure
        except (httpx.HTTPError, ValueError) as failure:
            raise Unreachable(f"insurance: {type(failure).__name__}") from failure
        if not answer.is_success or not isinstance(content, dict):
            raise Unreachable(f"insurance: HTTP {answer.status_code}")
        try:
            output = self._envelope.open(content)
        except Forged as forged:
            raise Unreachable("insurance: an answer that is not the platform's") from forged
        if str(content.get("code")) != "0":
            raise Rejected(infno, str(content.get("message", ""))[:200])
        return output


def _secrets(order: BureauOrder) -> tuple[str, str]:
    """payToken, and the payAuthNo that the patient gave with the visit."""
    token, _, authorisation = order.pay_token.partition(" ")
    return token, authorisation


def _state(found: Mapping[str, Any]) -> str:
    return str(found.get("ordStas", ""))


def _split(found: Mapping[str, Any]) -> Split:
    """feeSumamt = ownPayAmt + psnAcctPay + fundPay. Raises Rejected."""
    try:
        total, cash, account, fund = (
            fen(found.get(name)) for name in ("feeSumamt", "ownPayAmt", "psnAcctPay", "fundPay")
        )
        return Split(total, fund, account, cash)
    except (WrongAmounts, ValueError) as fault:
        raise Rejected("6201", "医保返回的各项之和不等于费用总额，请先自费支付或到窗口办理。") from fault
