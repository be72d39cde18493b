"""The platform's half of RSA2: check the application's signature, sign answers and notifications."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from hospital_app.sandbox.alipay.keys import AlipayKeys

COMMON = ("app_id", "method", "charset", "sign_type", "timestamp", "version")


class Fault(Exception):
    """A refusal in the gateway's words. Unsigned, in error_response, unless it is one of a business (ACQ.*)."""

    def __init__(self, code: str, sub_code: str, sub_msg: str) -> None:
        super().__init__(sub_code)
        words = {"40004": "Business Failed", "40001": "Missing Required Arguments", "20000": "Service Unavailable"}
        self.business = code == "40004"
        self.content = {
            "code": code,
            "msg": words.get(code, "Invalid Arguments"),
            "sub_code": sub_code,
            "sub_msg": sub_msg,
        }


@dataclass(frozen=True, slots=True)
class Platform:
    """The pretended vendor's keys, loaded."""

    app_id: str
    seller_id: str
    application_public: RSAPublicKey
    key: RSAPrivateKey


def platform_of(keys: AlipayKeys) -> Platform:
    public = load_pem_public_key(keys.application_public.encode())
    private = load_pem_private_key(keys.platform_key.encode(), password=None)
    if not isinstance(public, RSAPublicKey) or not isinstance(private, RSAPrivateKey):
        raise TypeError("the sandbox's keys must be RSA keys")
    return Platform(keys.app_id, keys.seller_id, public, private)


def authentic(platform: Platform, asked: Mapping[str, str]) -> dict[str, Any]:
    """The call's biz_content, once it has proved to come from the hospital. Raises Fault."""
    for name in COMMON:
        if not asked.get(name):
            raise Fault("40001", f"isv.missing-{name.replace('_', '-')}", f"缺少 {name} 参数")
    if asked["app_id"] != platform.app_id:
        raise Fault("40002", "isv.invalid-app-id", "无效的AppID参数")
    if asked["sign_type"] != "RSA2":
        raise Fault("40002", "isv.invalid-signature-type", "无效签名类型")
    plain = _plain({name: value for name, value in asked.items() if name != "sign"})
    try:
        signature = b64decode(asked.get("sign", ""), validate=True)
        platform.application_public.verify(signature, plain.encode(), PKCS1v15(), SHA256())
        content = json.loads(asked.get("biz_content") or "{}")
    except (InvalidSignature, NotBase64) as failure:
        raise Fault("40002", "isv.invalid-signature", "验签出错，请确认charset参数放在了URL查询字符串中") from failure
    except ValueError as failure:
        raise Fault("40002", "isv.invalid-parameter", "biz_content 不是 JSON") from failure
    if not isinstance(content, dict):
        raise Fault("40002", "isv.invalid-parameter", "biz_content 不是对象")
    return content


def signed_answer(platform: Platform, method: str, content: Mapping[str, Any]) -> str:
    """As the gateway answers: the very characters of the node are signed."""
    node = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f'{{"{method.replace(".", "_")}_response":{node},"sign":"{_sign(platform, node)}"}}'


def signed_form(platform: Platform, said: Mapping[str, str]) -> bytes:
    """As a notification is sent; sign and sign_type are not signed themselves."""
    told = {name: value for name, value in said.items() if value}
    return urlencode({**told, "sign_type": "RSA2", "sign": _sign(platform, _plain(told))}).encode()


def _plain(said: Mapping[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(said.items()) if value)


def _sign(platform: Platform, text: str) -> str:
    return b64encode(platform.key.sign(text.encode(), PKCS1v15(), SHA256())).decode()
