"""短信 through the sandbox's small JSON protocol; real vendors' SDKs stand beside it in files of their own."""

from collections.abc import Mapping

import httpx

from hospital_app.adapters.authorities import authorities
from hospital_app.ports import Rejected, Silent, Unreachable


class SandboxSms:
    """SmsSender over HTTP; one instance serves all threads."""

    def __init__(self, url: str, token: str, *, timeout_seconds: float = 5) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout_seconds,
            limits=httpx.Limits(max_keepalive_connections=0),
            verify=authorities(),
            trust_env=False,
        )

    def send(self, phone: str, template: str, params: Mapping[str, str]) -> str:
        message = {"phone": phone, "template": template, "params": dict(params)}
        try:
            answer = self._http.post("/v1/messages", json=message)
            content = answer.json()
        except httpx.TimeoutException as failure:
            raise Silent(f"SMS: {type(failure).__name__}") from failure
        except (httpx.HTTPError, ValueError) as failure:
            raise Unreachable(f"SMS: {type(failure).__name__}") from failure
        if answer.status_code == 201:
            return str(content["message_id"])
        if answer.status_code >= 500 or answer.status_code in (401, 408, 429):
            raise Unreachable(f"SMS: HTTP {answer.status_code}")
        raise Rejected(str(content.get("error", answer.status_code)), str(content.get("detail", "")))
