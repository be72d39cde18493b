"""国密 for mobile insurance payment: SM3withSM2 signatures, SM4-ECB encryption, the envelope made of both.

Provinces differ in details; each is a class with `seal` and `open`. `NationalEnvelope` is the national platform's.
"""

import base64
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, Protocol

import gmssl_pyx
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.padding import PKCS7

from hospital_app import clock
from hospital_app.ports import Forged

SIGNER_ID = b"1234567812345678"
FRESH_SECONDS = 300
UNSIGNED = ("signData", "encData", "extra")
_COMPLAINT = b"/GmSSL/"
_quiet = Lock()


def sm2_sign(private_key: bytes, public_key: bytes, message: bytes) -> bytes:
    """r and s, 32 bytes each, of SM3withSM2 under the usual user id."""
    der = gmssl_pyx.sm2_sign(private_key, public_key, message, signer_id=SIGNER_ID)
    return b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(der))


def sm2_verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    if len(signature) != 64:
        return False
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    if not r or not s:
        return False
    with _without_complaints():
        try:
            return bool(gmssl_pyx.sm2_verify(public_key, message, encode_dss_signature(r, s), signer_id=SIGNER_ID))
        except (gmssl_pyx.InvalidValueError, gmssl_pyx.GmsslInnerError):
            return False


def sm4_encrypt(key: bytes, plain: bytes) -> bytes:
    """ECB with PKCS7, as the platform wants it."""
    padder = PKCS7(128).padder()
    encryptor = Cipher(SM4(key), modes.ECB()).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def sm4_decrypt(key: bytes, secret: bytes) -> bytes:
    """Raises ValueError for what was not encrypted with this key."""
    decryptor = Cipher(SM4(key), modes.ECB()).decryptor()
    unpadder = PKCS7(128).unpadder()
    plain = decryptor.update(secret) + decryptor.finalize()
    return unpadder.update(plain) + unpadder.finalize()


class Envelope(Protocol):
    """What a province wraps a message in."""

    def seal(self, data: Mapping[str, Any], *, beside: Mapping[str, str] | None = None) -> dict[str, str]:
        """`beside`: what stands outside of the encryption, but is signed."""
        ...

    def open(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Forged."""
        ...


@dataclass(frozen=True)
class NationalEnvelope:
    """appId, version, timestamp, signType, encType, signData, encData. We sign with ours, they with theirs."""

    app_id: str  # at least 16 characters
    app_secret: str
    private_key: bytes  # 32 bytes
    public_key: bytes  # ours, 64 bytes
    their_public_key: bytes
    now: Callable[[], float] = lambda: clock.now().timestamp()

    @property
    def key(self) -> bytes:
        """The first 16 hexadecimal digits of the secret, encrypted with the head of the id."""
        return sm4_encrypt(self.app_id[:16].encode(), self.app_secret.encode()).hex().upper()[:16].encode()

    def seal(self, data: Mapping[str, Any], *, beside: Mapping[str, str] | None = None) -> dict[str, str]:
        head = {
            **(beside or {}),
            "appId": self.app_id,
            "version": "1.0.0",
            "timestamp": str(int(self.now() * 1000)),
            "signType": "SM2",
            "encType": "SM4",
        }
        signed = sm2_sign(self.private_key, self.public_key, self.text_to_sign({**head, "data": dict(data)}))
        secret = sm4_encrypt(self.key, json.dumps(dict(data)).encode())
        return {**head, "signData": base64.b64encode(signed).decode(), "encData": secret.hex().upper()}

    def open(self, message: Mapping[str, Any]) -> dict[str, Any]:
        try:
            sent = int(str(message["timestamp"]), 10) / 1000
            data = json.loads(sm4_decrypt(self.key, bytes.fromhex(str(message["encData"]))), parse_float=str)
            signature = base64.b64decode(str(message["signData"]), validate=True)
        except (KeyError, ValueError) as failure:
            raise Forged("insurance: not encrypted for us") from failure
        if not isinstance(data, dict) or message.get("appId") != self.app_id:
            raise Forged("insurance: not addressed to us")
        signed = self.text_to_sign({**{name: message[name] for name in message if name != "data"}, "data": data})
        if not sm2_verify(self.their_public_key, signed, signature):
            raise Forged("insurance: the signature is wrong")
        if abs(self.now() - sent) > FRESH_SECONDS:
            raise Forged("insurance: too old")
        return data

    def text_to_sign(self, message: Mapping[str, Any]) -> bytes:
        """k=v of what is not empty, sorted; `data` as compact JSON with sorted keys; the secret at the end."""
        parts = []
        for name in sorted(message):
            value = message[name]
            if name in UNSIGNED or value in ("", None, [], {}):
                continue
            text = json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            parts.append(f"{name}={text if isinstance(value, (dict, list)) else _word(value)}")
        return "&".join((*parts, f"key={self.app_secret}")).encode()


def _plain(value: Any) -> Any:
    """Numbers and truths as text, empty lists left out."""
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items() if each != []}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if value is None else _word(value)


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def _without_complaints() -> Iterator[None]:
    """The C library writes its line numbers to the process's stderr when a signature is wrong. What others of our
    threads write there meanwhile is passed on."""
    with _quiet, tempfile.TemporaryFile() as caught:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            caught.seek(0)
            for line in caught:
                if _COMPLAINT not in line:
                    os.write(kept, line)
            os.close(kept)
