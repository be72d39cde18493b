"""登录与退出：短信验证码、员工密码."""

from datetime import UTC
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, Instant
from hospital_app.api.visitor import Caller
from hospital_app.container import container
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import signed_out
from hospital_app.flows import signin
from hospital_app.services.sessions import SignedIn

router = APIRouter(prefix="/api/v1", tags=["sessions"])

Phone = Annotated[str, Field(min_length=1, max_length=30, examples=["13800138000"])]
Password = Annotated[str, Field(min_length=1, max_length=128)]


class CodeWanted(Body):
    phone: Phone


class CodeGiven(Body):
    phone: Phone
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["204816"])]


class StaffGiven(Body):
    """`new_password` at the first sign-in (403 `password_change_required` asks for it), `otp` from an authenticator app
    or a recovery code (403 `second_factor_required`)."""

    staff_no: Annotated[str, Field(min_length=1, max_length=20)]
    password: Password
    new_password: Password | None = None
    otp: Annotated[str, Field(min_length=1, max_length=20, examples=["204816"])] | None = None


class SessionOpened(Answer):
    token: str
    expires_at: Instant


class AccountSession(SessionOpened):
    account_id: int


class StaffSession(SessionOpened):
    """`incomplete`: an administrator who has no second factor yet and may only enrol one."""

    staff_id: int
    role: str
    incomplete: bool


class WhoAmI(Answer):
    role: str
    account_id: int | None
    staff_id: int | None
    name: str
    incomplete: bool


@router.post("/sms-codes", status_code=202, summary="获取短信验证码")
@allows(Right.SIGN_IN)
def request_code(wanted: CodeWanted, caller: Caller) -> dict[str, int]:
    """The same answer for known and unknown phones. 429 `too_many_codes`."""
    signin.request_code(caller.actor(), phone=wanted.phone)
    rules = container().settings.rules
    return {"valid_seconds": rules.sms_code_minutes * 60, "again_after_seconds": rules.sms_code_gap_seconds}


@router.post("/sessions", status_code=201, summary="验证码登录")
@allows(Right.SIGN_IN)
def sign_in(given: CodeGiven, caller: Caller, response: Response) -> AccountSession:
    """Creates the account at the first sign-in. 401 `wrong_code`; `again` true: ask for a new code."""
    opened = signin.sign_in(caller.actor(), phone=given.phone, code=given.code, user_agent=caller.user_agent)
    set_cookie(response, opened)
    return AccountSession.model_validate(opened)


@router.post("/staff/sessions", status_code=201, summary="员工登录")
@allows(Right.SIGN_IN)
def sign_in_staff(given: StaffGiven, caller: Caller, response: Response) -> StaffSession:
    """401 `wrong_password`, `wrong_code`; 429 `locked`; 403 `password_change_required`, `second_factor_required`."""
    opened = signin.sign_in_staff(
        caller.actor(),
        staff_no=given.staff_no,
        password=given.password,
        new_password=given.new_password,
        otp=given.otp,
        user_agent=caller.user_agent,
    )
    set_cookie(response, opened)
    return StaffSession.model_validate(opened)


@router.get("/sessions/current", summary="我是谁")
@allows(Right.SIGN_OUT)
def who_am_i(caller: Caller) -> WhoAmI:
    actor = caller.actor()
    if not actor.signed_in:
        raise signed_out()
    return WhoAmI.model_validate(actor)


@router.delete("/sessions/current", status_code=204, summary="退出登录")
@allows(Right.SIGN_OUT)
def sign_out(caller: Caller, response: Response) -> None:
    signin.sign_out(caller.actor())
    settings = container().settings
    response.delete_cookie(settings.session_cookie, secure=settings.secure_cookies, httponly=True, samesite="lax")


def set_cookie(response: Response, opened: SignedIn) -> None:
    """HttpOnly, so that no script reads it; Lax, so that a link from outside still finds the visitor signed in."""
    settings = container().settings
    response.set_cookie(
        settings.session_cookie,
        opened.token,
        expires=opened.expires_at.astimezone(UTC),
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
