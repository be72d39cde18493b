"""The national insurance interface: its envelope and the CSB gateway's signature, alike for every transaction."""

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from hospital_app import clock
from hospital_app.adapters.authorities import authorities
from hospital_app.adapters.insurance_desk import InsuranceDesk
from hospital_app.domain.calendar import local
from hospital_app.ports import Rejected, Silent, Unreachable

SIGNED = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")
OPERATOR = "guahao"
SIGN_IN_WORD = "签到"  # a refusal that speaks of it asks for a new one
_NUMBERS = re.compile(r"[0-9A-Za-z]{8,}")


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
    """Sends one transaction and opens its answer; one instance serves all threads. Signs in (9001) by itself."""

    url: str
    access_key: str
    secret_key: str
    institution: Institution
    timeout_seconds: float = 5
    desk: InsuranceDesk = field(default_factory=InsuranceDesk)

    def __post_init__(self) -> None:
        self._http = httpx.Client(
            timeout=self.timeout_seconds,
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            verify=authorities(),
        )

    def message_id(self) -> str:
        """A fresh msgid of 30 characters: institution, second, serial."""
        now = local(clock.now())
        return f"{self.institution.code}{now:%Y%m%d%H%M%S}{self.desk.serial()}"

    def call(
        self,
        infno: str,
        given: Mapping[str, Any],
        *,
        insured_region: str = "",
        msgid: str = "",
        timeout_seconds: float | None = None,
    ) -> dict[str, Any]:
        """The answer's `output`. Raises Rejected with the bureau's own sentence, Unreachable, Silent."""
        answer = self._signed_in(infno, given, insured_region, msgid, timeout_seconds)
        output = _content(answer).get("output") or {}
        if not isinstance(output, dict):
            raise Unreachable("insurance: an answer without output")
        return output

    def download(self, infno: str, given: Mapping[str, Any], *, timeout_seconds: float | None = None) -> bytes:
        """The file that the answer is. Raises as `call`."""
        return self._signed_in(infno, given, "", "", timeout_seconds).content

    def _signed_in(
        self, infno: str, given: Mapping[str, Any], region: str, msgid: str, timeout: float | None
    ) -> httpx.Response:
        """Under today's sign-in; one that the bureau has ended is renewed once, and the same message sent again."""
        msgid = msgid or self.message_id()
        day = f"{local(clock.now()):%Y%m%d}"
        sign_no = self.desk.sign_no(day)
        if sign_no:
            try:
                return self._send(infno, given, region, msgid, sign_no, timeout)
            except Rejected as refusal:
                if SIGN_IN_WORD not in refusal.detail:
                    raise
        asked = {"signIn": {"opter_no": OPERATOR, "mac": f"{uuid.getnode():012X}", "ip": "127.0.0.1"}}
        output = _content(self._send("9001", asked, "", self.message_id(), "", timeout)).get("output")
        try:
            sign_no = str(output["signinoutb"]["sign_no"])  # type: ignore[index]
        except (KeyError, TypeError) as failure:
            raise Unreachable("insurance: 9001 answered without what it must") from failure
        self.desk.keep_sign_no(day, sign_no)
        return self._send(infno, given, region, msgid, sign_no, timeout)

    def _send(
        self, infno: str, given: Mapping[str, Any], region: str, msgid: str, sign_no: str, timeout: float | None
    ) -> httpx.Response:
        envelope = self._envelope(infno, given, region, msgid, sign_no)
        body = json.dumps(envelope, ensure_ascii=False).encode()
        try:
            answer = self._http.post(
                self.url,
                content=body,
                headers=self._headers(infno, envelope["infver"]),
                timeout=self.timeout_seconds if timeout is None else timeout,
            )
        except httpx.TimeoutException as failure:
            raise Silent(f"insurance: {type(failure).__name__}") from failure
        except httpx.HTTPError as failure:
            raise Unreachable(f"insurance: {type(failure).__name__}") from failure
        if not answer.is_success:
            raise Unreachable(f"insurance: HTTP {answer.status_code}")
        if not answer.headers.get("content-type", "").startswith("application/octet-stream"):
            content = _content(answer)
            if str(content.get("infcode")) != "0":
                # The bureau's words repeat whom was asked about: numbers are not kept.
                raise Rejected(infno, _NUMBERS.sub("…", str(content.get("err_msg", "")))[:200])
        return answer

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

    def _envelope(
        self, infno: str, given: Mapping[str, Any], insured_region: str, msgid: str, sign_no: str
    ) -> dict[str, Any]:
        return {
            "infno": infno,
            "msgid": msgid,
            "mdtrtarea_admvs": self.institution.region,
            "insuplc_admdvs": insured_region,
            "recer_sys_code": "GUAHAO",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "3",  # 3: mobile
            "opter": OPERATOR,
            "opter_name": "预约挂号",
            "inf_time": f"{local(clock.now()):%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": self.institution.code,
            "fixmedins_name": self.institution.name,
            "sign_no": sign_no,
            "input": dict(given),
        }


def _content(answer: httpx.Response) -> dict[str, Any]:
    """The answer's JSON object, its decimals as they were written: money never becomes a float."""
    try:
        content = answer.json(parse_float=str)
    except ValueError as failure:
        raise Unreachable("insurance: an answer that is no JSON") from failure
    if not isinstance(content, dict):
        raise Unreachable("insurance: an answer that is no object")
    return content
