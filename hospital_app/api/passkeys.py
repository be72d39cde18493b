"""通行密钥（指纹、面容）. Two calls each: what the browser shall ask the device, and what the device answered.

`options` are for `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`; `credential` is
what `toJSON()` of the answer gives. A handle serves once, for five minutes.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.sessions import AccountSession, kept_from_scripts, set_cookie
from hospital_app.api.shapes import Answer, Body, Instant, Origin, PathId
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import passkeys

router = APIRouter(prefix="/api/v1/passkeys", tags=["passkeys"])

Handle = Annotated[str, Field(min_length=1, max_length=100)]
Label = Annotated[str, Field(max_length=100, examples=["我的手机"])]


class Offer(Answer):
    """`options` go to the browser as they are."""

    handle: str
    options: dict[str, Any]


class Made(Body):
    """Without a label the device gives the name."""

    handle: Handle
    credential: dict[str, Any]
    label: Label = ""


class Proof(Body):
    handle: Handle
    credential: dict[str, Any]


class Renamed(Body):
    label: Label


class PasskeySeen(Answer):
    id: int
    label: str
    created_at: Instant
    used_at: Instant | None


@router.get("", summary="我的通行密钥")
@allows(Right.OWN_ACCOUNT)
def listing(caller: Caller) -> list[PasskeySeen]:
    return [PasskeySeen.model_validate(each) for each in passkeys.listing(caller.actor())]


@router.post("/creation-options", status_code=201, summary="准备添加通行密钥")
@allows(Right.OWN_ACCOUNT)
def begin_adding(caller: Caller, origin: Origin = None) -> Offer:
    """409 `passkeys_elsewhere` (they work at the hospital's public address only), `too_many_passkeys`; 403
    `second_factor_required` for staff who gave their password only."""
    return Offer.model_validate(passkeys.begin_adding(caller.actor(), origin=origin))


@router.post("", status_code=201, summary="添加通行密钥")
@allows(Right.OWN_ACCOUNT)
def add(made: Made, caller: Caller) -> PasskeySeen:
    """401 `passkey_unproven`, 409 `ceremony_over`, `passkey_known`, `too_many_passkeys`."""
    added = passkeys.add(
        caller.actor(),
        handle=made.handle,
        credential=made.credential,
        label=made.label,
        user_agent=caller.user_agent,
    )
    return PasskeySeen.model_validate(added)


@router.patch("/{passkey_id}", summary="给通行密钥改名")
@allows(Right.OWN_ACCOUNT)
def rename(passkey_id: PathId, renamed: Renamed, caller: Caller) -> PasskeySeen:
    """404 for another's."""
    return PasskeySeen.model_validate(passkeys.rename(caller.actor(), passkey_id=passkey_id, label=renamed.label))


@router.delete("/{passkey_id}", status_code=204, summary="移除通行密钥")
@allows(Right.OWN_ACCOUNT)
def revoke(passkey_id: PathId, caller: Caller) -> None:
    """It opens nothing any more; sessions that it opened go on. 404 for another's."""
    passkeys.revoke(caller.actor(), passkey_id=passkey_id)


@router.post("/request-options", status_code=201, summary="准备用指纹/面容登录")
@allows(Right.SIGN_IN)
def begin_sign_in(caller: Caller, origin: Origin = None) -> Offer:
    """No name is needed: the device shows whose passkeys it has. 409 `passkeys_elsewhere`."""
    return Offer.model_validate(passkeys.begin_sign_in(caller.actor(), origin=origin))


@router.post("/sessions", status_code=201, summary="指纹/面容登录")
@allows(Right.SIGN_IN)
def sign_in(proof: Proof, caller: Caller, response: Response) -> AccountSession:
    """401 `passkey_unknown` (never added, or removed), `passkey_unproven`, `passkey_copied` (its counter went back);
    403 `account_closed`; 409 `ceremony_over`."""
    opened = passkeys.sign_in(
        caller.actor(), handle=proof.handle, credential=proof.credential, user_agent=caller.user_agent
    )
    set_cookie(response, opened)
    return kept_from_scripts(caller, AccountSession.model_validate(opened))
