"""Second factors of the demonstration's administrators; the pretended authenticator app hears of their keys."""

import httpx
import pyotp
from sqlalchemy import select
from sqlmodel import col

from hospital_app.models.identity import Staff
from hospital_app.seed.accounts import DEPARTMENT_ADMIN_NO, HOSPITAL_ADMIN_NO
from hospital_app.seed.plan import Stage
from hospital_app.services import second_factor
from hospital_app.work import Work


def enrol_admins(stage: Stage, *, port: int) -> None:
    """Without a sandbox (`port` 0) nobody could read their codes: they enrol by themselves at the first sign-in."""
    if not port:
        return
    keys = stage.do(_enrol)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
        for label, secret in keys.items():
            client.post("/sandbox/authenticator", json={"label": label, "secret": secret}).raise_for_status()


def _enrol(work: Work) -> dict[str, str]:
    keys = {}
    for staff_no in (HOSPITAL_ADMIN_NO, DEPARTMENT_ADMIN_NO):
        member = work.session.scalars(select(Staff).where(col(Staff.staff_no) == staff_no)).one()
        secret = pyotp.random_base32()
        second_factor.install(work, staff_id=member.id or 0, secret=secret)
        keys[f"{staff_no} {member.name}"] = secret
    return keys
