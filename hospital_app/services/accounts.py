"""账号：what its own holder sees of it."""

from dataclasses import dataclass
from datetime import datetime

from hospital_app.domain.authority import Right, check_holder
from hospital_app.domain.masking import mask_phone
from hospital_app.models.identity import Account
from hospital_app.work import Work


@dataclass(frozen=True, slots=True)
class AccountView:
    """`password_set_at` is None while the account has no password."""

    phone_masked: str
    password_set_at: datetime | None


def own(work: Work) -> AccountView:
    account = work.session.get_one(Account, check_holder(work.actor, Right.OWN_ACCOUNT))
    return AccountView(mask_phone(account.phone), account.password_changed_at if account.password_hash else None)
