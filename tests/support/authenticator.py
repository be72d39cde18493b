"""A soft authenticator: makes ES256 passkeys and signs with them, as the browser's JSON; wrong on demand."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

ORIGIN = "http://localhost:8000"
UP, UV, AT = 0x01, 0x04, 0x40


@dataclass
class SoftPasskey:
    """One passkey on a device of the test's own. `counts` False: it says 0 every time, as synced ones do."""

    origin: str = ORIGIN
    counts: bool = True
    user_handle: bytes = b""
    sign_count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def id(self) -> str:
        return bytes_to_base64url(self.credential_id)

    def create(self, options: dict[str, Any], *, flags: int = UP | UV, **wrong: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.create()`; `wrong` overrides parts of the client's data."""
        self.user_handle = base64url_to_bytes(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        data = self._data(wrong.pop("rp_id", None), flags | AT) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"], wrong)
        return self._credential(
            {
                "clientDataJSON": bytes_to_base64url(client),
                "attestationObject": bytes_to_base64url(attestation),
                "transports": ["internal", "hybrid"],
            }
        )

    def get(self, options: dict[str, Any], *, flags: int = UP | UV, **wrong: Any) -> dict[str, Any]:
        """The answer to `navigator.credentials.get()`; also wrong: rp_id, sign_count, user_handle, signed_by."""
        self.sign_count += self.counts
        key = wrong.pop("signed_by", self.key)
        user_handle = wrong.pop("user_handle", self.user_handle)
        data = self._data(wrong.pop("rp_id", None), flags, wrong.pop("sign_count", self.sign_count))
        client = self._client("webauthn.get", options["challenge"], wrong)
        signature = key.sign(data + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {
            "clientDataJSON": bytes_to_base64url(client),
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signature),
        }
        return self._credential(answer | ({"userHandle": bytes_to_base64url(user_handle)} if user_handle else {}))

    def _data(self, rp_id: str | None, flags: int, sign_count: int | None = None) -> bytes:
        host = rp_id or urlsplit(self.origin).hostname or ""
        count = self.sign_count if sign_count is None else sign_count
        return sha256(host.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, wrong: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told | wrong).encode()

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": self.id,
            "rawId": self.id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
