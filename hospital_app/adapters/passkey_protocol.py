"""WebAuthn, by py_webauthn: what a browser is asked for, and whether what it brings back is proof.

Options and answers are the browser's own JSON (`parse…OptionsFromJSON`, `toJSON`); ids and keys are base64url.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hospital_app.domain.passkeys import RelyingParty

CHALLENGE_BYTES = 32
LONGEST_ID = 1023  # bytes, by the standard
PATIENCE_MS = 120_000  # older people look for their finger

T = TypeVar("T")


class Unproven(Exception):
    """What came is no proof: forged, for another site, without the user's finger, or no credential at all."""


@dataclass(frozen=True, slots=True)
class Known:
    """A credential that the browser shall use, or shall not make again. `transports`: comma-separated."""

    credential_id: str
    transports: str


@dataclass(frozen=True, slots=True)
class Created:
    """A new credential; `sign_count` as its authenticator counts."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: str


@dataclass(frozen=True, slots=True)
class Asserted:
    """A signature that holds. `user_handle` is empty where the authenticator does not tell it."""

    sign_count: int
    user_handle: bytes


def new_challenge() -> str:
    return bytes_to_base64url(secrets.token_bytes(CHALLENGE_BYTES))


def hash_of(credential_id: str) -> str:
    """How a credential is found: SHA-256 of its id. Raises Unproven for what is no id."""
    return sha256(_attempt(lambda: _id_bytes(credential_id))).hexdigest()


def creation_options(
    party: RelyingParty, *, hospital: str, challenge: str, user_handle: bytes, name: str, known: Iterable[Known]
) -> dict[str, Any]:
    """For `navigator.credentials.create()`: kept on the device, unlocked by its owner; of whatever make."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=hospital,
        user_id=user_handle,
        user_name=name,
        user_display_name=name,
        challenge=base64url_to_bytes(challenge),
        timeout=PATIENCE_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(known),
    )
    return options_to_json_dict(options)


def request_options(party: RelyingParty, *, challenge: str, known: Iterable[Known] = ()) -> dict[str, Any]:
    """For `navigator.credentials.get()`; without `known` the device shows whichever passkeys it has for us."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=base64url_to_bytes(challenge),
        timeout=PATIENCE_MS,
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def check_created(credential: dict[str, Any], *, challenge: str, party: RelyingParty) -> Created:
    """Raises Unproven."""

    def check() -> Created:
        parsed = parse_registration_credential_json(credential)
        _same_frame(parsed.response.client_data_json)
        verified = verify_registration_response(
            credential=parsed,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
        if verified.credential_id != parsed.raw_id or len(verified.credential_id) > LONGEST_ID:
            raise ValueError("the id is not the authenticator's")
        return Created(
            credential_id=bytes_to_base64url(verified.credential_id),
            public_key=bytes_to_base64url(verified.credential_public_key),
            sign_count=verified.sign_count,
            transports=",".join(dict.fromkeys(each.value for each in parsed.response.transports or ())),
        )

    return _attempt(check)


def check_asserted(
    credential: dict[str, Any], *, challenge: str, party: RelyingParty, credential_id: str, public_key: str
) -> Asserted:
    """Raises Unproven. The counter is told, not judged: the database knows the last one."""

    def check() -> Asserted:
        parsed = parse_authentication_credential_json(credential)
        _same_frame(parsed.response.client_data_json)
        if parsed.raw_id != base64url_to_bytes(credential_id):
            raise ValueError("another credential")
        verified = verify_authentication_response(
            credential=parsed,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        return Asserted(verified.new_sign_count, parsed.response.user_handle or b"")

    return _attempt(check)


def _descriptors(known: Iterable[Known]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(each.credential_id),
            transports=[AuthenticatorTransport(name) for name in each.transports.split(",") if name] or None,
        )
        for each in known
    ]


def _id_bytes(text: str) -> bytes:
    found = base64url_to_bytes(text)
    if not 0 < len(found) <= LONGEST_ID:
        raise ValueError("no credential id")
    return found


def _same_frame(client_data: bytes) -> None:
    """Our pages are never inside another site's frame, so neither is a proof for us."""
    if parse_client_data_json(client_data).cross_origin:
        raise ValueError("made inside another site's page")


def _attempt(check: Callable[[], T]) -> T:
    """Anything that decoders of a stranger's bytes may raise means the same: no proof."""
    try:
        return check()
    except Exception as fault:
        raise Unproven(str(fault)) from fault
