"""Signed calls of Alipay's gateway, and what they answer, in the words of the ports.

Signing, and checking what is answered, is the SDK's (python-alipay-sdk); the calls are made here, because it would use
the environment's proxies even for a sandbox, the time of whatever zone the machine lives in, and no time-out.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

import requests
from alipay import AliPay
from alipay.exceptions import AliPayException, AliPayValidationError

from hospital_app import clock
from hospital_app.domain.calendar import local
from hospital_app.ports import Rejected, Silent, Unreachable

log = logging.getLogger(__name__)

GATEWAY = "https://openapi.alipay.com/gateway.do"
UNSEEN, SUCCESS, UNAVAILABLE = "ACQ.TRADE_NOT_EXIST", "10000", "20000"
# Refusals that end without us changing the request: theirs to mend, or our account is topped up.
PASSING = {"ACQ.SYSTEM_ERROR", "ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.ACCESS_FORBIDDEN", "isp.unknow-error"}


class AlipayCalls:
    """One application at one gateway. Keeps nothing between calls: serves all threads."""

    def __init__(self, sdk: AliPay, *, gateway_url: str, timeout_seconds: tuple[float, float]) -> None:
        """`gateway_url` replaces the vendor's (sandbox); then no proxy of the environment is used."""
        self._sdk = sdk
        self._gateway = gateway_url or GATEWAY
        self._trust_env = not gateway_url
        self._timeout_seconds = timeout_seconds

    def address(self, gateway: str, method: str, content: Mapping[str, Any], **more: str) -> str:
        """Where a payer's browser takes a signed order."""
        return f"{gateway or self._gateway}?{self._signed(method, content, **more)}"

    def ask(self, method: str, content: Mapping[str, Any], **more: str) -> dict[str, Any]:
        """The verified answer. Raises Unreachable (also for what nobody signed), Silent, Rejected."""
        text = self.fetch(f"{self._gateway}?{self._signed(method, content, **more)}")
        try:
            answer = self._sdk._verify_and_return_sync_response(text.decode(), f"{method.replace('.', '_')}_response")
        except (AliPayException, AliPayValidationError) as failure:  # a refusal that nobody signed is not believed
            log.warning("Alipay's answer to %s could not be trusted: %s", method, _told(text))
            raise Unreachable(f"Alipay's answer could not be verified: {_told(text)}") from failure
        except (ValueError, AttributeError, TypeError) as failure:  # the SDK takes the answer's shape for granted
            raise Unreachable("Alipay's answer is not of the agreed form") from failure
        if not isinstance(answer, dict):
            raise Unreachable("Alipay's answer is not of the agreed form")
        if answer.get("code") == SUCCESS:
            return answer
        code = str(answer.get("sub_code") or answer.get("code"))
        if answer.get("code") == UNAVAILABLE or code.removeprefix("aop.") in PASSING:
            log.warning("Alipay refused %s for now: %s", method, code)
            raise Unreachable(f"Alipay: {code}")
        raise Rejected(code, str(answer.get("sub_msg", "")))

    def fetch(self, url: str) -> bytes:
        """What lies at an address. Raises Unreachable, Silent."""
        try:
            with requests.Session() as session:
                session.trust_env = self._trust_env
                answer = session.get(url, timeout=self._timeout_seconds)
            answer.raise_for_status()
            return answer.content
        except requests.Timeout as failure:
            raise Silent(f"Alipay: {type(failure).__name__}") from failure
        except requests.RequestException as failure:
            raise Unreachable(f"Alipay: {type(failure).__name__}") from failure

    def _signed(self, method: str, content: Mapping[str, Any], **more: str) -> str:
        timestamp = local(clock.now()).strftime("%Y-%m-%d %H:%M:%S")
        signed: str = self._sdk.sign_data(self._sdk.build_body(method, dict(content), timestamp=timestamp, **more))
        return signed


def _told(text: bytes) -> str:
    """The code of a refusal, for the log."""
    try:
        nodes = [node for node in json.loads(text).values() if isinstance(node, dict)]
    except (ValueError, AttributeError):
        return "unreadable"
    return str(nodes[0].get("sub_code") or nodes[0].get("code")) if nodes else "empty"
