"""停诊、调诊、加号的通知: the message centre, and a text message for those who do not look there in time."""

from sqlalchemy import select
from sqlmodel import col

from hospital_app.models.identity import Account
from hospital_app.services import messages
from hospital_app.vault import vault
from hospital_app.work import Work


def tell(work: Work, *, account_id: int, kind: str, appointment_no: str | None, **params: str) -> None:
    """The message `kind`, and the text message of the same name with `_` for `-`."""
    messages.tell(work, account_id=account_id, kind=kind, appointment_no=appointment_no, **params)
    phone = work.session.scalar(
        select(col(Account.phone)).where(col(Account.id) == account_id, col(Account.closed_at).is_(None))
    )
    if not phone:
        return
    box = vault()
    work.later(
        "sms.notice",
        phone_sealed=box.encrypt(phone),
        template=kind.replace("-", "_"),
        sealed={name: box.encrypt(value) for name, value in params.items()},
    )
