"""短信 through 阿里云短信服务 (Dysmsapi 2017-05-25) with the vendor's own SDK, which alone this file imports.

The SDK puts the phone number into the URL that it asks, and so into its exceptions' texts: of a failure only its kind
or the vendor's code leaves this file.
"""

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from alibabacloud_dysmsapi20170525.client import Client
from alibabacloud_dysmsapi20170525.models import SendSmsRequest
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.exceptions import ResponseException
from darabonba.runtime import RuntimeOptions

from hospital_app.ports import Rejected, Silent, Unreachable

VENDOR_URL = "https://dysmsapi.aliyuncs.com"
#: isv. codes are what the sender did wrong and always will, but for these: limits that pass, money that comes.
PASSING = frozenset(
    {
        "isv.BUSINESS_LIMIT_CONTROL",
        "isv.DAY_LIMIT_CONTROL",
        "isv.MONTH_LIMIT_CONTROL",
        "isv.OUT_OF_SERVICE",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.ACCOUNT_ABNORMAL",
    }
)


class AliyunSms:
    """SmsSender; one instance serves all threads. `templates`: our name of a template → the vendor's (SMS_...)."""

    def __init__(
        self,
        *,
        access_key_id: str,
        access_key_secret: str,
        sign_name: str,
        templates: Mapping[str, str],
        url: str = "",
        timeout_seconds: float = 5,
    ) -> None:
        host = urlsplit(url or VENDOR_URL)
        self._client = Client(
            Config(
                access_key_id=access_key_id,
                access_key_secret=access_key_secret,
                endpoint=host.netloc,
                protocol=host.scheme,
            )
        )
        milliseconds = int(timeout_seconds * 1000)
        self._runtime = RuntimeOptions(autoretry=False, connect_timeout=milliseconds, read_timeout=milliseconds)
        self._sign_name = sign_name
        self._templates = dict(templates)

    def send(self, phone: str, template: str, params: Mapping[str, str]) -> str:
        if template not in self._templates:
            raise Rejected("unknown_template", f"HOSPITAL_SMS_TEMPLATES lacks {template}")
        message = SendSmsRequest(
            phone_numbers=phone,
            sign_name=self._sign_name,
            template_code=self._templates[template],
            template_param=json.dumps(dict(params), ensure_ascii=False),
        )
        try:
            answer = self._client.send_sms_with_options(message, self._runtime).body
        except ResponseException as failure:
            raise _refusal(str(failure.code)) from None
        except Exception as failure:
            if _timed_out(failure):
                raise Silent("Aliyun SMS: timeout") from None
            raise Unreachable(f"Aliyun SMS: {type(failure).__name__}") from None
        if answer.code == "OK":
            return str(answer.biz_id)
        raise _refusal(str(answer.code))


def _refusal(code: str) -> Unreachable | Rejected:
    if code.startswith("isv.") and code not in PASSING:
        return Rejected(code)
    return Unreachable(f"Aliyun SMS: {code}")


def _timed_out(failure: BaseException | None) -> bool:
    """Whether a timeout is somewhere under what the SDK wrapped around it."""
    while failure is not None:
        if isinstance(failure, requests.Timeout):
            return True
        failure = getattr(failure, "inner_exception", None) or failure.__cause__ or failure.__context__
    return False
