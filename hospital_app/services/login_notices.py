"""异常登录提醒: a new device, a new network, or a success after failures, told to the account's holder once."""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.calendar import local
from hospital_app.domain.devices import browser_of, kind_of
from hospital_app.domain.networks import mask_address, network_of
from hospital_app.models.identity import Account, LoginSession
from hospital_app.services import messages
from hospital_app.vault import vault
from hospital_app.work import Work

REMEMBERED = timedelta(days=180)
NEWEST = 200
TEMPLATE = "login_notice"


def notice_unusual(work: Work, *, account_id: int, failures: int, device: str, user_agent: str) -> None:
    """Before the new session is written: `device` is its fingerprint, `failures` how many came just before it."""
    kind = _unusual(work, account_id=account_id, failures=failures, device=device)
    if kind is None:
        return
    about = {
        "at": f"{local(work.now):%Y-%m-%d %H:%M}",
        "device": kind_of(user_agent),
        "browser": browser_of(user_agent),
        "place": mask_address(work.actor.address) or "—",
    }
    messages.tell(work, account_id=account_id, kind=kind, failures=failures, **about)
    phone = work.session.scalar(select(col(Account.phone)).where(col(Account.id) == account_id))
    if phone:
        box = vault()
        sealed = {name: box.encrypt(value) for name, value in about.items()}
        work.later("sms.notice", phone_sealed=box.encrypt(phone), template=TEMPLATE, sealed=sealed)
    work.record("sign-in.unusual", f"account:{account_id}", kind=kind)


def _unusual(work: Work, *, account_id: int, failures: int, device: str) -> str | None:
    """The kind of message that is due; None for a first sign-in and for what was seen before."""
    before = work.session.execute(
        select(col(LoginSession.device), col(LoginSession.address))
        .where(col(LoginSession.account_id) == account_id, col(LoginSession.created_at) > work.now - REMEMBERED)
        .order_by(col(LoginSession.id).desc())
        .limit(NEWEST)
    ).all()
    if not before:
        return None
    if failures >= work.rules.notice_after_failures:
        return "login-failures"
    if device not in {row.device for row in before}:
        return "login-device"
    if network_of(work.actor.address) not in {network_of(row.address) for row in before}:
        return "login-network"
    return None
