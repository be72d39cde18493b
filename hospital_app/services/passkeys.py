"""通行密钥（指纹、面容）: whose they are, how many, what they are called. Proofs are checked between transactions."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal, forbidden, not_found
from hospital_app.domain.identity import Role
from hospital_app.domain.masking import mask_phone
from hospital_app.domain.numbers import ID_MAX
from hospital_app.domain.passkeys import clean_label, label_of
from hospital_app.models.identity import Account, LoginSession, Passkey, Staff
from hospital_app.services import messages
from hospital_app.services.sessions import check_proved_recently
from hospital_app.vault import vault
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose a passkey is: exactly one of both."""

    account_id: int | None = None
    staff_id: int | None = None

    @property
    def subject(self) -> str:
        return f"account:{self.account_id}" if self.account_id is not None else f"staff:{self.staff_id}"

    @property
    def handle(self) -> bytes:
        """How authenticators name the holder: 32 bytes that say nothing about them."""
        return bytes.fromhex(vault().blind_index("passkey-holder", self.subject))

    @property
    def owns(self) -> ColumnElement[bool]:
        if self.account_id is not None:
            return col(Passkey.account_id) == self.account_id
        return col(Passkey.staff_id) == self.staff_id


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """A passkey as its holder sees it; `used_at` is None until it has been used."""

    id: int
    label: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Key:
    """What is needed to check a proof, and whose it would be."""

    id: int
    holder: Holder
    credential_id: str
    public_key: str
    transports: str


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Who is about to add a passkey, by which name the browser shows them, and what they have already."""

    holder: Holder
    name: str
    keys: tuple[Key, ...]


def own_holder(work: Work) -> Holder:
    """Whose passkeys the actor's are; raises Refusal like authority.check. A kiosk has no finger."""
    authority.check(work.actor, Right.OWN_ACCOUNT)
    if work.actor.account_id is not None:
        return Holder(account_id=work.actor.account_id)
    if work.actor.staff_id is None or work.actor.role is Role.KIOSK:
        raise forbidden()
    return Holder(staff_id=work.actor.staff_id)


def listing(work: Work) -> list[PasskeyView]:
    rows = work.session.scalars(select(Passkey).where(own_holder(work).owns).order_by(col(Passkey.id)))
    return [_view(row) for row in rows]


def enrolment(work: Work) -> Enrolment:
    """Before a new one is made. Raises Refusal `proof_needed`, `too_many_passkeys`, `second_factor_required`."""
    holder = own_holder(work)
    check_proved_recently(work)
    _check_complete(work, holder)
    _check_room(work, holder)
    return Enrolment(holder, _name(work, holder), keys_of(work, holder=holder))


def add(
    work: Work,
    *,
    credential_hash: str,
    credential_id: str,
    public_key: str,
    sign_count: int,
    transports: str,
    label: str,
    user_agent: str,
) -> PasskeyView:
    """One more for the actor, whose account is told. Raises Refusal `passkey_known`, `too_many_passkeys`."""
    holder = own_holder(work)
    _lock(work, holder)
    _check_complete(work, holder)
    _check_room(work, holder)
    taken = set(work.session.scalars(select(col(Passkey.label)).where(holder.owns)))
    row = Passkey(
        account_id=holder.account_id,
        staff_id=holder.staff_id,
        credential_hash=credential_hash,
        credential_id=credential_id,
        public_key=public_key,
        sign_count=sign_count,
        transports=transports,
        label=clean_label(label) if label else label_of(user_agent, taken=taken),
        created_at=work.now,
    )
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:
        raise Refusal("passkey_known", "这台设备的通行密钥已经添加过，可以直接用它登录。", 409) from None
    _complete(work, holder)
    work.record("passkey.add", f"passkey:{row.id}", holder=holder.subject)
    tell(work, holder, "passkey_added", label=row.label)
    return _view(row)


def rename(work: Work, *, passkey_id: int, label: str) -> PasskeyView:
    """Raises Refusal `bad_label`, 404 for what is not one's own."""
    row = _own(work, passkey_id)
    row.label = clean_label(label)
    work.record("passkey.rename", f"passkey:{row.id}")
    return _view(row)


def revoke(work: Work, *, passkey_id: int) -> None:
    """It opens nothing any more; sessions that it opened go on until they are ended. The account is told."""
    row = _own(work, passkey_id)
    check_proved_recently(work)
    work.session.execute(delete(Passkey).where(col(Passkey.id) == row.id))
    holder = holder_of(row)
    work.record("passkey.remove", f"passkey:{row.id}", holder=holder.subject)
    tell(work, holder, "passkey_removed", label=row.label)


def keys_of(work: Work, *, holder: Holder) -> tuple[Key, ...]:
    rows = work.session.scalars(select(Passkey).where(holder.owns).order_by(col(Passkey.id)))
    return tuple(key_of(row) for row in rows)


def _own(work: Work, passkey_id: int) -> Passkey:
    holder = own_holder(work)
    _check_complete(work, holder)
    row = work.session.scalar(
        select(Passkey).where(col(Passkey.id) == min(passkey_id, ID_MAX), holder.owns).with_for_update()
    )
    if row is None:
        raise not_found("这把通行密钥")
    return row


def _lock(work: Work, holder: Holder) -> None:
    """So that the passkeys of one holder are counted one request at a time."""
    if holder.account_id is not None:
        work.session.get_one(Account, holder.account_id, with_for_update=True)
    else:
        work.session.get_one(Staff, holder.staff_id, with_for_update=True)


def _check_room(work: Work, holder: Holder) -> None:
    most = work.rules.passkeys_per_holder
    if (work.session.scalar(select(func.count(col(Passkey.id))).where(holder.owns)) or 0) >= most:
        raise Refusal(
            "too_many_passkeys", "最多添加 {most} 把通行密钥，请先移除不用的，再添加。", 409, params={"most": most}
        )


def _check_complete(work: Work, holder: Holder) -> None:
    """Who gave half of a sign-in must not make, or take away, the other half: else a password alone would do."""
    if holder.staff_id is None or _proved(work):
        return
    member = work.session.get_one(Staff, holder.staff_id)
    if member.totp_confirmed_at is not None or keys_of(work, holder=holder):
        raise Refusal("second_factor_required", "请先退出，用密码和第二步验证重新登录，再管理通行密钥。", 403)


def _proved(work: Work) -> bool:
    given_at = select(col(LoginSession.second_factor_at)).where(col(LoginSession.id) == work.actor.session_id)
    return work.session.scalar(given_at) is not None


def _complete(work: Work, holder: Holder) -> None:
    """The finger that made a passkey of staff is a second factor; sessions that never gave one are over."""
    if holder.staff_id is None:
        return
    theirs = update(LoginSession).where(
        col(LoginSession.staff_id) == holder.staff_id, col(LoginSession.second_factor_at).is_(None)
    )
    work.change(theirs.where(col(LoginSession.id) == work.actor.session_id).values(second_factor_at=work.now))
    work.change(theirs.where(col(LoginSession.revoked_at).is_(None)).values(revoked_at=work.now))


def _name(work: Work, holder: Holder) -> str:
    if holder.account_id is not None:
        return mask_phone(work.session.get_one(Account, holder.account_id).phone)
    return work.session.get_one(Staff, holder.staff_id).staff_no


def tell(work: Work, holder: Holder, kind: str, *, label: str) -> None:
    """Members of staff have no message centre; the audit trail has it."""
    if holder.account_id is not None:
        messages.tell(work, account_id=holder.account_id, kind=kind, label=label)


def holder_of(row: Passkey) -> Holder:
    return Holder(row.account_id, row.staff_id)


def key_of(row: Passkey) -> Key:
    if row.id is None:
        raise ValueError("unsaved passkey")
    return Key(row.id, holder_of(row), row.credential_id, row.public_key, row.transports)


def _view(row: Passkey) -> PasskeyView:
    if row.id is None:
        raise ValueError("unsaved passkey")
    return PasskeyView(row.id, row.label, row.created_at, row.used_at)
