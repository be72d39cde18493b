"""医保结算 over the national interface: 1101, 2201, 2203, 2204, 2206; 2207; 2208, 2202; 2601; 3201, 3202."""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from hospital_app import clock
from hospital_app.adapters.insurance_gateway import InsuranceGateway
from hospital_app.adapters.insurance_statement import read_statement
from hospital_app.domain.calendar import HOSPITAL_ZONE, local
from hospital_app.domain.insurance import INSURED
from hospital_app.domain.insurance_amounts import FEE_PARTS, WrongAmounts, fen, split_of
from hospital_app.domain.money import Split, yuan
from hospital_app.ports import (
    BureauOrder,
    BureauQuote,
    BureauSettled,
    InsuredVisit,
    Rejected,
    StatementLine,
    Unreachable,
)

log = logging.getLogger(__name__)

BY_ID, BY_CARD = "02", "03"  # mdtrt_cert_type: 身份证, 社保卡
BY_ITEM = "01"  # psn_setlway: 按项目结算
ALL_UNSETTLED = "0000"  # chrg_bchno of 2205
TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Customs:
    """What differs from region to region (地方差异); docs/payments.md says how to find out."""

    suffixes: Mapping[str, str] = field(default_factory=lambda: {"2203": "A"})
    med_type: str = "12"  # 门诊挂号; elsewhere 11 普通门诊
    fee_code: str = "001102000010000-110200001"  # med_list_codg: 普通门诊诊查费
    local_fee_code: str = "GH0001"  # medins_list_codg: the hospital's own
    clear_type: str = "11"  # clr_type: 门诊
    #: A refusal of 2601 or 2208 or 2202 that says: there is nothing, or nothing any more, to undo.
    nothing_there: str = r"(交易|报文|结算|就诊).{0,16}(不存在|未找到|未查询到)|已(冲正|撤销|退费)"
    timeout_seconds: float = 120
    #: Of what is computed while a patient looks on, and nothing is taken; never longer than the other.
    quote_timeout_seconds: float = 20

    def in_haste(self) -> "Customs":
        return replace(self, timeout_seconds=min(self.timeout_seconds, self.quote_timeout_seconds))


class NationalBureau:
    """InsuranceBureau over the envelope of the national interface."""

    def __init__(self, gateway: InsuranceGateway, customs: Customs) -> None:
        self._gateway = gateway
        self._customs = customs
        self._nothing_there = re.compile(customs.nothing_there)

    def message_id(self) -> str:
        return self._gateway.message_id()

    def in_haste(self) -> "NationalBureau":
        """The same for somebody who looks on meanwhile."""
        return NationalBureau(self._gateway, self._customs.in_haste())

    def quote(self, visit: InsuredVisit) -> BureauQuote:
        return self.in_haste()._quoted(visit)

    def _quoted(self, visit: InsuredVisit) -> BureauQuote:
        person_no, enrolment = self.insured(visit)
        region, kind = str(enrolment["insuplc_admdvs"]), str(enrolment["insutype"])
        visit_id = self.register(visit, person_no, region, kind)
        of_visit = {"mdtrt_id": visit_id, "psn_no": person_no}
        self._call("2203", {"mdtrtinfo": {**of_visit, **self._occasion(visit)}, "diseinfo": []}, region)
        self._call("2205", {"data": {**of_visit, "chrg_bchno": ALL_UNSETTLED}}, region)
        self._upload(visit, of_visit, region)
        order = BureauOrder(
            no=visit.no,
            person_no=person_no,
            insured_region=region,
            kind=kind,
            visit_id=visit_id,
            batch_no=visit.no,
            use_account=visit.use_account,
            split=Split(visit.total_fen, 0, 0, visit.total_fen),
            document_number=visit.document_number,
        )
        _, split = self._computed(order)
        return BureauQuote(
            person_no,
            region,
            kind,
            visit_id,
            order.batch_no,
            split,
            balance_of(enrolment) if visit.use_account else None,
        )

    def settle(self, order: BureauOrder) -> BureauSettled:
        """A refusal is believed only when 2601 was sent as well: this msgid may have settled before."""
        try:
            info, split = self._computed(order)
            if split != order.split:
                raise Rejected("2206", "医保试算结果有变化，请重新确认费用。")
            asked = self._asked(order) | {name: yuan(_or_nothing(info, name)) for name in FEE_PARTS}
            output = self._call("2207", {"data": {**asked, "invono": order.no}}, order.insured_region, order.message_id)
        except Rejected:
            self._nothing_settled(order)
            raise
        settled = _settled(output)
        if settled is None or settled.split != order.split:
            self._take_back(order)
            raise Rejected("2207", "医保结算结果与试算不符，已冲正，没有产生医保扣款。")
        return settled

    def correct(self, order: BureauOrder) -> None:
        asked = {"psn_no": order.person_no, "omsgid": order.message_id, "oinfno": self._name("2207")}
        self._undo("2601", asked, order.insured_region)

    def reverse(self, order: BureauOrder) -> None:
        self._undo(
            "2208",
            {"setl_id": order.settlement_id, "mdtrt_id": order.visit_id, "psn_no": order.person_no},
            order.insured_region,
        )
        try:
            self.drop(order)
        except Rejected as refusal:
            log.warning("insurance: %s is reversed, but its registration stays: %s", order.no, refusal)

    def drop(self, order: BureauOrder) -> None:
        asked = {"psn_no": order.person_no, "mdtrt_id": order.visit_id, "ipt_otp_no": order.no}
        self._undo("2202", asked, order.insured_region)

    def forget(self, visit: InsuredVisit) -> None:
        """2201 under the same ipt_otp_no answers the visit that there is (or one that goes at once)."""
        person_no, enrolment = self.insured(visit)
        region = str(enrolment["insuplc_admdvs"])
        visit_id = self.register(visit, person_no, region, str(enrolment["insutype"]))
        self._undo("2202", {"psn_no": person_no, "mdtrt_id": visit_id, "ipt_otp_no": visit.no}, region)

    def statement(self, on: date) -> Sequence[StatementLine]:
        return read_statement(
            self._gateway, on, clear_type=self._customs.clear_type, timeout_seconds=self._customs.timeout_seconds
        )

    def insured(self, visit: InsuredVisit) -> tuple[str, Mapping[str, Any]]:
        """Person number and the insurance in force, of the region that we know if there are several."""
        by_id = visit.insurance_number in ("", visit.document_number)
        asked = {
            "mdtrt_cert_type": BY_ID if by_id else BY_CARD,
            "mdtrt_cert_no": visit.document_number if by_id else visit.insurance_number,
            "card_sn": "",
            "begntime": f"{local(clock.now()):{TIME}}",
            "psn_cert_type": visit.psn_cert_type,
            "certno": visit.document_number,
            "psn_name": visit.name,
        }
        try:
            output = self._call("1101", {"data": asked}, "")
        except Rejected as refusal:
            raise Rejected("1101", "医保局没有查到这位就诊人的参保信息。") from refusal
        with _complete("1101"):
            person_no, known = str(output["baseinfo"]["psn_no"]), str(output["baseinfo"]["certno"])
            insured = [row for row in output.get("insuinfo") or [] if str(row["psn_insu_stas"]) == INSURED]
            insured.sort(key=lambda row: str(row["insuplc_admdvs"]) != visit.insured_region)
        if known != visit.document_number:
            raise Rejected("1101", "医保号与这位就诊人的证件不符。")
        if not insured:
            raise Rejected("1101", "这位就诊人目前没有在保的医保。")
        return person_no, insured[0]

    def register(self, visit: InsuredVisit, person_no: str, region: str, kind: str) -> str:
        asked = {
            "psn_no": person_no,
            "insutype": kind,
            "begntime": f"{local(visit.starts_at):{TIME}}",
            "mdtrt_cert_type": BY_ID,
            "mdtrt_cert_no": visit.document_number,
            "ipt_otp_no": visit.no,
            "atddr_no": visit.doctor_no,
            "dr_name": visit.doctor_name,
            "dept_code": visit.department_code,
            "dept_name": visit.department_name,
            "caty": visit.department_code,
        }
        output = self._call("2201", {"data": asked}, region)
        with _complete("2201"):
            return str(output["data"]["mdtrt_id"])

    def _occasion(self, visit: InsuredVisit) -> dict[str, str]:
        return {
            "med_type": self._customs.med_type,
            "begntime": f"{local(visit.starts_at):{TIME}}",
            "main_cond_dscr": "",
            "dise_codg": "",
            "dise_name": "",
        }

    def _upload(self, visit: InsuredVisit, of_visit: Mapping[str, str], region: str) -> None:
        """2204: the registration fee is one line, and must come back as the same amount."""
        line = {
            **of_visit,
            "feedetl_sn": visit.no,
            "chrg_bchno": visit.no,
            "rx_circ_flag": "0",
            "fee_ocur_time": f"{local(clock.now()):{TIME}}",
            "med_list_codg": self._customs.fee_code,
            "medins_list_codg": self._customs.local_fee_code,
            "det_item_fee_sumamt": yuan(visit.total_fen),
            "cnt": "1.0000",
            "pric": f"{yuan(visit.total_fen)}0000",
            "bilg_dept_codg": visit.department_code,
            "bilg_dept_name": visit.department_name,
            "bilg_dr_codg": visit.doctor_no,
            "bilg_dr_name": visit.doctor_name,
            "hosp_appr_flag": "1",
        }
        output = self._call("2204", {"feedetail": [line]}, region)
        with _complete("2204"):
            taken = sum(fen(row["det_item_fee_sumamt"]) for row in output["result"])
        if taken != visit.total_fen:
            raise Rejected("2204", "医保记录的挂号费与医院的不一致，请先自费支付或到窗口办理。")

    def _computed(self, order: BureauOrder) -> tuple[Mapping[str, Any], Split]:
        """2206, of our fee and no other."""
        info, split = _read("2206", self._call("2206", {"data": self._asked(order)}, order.insured_region))
        if split.total_fen != order.split.total_fen:
            raise Rejected("2206", "医保返回的金额与挂号费不符，请先自费支付或到窗口办理。")
        if split.insurance_account_fen and not order.use_account:
            raise Rejected("2206", "医保动用了未同意使用的个人账户，请先自费支付或到窗口办理。")
        return info, split

    def _asked(self, order: BureauOrder) -> dict[str, str]:
        return {
            "psn_no": order.person_no,
            "mdtrt_cert_type": BY_ID,
            "mdtrt_cert_no": order.document_number,
            "med_type": self._customs.med_type,
            "medfee_sumamt": yuan(order.split.total_fen),
            "psn_setlway": BY_ITEM,
            "mdtrt_id": order.visit_id,
            "chrg_bchno": order.batch_no,
            "acct_used_flag": "1" if order.use_account else "0",
            "insutype": order.kind,
        }

    def _nothing_settled(self, order: BureauOrder) -> None:
        """Raises Unreachable or Silent: nobody knows. Both refused, settling and correcting: there is nothing."""
        try:
            self.correct(order)
        except Rejected as refusal:
            log.warning("insurance: %s was refused, and so was its correction: %s", order.no, refusal)

    def _take_back(self, order: BureauOrder) -> None:
        try:
            self.correct(order)
        except Rejected as refusal:
            raise Unreachable(f"insurance: {order.no} is settled wrongly and its correction was refused") from refusal

    def _undo(self, infno: str, data: Mapping[str, str], region: str) -> None:
        try:
            self._call(infno, {"data": dict(data)}, region)
        except Rejected as refusal:
            if not self._nothing_there.search(refusal.detail):
                raise

    def _call(self, infno: str, given: Mapping[str, Any], region: str, msgid: str = "") -> dict[str, Any]:
        return self._gateway.call(
            self._name(infno),
            given,
            insured_region=region,
            msgid=msgid,
            timeout_seconds=self._customs.timeout_seconds,
        )

    def _name(self, infno: str) -> str:
        return infno + self._customs.suffixes.get(infno, "")


@contextmanager
def _complete(infno: str) -> Iterator[None]:
    """An answer that lacks what it must have is as good as none: Unreachable."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, WrongAmounts) as fault:
        raise Unreachable(f"insurance: {infno} answered without what it must") from fault


def _read(infno: str, output: Mapping[str, Any]) -> tuple[Mapping[str, Any], Split]:
    info = output.get("setlinfo")
    if not isinstance(info, dict):
        raise Unreachable(f"insurance: {infno} answered without its amounts")
    try:
        return info, split_of(info)
    except WrongAmounts as fault:
        raise Rejected(infno, f"{fault}，请先自费支付或到窗口办理。") from fault


def _settled(output: Mapping[str, Any]) -> BureauSettled | None:
    """None: what is there is not what anybody agreed to."""
    try:
        info, split = _read("2207", output)
    except (Rejected, Unreachable):
        return None
    number = str(info.get("setl_id") or "")
    return BureauSettled(number, split, _instant(info.get("setl_time"))) if number else None


def _or_nothing(info: Mapping[str, Any], name: str) -> int:
    value = info.get(name)
    return 0 if value in (None, "") else fen(value)


def balance_of(enrolment: Mapping[str, Any]) -> int | None:
    try:
        return fen(enrolment.get("balc"))
    except WrongAmounts:
        return None


def _instant(text: object) -> datetime:
    try:
        return datetime.strptime(str(text), TIME).replace(tzinfo=HOSPITAL_ZONE).astimezone(clock.now().tzinfo)
    except ValueError:
        return clock.now()
