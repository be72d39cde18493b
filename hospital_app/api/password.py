"""登录密码 of one's own account."""

from typing import Self

from fastapi import APIRouter, Response
from pydantic import model_validator

from hospital_app.api.access import allows
from hospital_app.api.sessions import AccountSession, Code, Password, kept_from_scripts, set_cookie
from hospital_app.api.shapes import Body
from hospital_app.api.visitor import Caller
from hospital_app.container import container
from hospital_app.domain.authority import Right
from hospital_app.flows import account

router = APIRouter(prefix="/api/v1/password", tags=["sessions"])


class NewPassword(Body):
    """Proved by the old password, or by a code of the account's own phone."""

    new_password: Password
    password: Password | None = None
    code: Code | None = None

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.code is None) == (self.password is None):
            raise ValueError("either a code or a password")
        return self


@router.post("/codes", status_code=202, summary="获取验证码以设置密码")
@allows(Right.OWN_ACCOUNT)
def request_code(caller: Caller) -> dict[str, int]:
    """To the account's own phone. 429 `too_many_codes`."""
    account.request_code(caller.actor())
    rules = container().rules
    return {"valid_seconds": rules.sms_code_minutes * 60, "again_after_seconds": rules.sms_code_gap_seconds}


@router.post("", status_code=201, summary="设置或修改密码")
@allows(Right.OWN_ACCOUNT)
def set_password(given: NewPassword, caller: Caller, response: Response) -> AccountSession:
    """A fresh session for the caller; every other one ends. 401 `wrong_password`, `wrong_code`, 422 `weak_password`,
    429 `locked`."""
    opened = account.set_password(
        caller.actor(),
        new_password=given.new_password,
        password=given.password,
        code=given.code,
        user_agent=caller.user_agent,
    )
    set_cookie(response, opened)
    return kept_from_scripts(caller, AccountSession.model_validate(opened))
