"""What every transaction has in common: the signed headers, the fields of the envelope, the frame of the answer."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hospital_app.domain.calendar import HOSPITAL_ZONE

FRESH_SECONDS = 300
#: Field → its longest text; all of them required.
FIELDS: Mapping[str, int] = {
    "infno": 5,
    "msgid": 30,
    "mdtrtarea_admvs": 6,
    "recer_sys_code": 10,
    "infver": 6,
    "opter_type": 3,
    "opter": 30,
    "opter_name": 50,
    "inf_time": 19,
    "fixmedins_code": 12,
    "fixmedins_name": 20,
}


class Refused(Exception):
    """Answered with infcode -1 and this text."""


def check_signature(headers: Mapping[str, str], *, access_key: str, secret_key: str) -> None:
    """Raises Refused for another's key, a wrong signature, or one that is not of now."""
    names = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")
    given = {name: headers.get(name, "") for name in names}
    text = "&".join(f"{name}={given[name]}" for name in names)
    wanted = base64.b64encode(hmac.new(secret_key.encode(), text.encode(), hashlib.sha1).digest())
    if given["_api_access_key"] != access_key or not hmac.compare_digest(
        wanted, headers.get("_api_signature", "").encode()
    ):
        raise Refused("签名校验失败")
    if not given["_api_timestamp"].isdecimal() or abs(time.time() - int(given["_api_timestamp"])) > FRESH_SECONDS:
        raise Refused("请求时间戳超出允许范围")


def check_envelope(envelope: Mapping[str, Any], headers: Mapping[str, str], *, institution: str) -> None:
    for name, longest in FIELDS.items():
        value = envelope.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= longest:
            raise Refused(f"报文头{name}缺失或超长")
    if envelope["infno"] != headers.get("_api_name"):
        raise Refused("infno与_api_name不一致")
    if envelope["fixmedins_code"] != institution:
        raise Refused("定点医药机构编号不存在")
    if not envelope["msgid"].startswith(institution) or len(envelope["msgid"]) != 30:
        raise Refused("msgid格式错误")
    try:
        datetime.strptime(envelope["inf_time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=HOSPITAL_ZONE)
    except ValueError:
        raise Refused("inf_time格式错误") from None


def node(given: Mapping[str, Any], name: str, *required: str) -> dict[str, str]:
    """The fields of a node of the input, as text. Raises Refused if one that is required is missing or no text."""
    found = given.get(name)
    if not isinstance(found, dict):
        raise Refused(f"入参{name}缺失")
    for field in required:
        if not isinstance(found.get(field), str) or not found[field]:
            raise Refused(f"入参{name}.{field}缺失")
    return {key: value for key, value in found.items() if isinstance(value, str)}


def framed(region: str, serial: int, *, output: Mapping[str, Any] | None = None, error: str = "") -> dict[str, Any]:
    """The answer: 0 with an output, -1 with a sentence."""
    now = datetime.now(HOSPITAL_ZONE)
    return {
        "infcode": -1 if output is None else 0,
        "inf_refmsgid": f"{region[:6]:0<6}{now:%Y%m%d%H%M%S}{serial:010d}",
        "refmsg_time": f"{now:%Y%m%d%H%M%S}000",
        "respond_time": f"{now:%Y%m%d%H%M%S}000",
        "err_msg": error[:200],
        "output": dict(output or {}),
    }
