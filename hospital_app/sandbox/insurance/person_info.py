"""1101 人员信息获取."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from hospital_app.domain.money import yuan
from hospital_app.sandbox.insurance import books as register
from hospital_app.sandbox.insurance.envelope import Refused

REQUIRED = ("mdtrt_cert_type", "mdtrt_cert_no", "psn_cert_type", "certno", "psn_name")
CERT_KINDS = {"02", "03"}  # 身份证, 社保卡; 01 电子凭证令牌 is the money's


def answer(books: sqlite3.Connection, envelope: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """`output` of the answer. Raises Refused."""
    data = given.get("data")
    if not isinstance(data, dict) or any(not isinstance(data.get(name), str) or not data[name] for name in REQUIRED):
        raise Refused("入参data缺少必填项")
    if data["mdtrt_cert_type"] not in CERT_KINDS:
        raise Refused(f"不支持的就诊凭证类型{data['mdtrt_cert_type']}")
    if data["mdtrt_cert_type"] == "02" and data["mdtrt_cert_no"] != data["certno"]:
        raise Refused("就诊凭证编号与证件号码不一致")
    person = register.find(
        books,
        card=data["mdtrt_cert_no"],
        certno=data["certno"],
        name=data["psn_name"],
        region=str(envelope["mdtrtarea_admvs"]),
    )
    if person is None:
        raise Refused(f"未查询到参保人信息，证件号码{data['certno']}")
    return {
        "baseinfo": {
            "psn_no": person.psn_no,
            "psn_cert_type": data["psn_cert_type"],
            "certno": person.certno,
            "psn_name": person.name,
            "gend": "",
            "naty": "01",
            "brdy": "",
            "age": "",
        },
        "insuinfo": [
            {
                "balc": yuan(register.means_of(books, person.psn_no).balance_fen),
                "insutype": person.insutype,
                "psn_type": "11",
                "psn_insu_stas": person.status,
                "psn_insu_date": "2020-01-01",
                "paus_insu_date": "",
                "cvlserv_flag": "0",
                "insuplc_admdvs": person.region,
                "emp_name": "",
            }
        ],
        "idetinfo": [],
    }
