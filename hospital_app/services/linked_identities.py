"""绑定的微信、支付宝账号: an identity opens one account; an account has at most one identity of each vendor."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from hospital_app.domain.authority import Right, check_holder
from hospital_app.domain.errors import not_found
from hospital_app.domain.linking import WORDS, Provider, trouble
from hospital_app.models.identity import Account, LinkedIdentity
from hospital_app.services import messages, sessions
from hospital_app.services.sessions import SignedIn
from hospital_app.vault import vault
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class LinkView:
    """What its own holder sees of a link: nothing of who they are over there."""

    provider: Provider
    linked_at: datetime
    used_at: datetime | None


def subject_index(provider: Provider, subject: str) -> str:
    return vault().blind_index(f"identity:{provider}", subject)


def listing(work: Work) -> list[LinkView]:
    account_id = check_holder(work.actor, Right.OWN_ACCOUNT)
    rows = work.session.scalars(
        select(LinkedIdentity).where(col(LinkedIdentity.account_id) == account_id).order_by(col(LinkedIdentity.id))
    )
    return [LinkView(Provider(row.provider), row.linked_at, row.used_at) for row in rows]


def enter(work: Work, *, provider: Provider, subject: str, user_agent: str) -> SignedIn | None:
    """A session for the account that this identity opens; None if it opens none yet.

    A frozen account may come in and see what it has. A closed one is left behind: its link goes, and the person
    begins anew.
    """
    found = work.session.execute(
        select(col(LinkedIdentity.id), col(LinkedIdentity.account_id), col(Account.closed_at))
        .join(Account, col(LinkedIdentity.account_id) == col(Account.id))
        .where(
            col(LinkedIdentity.provider) == provider,
            col(LinkedIdentity.subject_index) == subject_index(provider, subject),
        )
    ).one_or_none()
    if found is None:
        return None
    link_id, account_id, closed_at = found
    if closed_at is not None:
        work.session.execute(delete(LinkedIdentity).where(col(LinkedIdentity.id) == link_id))
        work.record("identity.unlink", f"account:{account_id}", provider=provider, why="closed")
        return None
    work.change(update(LinkedIdentity).where(col(LinkedIdentity.id) == link_id).values(used_at=work.now))
    return sessions.open_for_account(work, account_id=account_id, user_agent=user_agent, method=provider)


def link(work: Work, *, account_id: int, provider: Provider, subject: str) -> None:
    """From now on this identity opens the account. Doing it again changes nothing.

    Raises Refusal `identity_taken` (it opens another account) or `other_identity_linked` (the account has another).
    """
    index = subject_index(provider, subject)
    row = LinkedIdentity(
        account_id=account_id, provider=provider, subject=subject, subject_index=index, linked_at=work.now
    )
    try:
        with work.session.begin_nested():
            work.session.add(row)
    except IntegrityError:
        owner = work.session.scalar(
            select(col(LinkedIdentity.account_id))
            .where(col(LinkedIdentity.provider) == provider, col(LinkedIdentity.subject_index) == index)
            .with_for_update()
        )
        if owner == account_id:
            return
        raise trouble("identity_taken" if owner is not None else "other_identity_linked", provider) from None
    work.record("identity.link", f"account:{account_id}", provider=provider)
    messages.tell(work, account_id=account_id, kind="identity_linked", provider=WORDS[provider])


def unlink(work: Work, *, provider: Provider) -> None:
    """It opens nothing any more; a code by SMS always does. Raises Refusal `not_found`."""
    account_id = check_holder(work.actor, Right.OWN_ACCOUNT)
    sessions.check_proved_recently(work)
    row = work.session.scalar(
        select(LinkedIdentity)
        .where(col(LinkedIdentity.account_id) == account_id, col(LinkedIdentity.provider) == provider)
        .with_for_update()
    )
    if row is None:
        raise not_found("这个绑定")
    work.session.delete(row)
    work.record("identity.unlink", f"account:{account_id}", provider=provider, why="holder")
    messages.tell(work, account_id=account_id, kind="identity_unlinked", provider=WORDS[provider])
