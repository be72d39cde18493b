"""站内消息: one row per thing that an account should know; rendered from the catalogue when read."""

import json

from hospital_app.models.identity import Message
from hospital_app.work import Work


def tell(work: Work, *, account_id: int, kind: str, appointment_no: str | None = None, **params: object) -> None:
    """Tell an account something, once per call; `kind` names a template, `params` fill it."""
    work.session.add(
        Message(
            account_id=account_id,
            kind=kind,
            appointment_no=appointment_no,
            text=json.dumps(params, ensure_ascii=False, default=str),
            created_at=work.now,
        )
    )
    work.hint(f"account:{account_id}")
