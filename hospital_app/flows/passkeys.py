"""通行密钥（指纹、面容）: adding one, signing in with one, and proving a second factor.

Each takes two calls: a challenge that is kept on our side, and the browser's answer. Signatures are checked between
the transactions; a challenge is used up by the first answer, right or wrong.
"""

from dataclasses import dataclass
from typing import Any

from hospital_app.adapters import passkey_protocol as protocol
from hospital_app.adapters.passkey_protocol import Known, Unproven
from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.domain.passkeys import relying_party
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import passkey_use, passkeys
from hospital_app.services.passkey_use import Challenge
from hospital_app.services.passkeys import Holder, Key, PasskeyView
from hospital_app.services.sessions import SignedIn

ADDING, SIGNING_IN, SECOND_FACTOR = "passkey-add", "passkey-sign-in", "passkey-second-factor"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the browser is asked (its own JSON), and the handle that its answer must bring back."""

    handle: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """A device's answer (the browser's own JSON) to the offer of this handle."""

    handle: str
    credential: dict[str, Any]


def listing(actor: Actor) -> list[PasskeyView]:
    return look(actor, passkeys.listing)


def rename(actor: Actor, *, passkey_id: int, label: str) -> PasskeyView:
    return perform(actor, passkeys.rename, passkey_id=passkey_id, label=label)


def revoke(actor: Actor, *, passkey_id: int) -> None:
    perform(actor, passkeys.revoke, passkey_id=passkey_id)


def begin_adding(actor: Actor, *, origin: str | None) -> Offer:
    """For the signed-in patient or member of staff.

    Raises Refusal passkeys_elsewhere, too_many_passkeys, second_factor_required.
    """
    settings = container().settings
    party = relying_party(settings.public_url, origin=origin)
    about = look(actor, passkeys.enrolment)
    challenge = protocol.new_challenge()
    options = protocol.creation_options(
        party,
        hospital=settings.hospital_name,
        challenge=challenge,
        user_handle=about.holder.handle,
        name=about.name,
        known=_known(about.keys),
    )
    handle = perform(actor, passkey_use.ask, kind=ADDING, challenge=challenge, party=party, holder=about.holder)
    return Offer(handle, options)


def add(actor: Actor, *, handle: str, credential: dict[str, Any], label: str = "", user_agent: str = "") -> PasskeyView:
    """Raises Refusal ceremony_over, passkey_unproven, passkey_known, too_many_passkeys, bad_label."""
    about = look(actor, passkeys.enrolment)
    asked = perform(actor, passkey_use.answered, kind=ADDING, handle=handle)
    if asked.holder != about.holder:
        raise passkey_use.unproven()
    try:
        made = protocol.check_created(credential, challenge=asked.challenge, party=asked.party)
    except Unproven:
        raise passkey_use.unproven() from None
    return perform(
        actor,
        passkeys.add,
        credential_hash=protocol.hash_of(made.credential_id),
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=made.transports,
        label=label,
        user_agent=user_agent,
    )


def begin_sign_in(actor: Actor, *, origin: str | None) -> Offer:
    """For anybody: the device itself shows whose passkeys it has. Raises Refusal passkeys_elsewhere."""
    party = relying_party(container().settings.public_url, origin=origin)
    challenge = protocol.new_challenge()
    handle = perform(actor, passkey_use.ask, kind=SIGNING_IN, challenge=challenge, party=party)
    return Offer(handle, protocol.request_options(party, challenge=challenge))


def sign_in(actor: Actor, *, handle: str, credential: dict[str, Any], user_agent: str = "") -> SignedIn:
    """A patient's session. Raises Refusal ceremony_over, passkey_unknown, passkey_unproven, passkey_copied (401),
    account_closed (403)."""
    asked = perform(actor, passkey_use.answered, kind=SIGNING_IN, handle=handle)
    key = _key_of(actor, credential)
    if key is None or key.holder.account_id is None:
        perform(actor, passkey_use.fail, key=key, why="unknown")
        raise passkey_use.unknown()
    sign_count = _checked(actor, asked, key, credential, handle_needed=True)
    opened = perform(actor, passkey_use.sign_in, key=key, sign_count=sign_count, user_agent=user_agent)
    if opened is None:
        raise passkey_use.copied()
    return opened


def begin_second_factor(actor: Actor, *, staff_id: int, origin: str | None) -> Offer | None:
    """For a member of staff whose password was right; None if they have no passkey, or none works at this address."""
    holder = Holder(staff_id=staff_id)
    keys = look(actor, passkeys.keys_of, holder=holder)
    try:
        party = relying_party(container().settings.public_url, origin=origin)
    except Refusal:
        return None
    if not keys:
        return None
    challenge = protocol.new_challenge()
    handle = perform(actor, passkey_use.ask, kind=SECOND_FACTOR, challenge=challenge, party=party, holder=holder)
    return Offer(handle, protocol.request_options(party, challenge=challenge, known=_known(keys)))


def verify_assertion(actor: Actor, *, staff_id: int, handle: str, credential: dict[str, Any]) -> None:
    """Returns if this member of staff has just proved themselves to the challenge of `begin_second_factor`.

    Raises Refusal ceremony_over, passkey_unknown, passkey_unproven, passkey_copied.
    """
    asked = perform(actor, passkey_use.answered, kind=SECOND_FACTOR, handle=handle)
    key = _key_of(actor, credential)
    if key is None or not key.holder == asked.holder == Holder(staff_id=staff_id):
        perform(actor, passkey_use.fail, key=key, why="unknown")
        raise passkey_use.unknown()
    sign_count = _checked(actor, asked, key, credential, handle_needed=False)
    if not perform(actor, passkey_use.count, key=key, sign_count=sign_count):
        raise passkey_use.copied()


def _key_of(actor: Actor, credential: dict[str, Any]) -> Key | None:
    try:
        return look(actor, passkey_use.find, credential_hash=protocol.hash_of(str(credential.get("id"))))
    except Unproven:
        return None


def _checked(actor: Actor, asked: Challenge, key: Key, credential: dict[str, Any], *, handle_needed: bool) -> int:
    """The counter of a signature that holds, by a key of whom it says it is of; raises Refusal passkey_unproven."""
    try:
        proof = protocol.check_asserted(
            credential,
            challenge=asked.challenge,
            party=asked.party,
            credential_id=key.credential_id,
            public_key=key.public_key,
        )
        if proof.user_handle != key.holder.handle and (proof.user_handle or handle_needed):
            raise Unproven("of somebody else")
    except Unproven:
        perform(actor, passkey_use.fail, key=key, why="unproven")
        raise passkey_use.unproven() from None
    return proof.sign_count


def _known(keys: tuple[Key, ...]) -> list[Known]:
    return [Known(key.credential_id, key.transports) for key in keys]
