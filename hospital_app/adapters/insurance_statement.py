"""医保对账: a day's settlements and reversals by 9101, 3202 and 9102, their sums confirmed by 3201.

3202 answers a file of what the bureau has and our own file has not (表201). Ours is sent empty, so that the answer is
the whole day: what differs from our books is for our reconciliation to say, which knows more than the bureau.
"""

import base64
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from hospital_app import clock
from hospital_app.adapters.insurance_gateway import InsuranceGateway
from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.domain.insurance_amounts import WrongAmounts, fen
from hospital_app.domain.money import yuan
from hospital_app.ports import Rejected, StatementLine, Unreachable

#: 表201, tab-separated, UTF-8, `null` for what is empty.
COLUMNS = (
    "psn_no",
    "mdtrt_id",
    "setl_id",
    "msgid",
    "stmt_rslt",
    "refd_setl_flag",
    "memo",
    "medfee_sumamt",
    "fund_pay_sumamt",
    "acct_pay",
    "exp_content",
)
NORMAL = "000"  # refd_setl_flag of a settlement; anything else is a reversal
BALANCED = "000000"  # stmt_rslt of 3201; some regions say 0
LARGEST_FILE_BYTES = 64 << 20


def read_statement(
    gateway: InsuranceGateway, on: date, *, clear_type: str, timeout_seconds: float
) -> Sequence[StatementLine]:
    """Raises Rejected if the bureau's totals of the day are not those of its lines, Unreachable, Silent."""

    def call(infno: str, given: dict[str, Any]) -> dict[str, Any]:
        return gateway.call(infno, given, timeout_seconds=timeout_seconds)

    code, day = gateway.institution.code, on.isoformat()
    sent = {"in": base64.b64encode(_packed("")).decode(), "filename": f"3202_{day}.zip", "fixmedins_code": code}
    uploaded = call("9101", {"fsUploadIn": sent})
    asked = {
        "setl_optins": gateway.institution.region,
        "file_qury_no": str(uploaded.get("file_qury_no", "")),
        "stmt_begndate": day,
        "stmt_enddate": day,
        "medfee_sumamt": "0.00",
        "fund_pay_sumamt": "0.00",
        "cash_payamt": "0.00",
        "fixmedins_setl_cnt": "0",
        "clr_type": clear_type,
    }
    found = call("3202", {"data": asked}).get("fileinfo") or {}
    wanted = {name: str(found.get(name, "")) for name in ("file_qury_no", "filename")}
    file = gateway.download(
        "9102", {"fsDownloadIn": {**wanted, "fixmedins_code": code}}, timeout_seconds=timeout_seconds
    )
    try:
        rows = [dict(zip(COLUMNS, line.split("\t"), strict=False)) for line in _unpacked(file).splitlines() if line]
        read = [(_line(row), _kind(row)) for row in rows]
    except (KeyError, ValueError, zipfile.BadZipFile) as failure:
        raise Unreachable("insurance: the statement's file cannot be read") from failure
    _confirm(gateway, call, day, clear_type, read)
    return [line for line, _ in read]


def _confirm(
    gateway: InsuranceGateway, call: Any, day: str, clear_type: str, read: Sequence[tuple[StatementLine, str]]
) -> None:
    """3201 for each insurance: a file that lacks a line is not taken for the day."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for line, kind in read:
        sign = -1 if line.reversed else 1
        parts = (line.fund_fen + line.account_fen + line.cash_fen, line.fund_fen, line.account_fen, 1)
        sums[kind] = [have + sign * part for have, part in zip(sums[kind], parts, strict=True)]
    for kind, (total, fund, account, count) in sorted(sums.items()):
        if not kind:
            continue  # the region's file does not say: there is nothing to sum up by
        asked = {
            "insutype": kind,
            "clr_type": clear_type,
            "setl_optins": gateway.institution.region,
            "stmt_begndate": day,
            "stmt_enddate": day,
            "medfee_sumamt": yuan(total),
            "fund_pay_sumamt": yuan(fund),
            "acct_pay": yuan(account),
            "fixmedins_setl_cnt": str(count),
        }
        told = call("3201", {"data": asked}).get("stmtinfo") or {}
        if str(told.get("stmt_rslt")) not in (BALANCED, "0"):
            raise Rejected("3201", f"医保局 {day} 的总账与其明细不符，请稍后再取。")


def _line(row: dict[str, str]) -> StatementLine:
    more = _more(row)
    total, fund, account = (abs(fen(row[name])) for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay"))
    if total < fund + account:
        raise WrongAmounts("a line whose parts are more than its whole")
    return StatementLine(
        number=str(more.get("ipt_otp_no", "")),
        settlement_id=row["setl_id"],
        reversed=row["refd_setl_flag"] not in (NORMAL, "0"),
        fund_fen=fund,
        account_fen=account,
        cash_fen=total - fund - account,
        at=_when(str(more.get("setl_time", "")), row["msgid"]),
    )


def _kind(row: dict[str, str]) -> str:
    return str(_more(row).get("insutype", ""))


def _more(row: dict[str, str]) -> dict[str, Any]:
    """exp_content 扩展内容: each region's own; ours reads an object with ipt_otp_no, setl_time and insutype."""
    try:
        more = json.loads(row.get("exp_content") or "{}")
    except ValueError:
        return {}
    return more if isinstance(more, dict) else {}


def _when(text: str, msgid: str) -> datetime:
    """The bureau's time, or that in our msgid."""
    written = text or f"{msgid[12:16]}-{msgid[16:18]}-{msgid[18:20]} {msgid[20:22]}:{msgid[22:24]}:{msgid[24:26]}"
    there = datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOSPITAL_ZONE)
    return there.astimezone(clock.now().tzinfo)


def _packed(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("detail.txt", text)
    return out.getvalue()


def _unpacked(file: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        names = packed.infolist()
        if sum(each.file_size for each in names) > LARGEST_FILE_BYTES:
            raise ValueError("the statement's file is too large")
        return "\n".join(packed.read(each).decode() for each in names)
