"""Personal data at rest: AES-GCM with key ids, blind indexes, and signatures of slips.

An encrypted field reads `kid:base64(nonce + ciphertext)`; the key id is authenticated with it. A blind index is
HMAC-SHA256 of the normalised value under a key of its own, so equal values can be found without being read.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hospital_app.settings import Settings, get_settings

NONCE_BYTES = 12


@dataclass(frozen=True)
class Vault:
    """Keys in use; build it with `vault_of`."""

    ciphers: dict[str, AESGCM]
    key_id: str
    index_key: bytes
    signing_key: bytes
    chain_key: bytes  # 审计链
    proof_key: bytes  # 工作量证明的题目

    def encrypt(self, value: str) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self.ciphers[self.key_id].encrypt(nonce, value.encode(), self.key_id.encode())
        return f"{self.key_id}:{base64.b64encode(nonce + sealed).decode()}"

    def decrypt(self, stored: str) -> str:
        """Raises KeyError for an unknown key id, cryptography's InvalidTag for a changed text."""
        key_id, _, text = stored.partition(":")
        raw = base64.b64decode(text)
        return self.ciphers[key_id].decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], key_id.encode()).decode()

    def blind_index(self, kind: str, value: str) -> str:
        """64 hex digits; `kind` separates phones from ID numbers."""
        return hmac.new(self.index_key, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()

    def sign(self, text: str, *, length: int = 22) -> str:
        """URL-safe signature, 6 bits a character."""
        digest = hmac.new(self.signing_key, text.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).decode()[:length]

    def verify(self, text: str, signature: str, *, length: int = 22) -> bool:
        """`length` is the signer's, never the stranger's. Bytes are compared: a scanned text may hold anything."""
        return hmac.compare_digest(self.sign(text, length=length).encode(), signature.encode(errors="replace"))


def vault_of(settings: Settings) -> Vault:
    keys = {kid: base64.b64decode(key.get_secret_value()) for kid, key in settings.encryption_keys.items()}
    return Vault(
        ciphers={kid: AESGCM(key) for kid, key in keys.items()},
        key_id=settings.encryption_key_id,
        index_key=base64.b64decode(settings.index_key.get_secret_value()),
        signing_key=base64.b64decode(settings.signing_key.get_secret_value()),
        chain_key=_chain_key(settings),
        proof_key=_proof_key(settings),
    )


def _chain_key(settings: Settings) -> bytes:
    """A key of its own, derived from the audit key, or from the signing key while there is none."""
    base = settings.audit_key.get_secret_value() or settings.signing_key.get_secret_value()
    if not base:
        raise ValueError("no key for the audit trail: whoever seals or checks it without one spoils it")
    return hmac.new(base64.b64decode(base), b"audit chain", hashlib.sha256).digest()


def _proof_key(settings: Settings) -> bytes:
    """A key of its own, derived from the signing key."""
    base = base64.b64decode(settings.signing_key.get_secret_value())
    return hmac.new(base, b"proof of work", hashlib.sha256).digest()


@lru_cache(maxsize=1)
def vault() -> Vault:
    """The vault of this process's settings."""
    return vault_of(get_settings())
