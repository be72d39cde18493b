"""Signing in as people do: with the code out of the text message, with a staff password."""

import json

from sqlalchemy import select
from sqlmodel import col
from stdnum.cn import ric

from hospital_app.domain.identity import ANONYMOUS, Actor, Role
from hospital_app.flows import privacy, signin
from hospital_app.models.operation import OutboxRow
from hospital_app.services import staff
from hospital_app.services.sessions import SignedIn
from hospital_app.vault import vault
from tests.support.house import House

PASSWORD = "correct horse battery"
#: Once is enough for every member of staff in the tests.
PASSWORD_HASH = staff.hash_password(PASSWORD)


def resident_id(*, born: str = "19740301", order: str = "112", region: str = "110105") -> str:
    """A valid 18-digit number; an odd last digit of `order` is a man's."""
    head = f"{region}{born}{order}"
    return head + ric.calc_check_digit(head + "0")


def code_sent(house: House, phone: str) -> str | None:
    """The code of the newest text message to this phone."""
    with house.sessions() as session:
        rows = session.scalars(select(OutboxRow).where(col(OutboxRow.kind) == "sms.send").order_by(col(OutboxRow.id)))
        letters = [json.loads(row.payload) for row in rows]
    codes = [vault().decrypt(letter["code_sealed"]) for letter in letters if _to(letter) == phone]
    return codes[-1] if codes else None


def messages_owed(house: House) -> int:
    with house.sessions() as session:
        return len(session.scalars(select(OutboxRow).where(col(OutboxRow.kind) == "sms.send")).all())


def signed_in(house: House, phone: str = "13800138000", *, agreeing: bool = True) -> SignedIn:
    """A session; unless told otherwise, of somebody who agreed to what must be agreed to before booking."""
    signin.request_code(ANONYMOUS, phone=phone)
    opened = signin.sign_in(ANONYMOUS, phone=phone, code=code_sent(house, phone) or "")
    if agreeing:
        privacy.agree(Actor(Role.PATIENT, account_id=opened.account_id), kind="health-data")
    return opened


def a_member_of_staff(
    house: House,
    *,
    staff_no: str = "D1001",
    role: Role = Role.HOSPITAL_ADMIN,
    doctor_id: int | None = None,
    department_code: str | None = None,
    must_change_password: bool = False,
) -> int:
    return house.do(
        staff.create,
        staff_no=staff_no,
        name="单国立",
        role=role,
        password_hash=PASSWORD_HASH,
        doctor_id=doctor_id,
        department_code=department_code,
        must_change_password=must_change_password,
    )


def _to(letter: dict[str, str]) -> str:
    return vault().decrypt(letter["phone_sealed"])
