"""支付宝登录: an auth_code from the authorise page, exchanged by signed calls of the gateway (RSA2, both ways).

Signing, and checking what is answered, is the SDK's (python-alipay-sdk); the calls are made here, because it would use
the environment's proxies even for a sandbox, and the time of whatever zone the machine lives in.
"""

import json
import logging
from typing import Any
from urllib.parse import urlencode

import requests
from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError

from hospital_app import clock
from hospital_app.domain.calendar import local
from hospital_app.domain.linking import Proven, Provider
from hospital_app.ports import Forged, OutsideError, Rejected, Silent, Unreachable

log = logging.getLogger(__name__)

AUTHORIZE = "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm"
GATEWAY = "https://openapi.alipay.com/gateway.do"
#: The person begins again. Everything else is ours or theirs to mend.
NO_CODE = {"isv.code-invalid"}


class AlipayIdentity:
    """IdentityProvider over Alipay's open platform, in public-key mode."""

    provider = Provider.ALIPAY

    def __init__(
        self,
        *,
        app_id: str,
        private_key: str,
        public_key: str,
        authorize_url: str = "",
        gateway_url: str = "",
        timeout_seconds: float = 8,
    ) -> None:
        """PEM texts: our application's private key, Alipay's public one. The addresses replace the vendor's own."""
        self._app_id = app_id
        self._sdk = AliPay(
            appid=app_id, app_private_key_string=private_key, alipay_public_key_string=public_key, sign_type="RSA2"
        )
        self._authorize = authorize_url or AUTHORIZE
        self._gateway = gateway_url or GATEWAY
        self._trust_env = not gateway_url
        self._timeout_seconds = timeout_seconds

    def authorize_url(self, *, state: str, return_url: str) -> str:
        asked = {"app_id": self._app_id, "scope": "auth_user", "redirect_uri": return_url, "state": state}
        return f"{self._authorize}?{urlencode(asked)}"

    def identify(self, code: str) -> Proven:
        token = self._call("alipay.system.oauth.token", grant_type="authorization_code", code=code)
        subject = str(token.get("user_id") or token.get("open_id") or "")
        if not subject:
            raise Unreachable("Alipay named nobody")
        return Proven(subject, self._nickname(str(token.get("access_token", ""))))

    def _nickname(self, access_token: str) -> str:
        """Nice to have: who it is, is known already."""
        try:
            return str(self._call("alipay.user.info.share", auth_token=access_token).get("nick_name") or "")
        except OutsideError as failure:
            log.warning("Alipay told no nickname: %s", failure)
            return ""

    def _call(self, method: str, **arguments: str) -> dict[str, Any]:
        """The verified answer. Raises Unreachable, Rejected, Forged."""
        timestamp = local(clock.now()).strftime("%Y-%m-%d %H:%M:%S")
        data = self._sdk.build_body(method, timestamp=timestamp, **arguments)
        try:
            with requests.Session() as session:
                session.trust_env = self._trust_env
                address = f"{self._gateway}?{self._sdk.sign_data(data)}"
                answer = session.get(address, timeout=self._timeout_seconds)
            answer.raise_for_status()
            text = answer.content.decode()
            content = self._sdk._verify_and_return_sync_response(text, f"{method.replace('.', '_')}_response")
        except requests.Timeout as failure:
            raise Silent(f"Alipay: {type(failure).__name__}") from failure
        except requests.RequestException as failure:
            raise Unreachable(f"Alipay: {type(failure).__name__}") from failure
        except AliPayException as refusal:
            raise _refused(method, text) from refusal
        except AliPayValidationError as failure:
            raise Forged("Alipay's answer is not signed by its key") from failure
        except (ValueError, AttributeError, TypeError) as failure:  # the SDK takes the answer's shape for granted
            raise Unreachable("Alipay's answer is not of the agreed form") from failure
        if not isinstance(content, dict):
            raise Unreachable("Alipay's answer is not of the agreed form")
        if content.get("code", "10000") != "10000":
            raise _refused(method, text)
        return content


def _refused(method: str, text: str) -> Rejected | Unreachable:
    """An error is believed unsigned: nobody gets in by it."""
    told = next((node for node in json.loads(text).values() if isinstance(node, dict)), {})
    code, words = str(told.get("sub_code") or told.get("code")), str(told.get("sub_msg", ""))
    if code in NO_CODE:
        return Rejected(code, words)
    log.warning("Alipay refused %s: %s %s", method, code, words)
    return Unreachable(f"Alipay: {code}")
