"""What nobody inside the hospital can do: bring in its first admin, or let in the only one who lost everything."""

import argparse
import sys

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import SYSTEM, Role
from hospital_app.domain.staffing import StaffEntry
from hospital_app.flows import second_factor, staffing
from hospital_app.launch.by_hand import start_beside_the_house
from hospital_app.models.identity import Staff


def hire_admin(arguments: list[str]) -> int:
    """A hospital admin with a first password, printed once; the second factor is set up at the first sign-in."""
    parser = argparse.ArgumentParser(prog="python -m hospital_app hire-admin")
    parser.add_argument("staff_no")
    parser.add_argument("name")
    asked = parser.parse_args(arguments)
    start_beside_the_house()
    try:
        hired = staffing.hire(SYSTEM, entry=StaffEntry(asked.staff_no, asked.name, Role.HOSPITAL_ADMIN))
    except Refusal as refusal:
        print(refusal.message, file=sys.stderr)
        return 1
    print(f"{asked.staff_no}  初始密码 First password: {hired.password}")
    return 0


def reset_second_factor(arguments: list[str]) -> int:
    """Authenticator, passkeys, recovery codes and sessions of one member of staff end; it is on the audit trail."""
    parser = argparse.ArgumentParser(prog="python -m hospital_app reset-second-factor")
    parser.add_argument("staff_no")
    asked = parser.parse_args(arguments)
    start_beside_the_house()
    with Session(container().engine) as session:
        staff_id = session.scalar(select(col(Staff.id)).where(col(Staff.staff_no) == asked.staff_no))
    if staff_id is None:
        print("没有这个工号。 No such staff number.", file=sys.stderr)
        return 1
    second_factor.reset(SYSTEM, staff_id=staff_id)
    print("已重置，本人下次登录时重新绑定。 Reset; it is set up anew at the next sign-in.")
    return 0
