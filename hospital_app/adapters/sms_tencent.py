"""短信 through 腾讯云短信 (SendSms 2021-01-11) with the vendor's own SDK, which alone this file imports.

Of a failure only the vendor's code leaves this file: its text may hold the phone number.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111.models import SendSmsRequest
from tencentcloud.sms.v20210111.sms_client import SmsClient

from hospital_app.domain.text_messages import parameters
from hospital_app.ports import Rejected, Silent, Unreachable

VENDOR_URL = "https://sms.tencentcloudapi.com"
#: What the sender did wrong and always will.
FOR_GOOD = ("InvalidParameter", "MissingParameter", "UnsupportedOperation", "FailedOperation", "UnauthorizedOperation")
#: But for this: money that comes.
PASSING = frozenset({"FailedOperation.InsufficientBalanceInSmsPackage"})


class TencentSms:
    """SmsSender; one instance serves all threads. `templates`: our name of a template → the vendor's number."""

    def __init__(
        self,
        *,
        secret_id: str,
        secret_key: str,
        app_id: str,
        region: str,
        sign_name: str,
        templates: Mapping[str, str],
        url: str = "",
        timeout_seconds: float = 5,
    ) -> None:
        host = urlsplit(url or VENDOR_URL)
        web = HttpProfile(protocol=host.scheme, endpoint=host.netloc, reqTimeout=timeout_seconds)
        self._client = SmsClient(Credential(secret_id, secret_key), region, ClientProfile(httpProfile=web))
        self._app_id = app_id
        self._sign_name = sign_name
        self._templates = dict(templates)

    def send(self, phone: str, template: str, params: Mapping[str, str]) -> str:
        if template not in self._templates:
            raise Rejected("unknown_template", f"HOSPITAL_SMS_TEMPLATES lacks {template}")
        message = SendSmsRequest()
        message.PhoneNumberSet = [f"+86{phone}"]
        message.SmsSdkAppId = self._app_id
        message.SignName = self._sign_name
        message.TemplateId = self._templates[template]
        message.TemplateParamSet = [params[name] for name in parameters(template) if name in params]
        try:
            (status,) = self._client.SendSms(message).SendStatusSet
        except TencentCloudSDKException as failure:
            if isinstance(failure.__context__, requests.Timeout):
                raise Silent("Tencent SMS: timeout") from None
            raise _refusal(str(failure.code)) from None
        if status.Code == "Ok":
            return str(status.SerialNo)
        raise _refusal(str(status.Code))


def _refusal(code: str) -> Unreachable | Rejected:
    if code.startswith(FOR_GOOD) and code not in PASSING:
        return Rejected(code)
    return Unreachable(f"Tencent SMS: {code}")
