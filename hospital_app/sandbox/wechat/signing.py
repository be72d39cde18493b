"""The platform's half of API v3's cryptography: check the merchant's signature, sign, encrypt."""

import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from hospital_app.sandbox.keys import SandboxKeys

SCHEME = "WECHATPAY2-SHA256-RSA2048"
WINDOW_SECONDS = 300
_FIELD = re.compile(r'(\w+)="([^"]*)"')


class BadSignature(Exception):
    """The request does not prove to come from the merchant; the text says why."""


@dataclass(frozen=True, slots=True)
class Platform:
    """The pretended vendor's keys, loaded."""

    mchid: str
    appid: str
    merchant_serial_no: str
    merchant_public: RSAPublicKey
    key_id: str
    key: RSAPrivateKey
    apiv3_key: bytes


def platform_of(keys: SandboxKeys) -> Platform:
    public = load_pem_public_key(keys.merchant_public.encode())
    private = load_pem_private_key(keys.platform_key.encode(), password=None)
    if not isinstance(public, RSAPublicKey) or not isinstance(private, RSAPrivateKey):
        raise TypeError("the sandbox's keys must be RSA keys")
    return Platform(
        mchid=keys.mchid,
        appid=keys.appid,
        merchant_serial_no=keys.merchant_serial_no,
        merchant_public=public,
        key_id=keys.platform_key_id,
        key=private,
        apiv3_key=keys.apiv3_key.encode(),
    )


def check_request(
    platform: Platform, *, authorization: str, method: str, target: str, body: bytes, now: datetime
) -> None:
    """Raises BadSignature. `target` is path and query, as sent."""
    scheme, _, rest = authorization.partition(" ")
    fields = dict(_FIELD.findall(rest))
    if scheme != SCHEME:
        raise BadSignature("Authorization 的认证类型不正确")
    if fields.get("mchid") != platform.mchid or fields.get("serial_no") != platform.merchant_serial_no:
        raise BadSignature("商户号或证书序列号不正确")
    timestamp, nonce = fields.get("timestamp", ""), fields.get("nonce_str", "")
    if not timestamp.isdecimal() or abs(now.timestamp() - int(timestamp)) > WINDOW_SECONDS:
        raise BadSignature("时间戳与服务器时间相差过大")
    message = f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
    try:
        signature = b64decode(fields.get("signature", ""), validate=True)
        platform.merchant_public.verify(signature, message, PKCS1v15(), SHA256())
    except (InvalidSignature, NotBase64) as failure:
        raise BadSignature("签名错误，请检查后再试") from failure


def signed_headers(platform: Platform, body: bytes, now: datetime) -> dict[str, str]:
    """The headers by which the vendor signs an answer or a notification."""
    timestamp, nonce = str(int(now.timestamp())), secrets.token_hex(16)
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    signature = platform.key.sign(message, PKCS1v15(), SHA256())
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": platform.key_id,
        "Wechatpay-Signature": b64encode(signature).decode(),
        "Wechatpay-Signature-Type": SCHEME,
    }


def encrypted_resource(platform: Platform, plain: bytes, original_type: str) -> Mapping[str, str]:
    """A notification's `resource`; the nonce is 12 characters, fresh every time."""
    nonce = secrets.token_urlsafe(9)
    sealed = AESGCM(platform.apiv3_key).encrypt(nonce.encode(), plain, original_type.encode())
    return {
        "original_type": original_type,
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": b64encode(sealed).decode(),
        "associated_data": original_type,
        "nonce": nonce,
    }
