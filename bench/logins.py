"""登录: with a code and with a password, one after the other in one process; what differs is Argon2id."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from sqlalchemy import select, update
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.domain.identity import ANONYMOUS
from hospital_app.flows import sandbox, signin
from hospital_app.models.identity import Account
from hospital_app.models.operation import OutboxRow
from hospital_app.services import passwords
from hospital_app.vault import vault

PASSWORD = "twelve quiet herons"


@dataclass(frozen=True)
class Costs:
    """Milliseconds, medians of one round."""

    by_code: float
    by_password: float
    comparison: float


def costs(count: int) -> Costs:
    """Each of so many fresh accounts comes twice, in turn by a code that it has been sent and by its password."""
    phones = [each.phone for each in sandbox.accounts(count=count)]
    password_hash = passwords.hash_password(PASSWORD, least=8)
    with containers.container().sessions.begin() as session:
        session.execute(update(Account).values(password_hash=password_hash))
    codes = _codes(phones)
    by_code, by_password, comparison = [], [], []
    for phone in phones:
        by_code.append(_took(lambda: signin.sign_in(ANONYMOUS, phone=phone, code=codes[phone])))  # noqa: B023
        by_password.append(
            _took(lambda: signin.sign_in_by_password(ANONYMOUS, phone=phone, password=PASSWORD))  # noqa: B023
        )
        comparison.append(_took(lambda: passwords.fits(PASSWORD, password_hash)))
    return Costs(median(by_code), median(by_password), median(comparison))


def _codes(phones: list[str]) -> dict[str, str]:
    """A code for each phone, out of the outbox as the SMS vendor would get it."""
    for phone in phones:
        signin.request_code(ANONYMOUS, phone=phone)
    with containers.container().sessions() as session:
        rows = session.scalars(select(col(OutboxRow.payload)).where(col(OutboxRow.kind) == "sms.send")).all()
    letters = [json.loads(row) for row in rows]
    return {vault().decrypt(each["phone_sealed"]): vault().decrypt(each["code_sealed"]) for each in letters}


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
