"""The national insurance interface: its envelope and the CSB gateway's signature, alike for every transaction."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Any

import httpx

from hospital_app import clock
from hospital_app.domain.calendar import local
from hospital_app.ports import Rejected, Silent, Unreachable

SIGNED = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")


def sign(secret_key: str, headers: Mapping[str, str]) -> str:
    """base64(HMAC-SHA1) of the four headers, sorted and joined; the body is not part of it, TLS guards that."""
    text = "&".join(f"{name}={headers[name]}" for name in SIGNED)
    return base64.b64encode(hmac.new(secret_key.encode(), text.encode(), hashlib.sha1).digest()).decode()


@dataclass(frozen=True)
class Institution:
    """定点医疗机构, as the bureau knows it."""

    code: str  # fixmedins_code, 12 characters
    name: str
    region: str  # mdtrtarea_admvs: where patients are treated


@dataclass
class InsuranceGateway:
    """Sends one transaction and opens its answer; one instance serves all threads."""

    url: str
    access_key: str
    secret_key: str
    institution: Institution
    timeout_seconds: float = 5
    _serial: Any = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._http = httpx.Client(
            timeout=self.timeout_seconds, limits=httpx.Limits(max_keepalive_connections=0), trust_env=False
        )

    def call(self, infno: str, given: Mapping[str, Any], *, insured_region: str = "") -> dict[str, Any]:
        """The answer's `output`. Raises Rejected with the bureau's own sentence, Unreachable, Silent."""
        envelope = self._envelope(infno, given, insured_region)
        body = json.dumps(envelope, ensure_ascii=False).encode()
        try:
            answer = self._http.post(self.url, content=body, headers=self._headers(infno, envelope["infver"]))
            content = answer.json()
        except httpx.TimeoutException as failure:
            raise Silent(f"insurance: {type(failure).__name__}") from failure
        except (httpx.HTTPError, ValueError) as failure:
            raise Unreachable(f"insurance: {type(failure).__name__}") from failure
        if not answer.is_success or not isinstance(content, dict):
            raise Unreachable(f"insurance: HTTP {answer.status_code}")
        if str(content.get("infcode")) != "0":
            raise Rejected(infno, str(content.get("err_msg", ""))[:200])
        output = content.get("output") or {}
        if not isinstance(output, dict):
            raise Unreachable("insurance: an answer without output")
        return output

    def _headers(self, infno: str, version: str) -> dict[str, str]:
        headers = {
            "_api_name": infno,
            "_api_version": version,
            "_api_timestamp": str(int(clock.now().timestamp())),
            "_api_access_key": self.access_key,
        }
        return {
            **headers,
            "_api_signature": sign(self.secret_key, headers),
            "Content-Type": "application/json; charset=utf-8",
        }

    def _envelope(self, infno: str, given: Mapping[str, Any], insured_region: str) -> dict[str, Any]:
        now = local(clock.now())
        with self._lock:
            serial = next(self._serial) % 10_000
        return {
            "infno": infno,
            "msgid": f"{self.institution.code}{now:%Y%m%d%H%M%S}{serial:04d}",
            "mdtrtarea_admvs": self.institution.region,
            "insuplc_admdvs": insured_region,
            "recer_sys_code": "GUAHAO",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "3",  # 3: mobile
            "opter": "guahao",
            "opter_name": "预约挂号",
            "inf_time": f"{now:%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": self.institution.code,
            "fixmedins_name": self.institution.name,
            "sign_no": "",
            "input": dict(given),
        }
