"""通行密钥的使用: whose key signed, whether its counter goes on, and the session that comes of it.

The signature is checked between two transactions: the challenge is used up before it, whatever comes of it.
"""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.passkeys import RelyingParty
from hospital_app.models.identity import Account, Passkey
from hospital_app.services import ceremonies, passkeys, sessions
from hospital_app.services.passkeys import Holder, Key
from hospital_app.services.sessions import SignedIn
from hospital_app.work import Work

METHOD = "passkey"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was asked, of whom (nobody in particular at a patient's sign-in), and for which site."""

    challenge: str
    party: RelyingParty
    holder: Holder | None


def ask(work: Work, *, kind: str, challenge: str, party: RelyingParty, holder: Holder | None = None) -> str:
    """Remember a challenge; the handle under which it is answered."""
    return ceremonies.begin(
        work,
        kind=kind,
        payload={"challenge": challenge, "id": party.id, "origin": party.origin},
        account_id=holder.account_id if holder else None,
        staff_id=holder.staff_id if holder else None,
    )


def answered(work: Work, *, kind: str, handle: str) -> Challenge:
    """The challenge of this handle, once. Raises Refusal `ceremony_over`."""
    kept = ceremonies.use_up(work, kind=kind, handle=handle)
    nobody = kept.account_id is None and kept.staff_id is None
    return Challenge(
        challenge=kept.payload["challenge"],
        party=RelyingParty(id=kept.payload["id"], origin=kept.payload["origin"]),
        holder=None if nobody else Holder(kept.account_id, kept.staff_id),
    )


def find(work: Work, *, credential_hash: str) -> Key | None:
    row = work.session.scalar(select(Passkey).where(col(Passkey.credential_hash) == credential_hash))
    return None if row is None else passkeys.key_of(row)


def sign_in(work: Work, *, key: Key, sign_count: int, user_agent: str) -> SignedIn | None:
    """A session for the account of a key whose signature held; None if its counter went back.

    Raises Refusal `account_closed`; a frozen account may come in and see what it has.
    """
    if key.holder.account_id is None:
        raise LookupError("a passkey of staff opens no patient's session")
    if not count(work, key=key, sign_count=sign_count):
        return None
    account = work.session.get_one(Account, key.holder.account_id)
    if account.closed_at is not None:
        raise Refusal("account_closed", "这个账号已经注销；请用手机号登录，会建立新的账号。", 403)
    return sessions.open_for_account(work, account_id=key.holder.account_id, user_agent=user_agent, method=METHOD)


def count(work: Work, *, key: Key, sign_count: int) -> bool:
    """Note a use. False: the counter went back, as a copy's would, which is put on record and told to its holder.

    Authenticators that do not count say 0 every time. Raises Refusal `passkey_unknown` for a key that is gone by now.
    """
    follows = col(Passkey.sign_count) < sign_count if sign_count else col(Passkey.sign_count) == 0
    noted = work.change(
        update(Passkey).where(col(Passkey.id) == key.id, follows).values(sign_count=sign_count, used_at=work.now)
    )
    if noted == 1:
        return True
    row = work.session.get(Passkey, key.id, populate_existing=True)
    if row is None:
        raise unknown()
    work.record("passkey.counter-back", f"passkey:{key.id}", holder=key.holder.subject)
    passkeys.tell(work, key.holder, "passkey_copied", label=row.label)
    return False


def fail(work: Work, *, key: Key | None, why: str) -> None:
    """For those who watch: which key failed, if there is one, and why in a word."""
    work.record("sign-in.failed", f"passkey:{key.id}" if key else METHOD, why=why)


def unknown() -> Refusal:
    return Refusal(
        "passkey_unknown", "这把通行密钥没有登记，或者已被移除；请用短信验证码登录，再到“账号与安全”重新添加。", 401
    )


def unproven() -> Refusal:
    return Refusal("passkey_unproven", "没有通过指纹/面容验证，请再试一次，或改用短信验证码登录。", 401)


def copied() -> Refusal:
    return Refusal(
        "passkey_copied",
        "这把通行密钥的使用次数对不上，可能被复制，已拒绝；请改用其他方式登录，移除它后重新添加。",
        401,
    )
