"""医保移动支付授权: the platform's page where the patient agrees, and what its code is exchanged for (payAuthNo).

The page's address is the link that the platform makes out for a hospital (bizType, cityCode, channel, orgCodg,
orgChnlCrtfCodg, orgAppId stand in it, and the last is not to be encoded again); where to come back to is added.
"""

import hashlib
import hmac
import time
import uuid
from urllib.parse import quote

import httpx

from hospital_app.adapters.authorities import authorities
from hospital_app.domain.settlement import FAMILY_NUMBER, Authorised
from hospital_app.ports import Rejected, Silent, Unreachable

TIMEOUT_SECONDS = 8.0


def sign(secret: str, partner_id: str, timestamp: str) -> str:
    """god-portal-signature: HMAC-SHA256 in hexadecimal of the partner and the milliseconds."""
    return hmac.new(secret.encode(), f"{partner_id}{timestamp}".encode(), hashlib.sha256).hexdigest()


class MobileAuthority:
    """InsuranceAuthority over the platform's page and its userQuery."""

    def __init__(self, *, authorize_url: str, query_url: str, secret: str) -> None:
        """`query_url` ends with the partner's number."""
        self._authorize_url = authorize_url
        self._query_url = query_url.rstrip("/")
        self._secret = secret
        self._http = httpx.Client(
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            verify=authorities(),
        )

    def authorize_url(self, *, return_url: str) -> str:
        joint = "&" if "?" in self._authorize_url else "?"
        return f"{self._authorize_url}{joint}redirectUrl={quote(return_url, safe='')}"

    def authorised(self, code: str) -> Authorised:
        partner_id, timestamp = self._query_url.rpartition("/")[2], str(time.time_ns() // 1_000_000)
        headers = {
            "god-portal-timestamp": timestamp,
            "god-portal-request-id": uuid.uuid4().hex,
            "god-portal-signature": sign(self._secret, partner_id, timestamp),
        }
        try:
            answer = self._http.post(self._query_url, json={"qrcode": code}, headers=headers)
            said = answer.json()
        except httpx.TimeoutException as failure:
            raise Silent(f"insurance authority: {type(failure).__name__}") from failure
        except (httpx.HTTPError, ValueError) as failure:
            raise Unreachable(f"insurance authority: {type(failure).__name__}") from failure
        if not answer.is_success or not isinstance(said, dict):
            raise Unreachable(f"insurance authority: HTTP {answer.status_code}")
        if str(said.get("code")) != "0":
            raise Rejected(str(said.get("code")), str(said.get("message", ""))[:200])
        number = str(said.get("pay_auth_no") or "")
        if not number and said.get(FAMILY_NUMBER):
            raise Rejected(FAMILY_NUMBER, "agreed to for a relative alone")
        if not number:
            raise Rejected("pay_auth_no", "not agreed to")
        return Authorised(number, str(said.get("user_name") or ""), str(said.get("user_card_no") or ""))
