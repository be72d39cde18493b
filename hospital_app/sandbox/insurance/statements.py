"""对账: 3201 对总账, 3202 对明细账 (表200 in, 表201 out), 9101 文件上传; 9102 文件下载 answers the file itself."""

import base64
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.domain.insurance_amounts import WrongAmounts, fen
from hospital_app.domain.money import yuan
from hospital_app.sandbox.insurance.envelope import Refused, node
from hospital_app.sandbox.keys import HEX, random_text

NORMAL, REVERSED = "000", "001"
TOTALS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "fixmedins_setl_cnt")


def totals(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """3201: whether these are the sums of the days, reversals taken off."""
    asked = node(given, "data", "insutype", "clr_type", "setl_optins", "stmt_begndate", "stmt_enddate", *TOTALS)
    sums = [0, 0, 0, 0]
    for row, flag in _moved(books, asked):
        if row["insutype"] == asked["insutype"]:
            sign = 1 if flag == NORMAL else -1
            parts = (row["total_fen"], row["fund_fen"], row["account_fen"], 1)
            sums = [have + sign * part for have, part in zip(sums, parts, strict=True)]
    try:
        told = [fen(asked[name]) for name in TOTALS[:3]] + [int(asked["fixmedins_setl_cnt"])]
    except (WrongAmounts, ValueError):
        raise Refused("金额格式错误") from None
    same = told == sums
    said = "平账" if same else f"不平：医保{yuan(sums[0])}，{sums[3]}笔"
    result = {"stmt_rslt": "000000" if same else "000001", "stmt_rslt_dscr": said}
    return {"stmtinfo": {"setl_optins": asked["setl_optins"], **result}}


def details(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """3202: a file of what the bureau has and the hospital's file has not, or otherwise."""
    asked = node(given, "data", "setl_optins", "file_qury_no", "stmt_begndate", "stmt_enddate", "clr_type")
    theirs = _told(books, asked["file_qury_no"])
    lines = []
    for row, flag in _moved(books, asked):
        amounts = [yuan(row[name] if flag == NORMAL else -row[name]) for name in _PARTS]
        if theirs.get((row["setl_id"], flag)) == amounts:
            continue
        more = {"ipt_otp_no": row["ipt_otp_no"], "insutype": row["insutype"], "setl_time": _time(row, flag)}
        msgid = row["msgid"] if flag == NORMAL else row["undone_msgid"]
        own = (row["psn_no"], row["mdtrt_id"], row["setl_id"], msgid, "000001", flag, "医疗机构无此结算")
        lines.append("\t".join((*own, *amounts, json.dumps(more))))
    name = f"{asked['stmt_begndate']}_result.zip"
    number = _keep(books, name, _packed("\n".join(lines)))
    until = datetime.now(HOSPITAL_ZONE) + timedelta(days=7)
    return {"fileinfo": {"file_qury_no": number, "filename": name, "dld_endtime": f"{until:%Y-%m-%d %H:%M:%S}"}}


def upload(books: sqlite3.Connection, _: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """9101."""
    asked = node(given, "fsUploadIn", "in", "filename", "fixmedins_code")
    try:
        content = base64.b64decode(asked["in"], validate=True)
    except ValueError:
        raise Refused("文件内容格式错误") from None
    number = _keep(books, asked["filename"], content)
    return {"file_qury_no": number, "filename": asked["filename"], "fixmedins_code": asked["fixmedins_code"]}


def download(books: sqlite3.Connection, given: Mapping[str, Any]) -> bytes:
    """9102."""
    asked = node(given, "fsDownloadIn", "file_qury_no", "filename", "fixmedins_code")
    row = books.execute("SELECT content FROM files WHERE no = ?", (asked["file_qury_no"],)).fetchone()
    if row is None:
        raise Refused("文件不存在")
    return bytes(row["content"])


_PARTS = ("total_fen", "fund_fen", "account_fen")


def _moved(books: sqlite3.Connection, asked: Mapping[str, str]) -> Iterator[tuple[sqlite3.Row, str]]:
    """What was settled and what was reversed in these days; what was corrected never was."""
    try:
        begin = datetime.strptime(asked["stmt_begndate"][:10], "%Y-%m-%d").replace(tzinfo=HOSPITAL_ZONE)
        end = datetime.strptime(asked["stmt_enddate"][:10], "%Y-%m-%d").replace(tzinfo=HOSPITAL_ZONE)
    except ValueError:
        raise Refused("对账日期格式错误") from None
    between = (begin.timestamp(), (end + timedelta(days=1)).timestamp())
    for row in books.execute(
        "SELECT * FROM settlements WHERE state != 'corrected' AND at >= ? AND at < ? ORDER BY at, setl_id", between
    ):
        yield row, NORMAL
    for row in books.execute(
        "SELECT * FROM settlements WHERE state = 'reversed' AND undone_at >= ? AND undone_at < ? ORDER BY undone_at",
        between,
    ):
        yield row, REVERSED


def _told(books: sqlite3.Connection, number: str) -> dict[tuple[str, str], list[str]]:
    """(setl_id, refd_setl_flag) → amounts, of the hospital's file."""
    row = books.execute("SELECT content FROM files WHERE no = ?", (number,)).fetchone()
    if row is None:
        raise Refused("文件不存在")
    try:
        with zipfile.ZipFile(io.BytesIO(row["content"])) as packed:
            text = "\n".join(packed.read(name).decode() for name in packed.namelist())
    except (zipfile.BadZipFile, ValueError):
        raise Refused("文件格式错误") from None
    cells = [line.split("\t") for line in text.splitlines() if line]
    return {(each[0], each[6]): each[3:6] for each in cells if len(each) >= 7}


def _keep(books: sqlite3.Connection, name: str, content: bytes) -> str:
    number = f"fsi{random_text(HEX.lower(), 24)}"
    books.execute("INSERT INTO files VALUES (?, ?, ?)", (number, name[:200], content))
    return number


def _packed(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("result.txt", text)
    return out.getvalue()


def _time(row: sqlite3.Row, flag: str) -> str:
    instant = row["at"] if flag == NORMAL else row["undone_at"]
    return f"{datetime.fromtimestamp(instant, HOSPITAL_ZONE):%Y-%m-%d %H:%M:%S}"
