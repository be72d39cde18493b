"""登录与退出：短信验证码、密码、员工密码、登录设备."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self, TypeVar

from fastapi import APIRouter, Response
from pydantic import Field, model_validator

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body, Instant, Origin, PathId
from hospital_app.api.visitor import Caller, Visitor
from hospital_app.container import container
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import signed_out
from hospital_app.flows import account, signin
from hospital_app.flows.passkeys import Proof
from hospital_app.services.sessions import SignedIn

router = APIRouter(prefix="/api/v1", tags=["sessions"])
DEVICE_DAYS = 340  # after a session's own 60: no browser keeps a cookie for longer

Phone = Annotated[str, Field(min_length=1, max_length=30, examples=["13800138000"])]
Code = Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["204816"])]
Password = Annotated[str, Field(min_length=1, max_length=128)]


class CodeWanted(Body):
    phone: Phone


class CodeGiven(Body):
    phone: Phone
    code: Code


class SignInGiven(Body):
    """A code of a text message, or the password. `new_password` with a code: 忘记密码."""

    phone: Phone
    code: Code | None = None
    password: Password | None = None
    new_password: Password | None = None

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.code is None) == (self.password is None) or (self.password is not None and self.new_password):
            raise ValueError("either a code or a password")
        return self


class PasskeyProof(Body):
    """The device's answer to the `passkey` that a refusal `second_factor_required` brings."""

    handle: Annotated[str, Field(min_length=1, max_length=100)]
    credential: dict[str, Any]


class StaffGiven(Body):
    """`new_password` at the first sign-in (403 `password_change_required` asks for it); `otp` from an authenticator
    app, a recovery code, or `passkey` (403 `second_factor_required`)."""

    staff_no: Annotated[str, Field(min_length=1, max_length=20)]
    password: Password
    new_password: Password | None = None
    otp: Annotated[str, Field(min_length=1, max_length=20, examples=["204816"])] | None = None
    passkey: PasskeyProof | None = None


class SessionOpened(Answer):
    """`device`: a client without cookies sends it as `X-Guahao-Device` at its next sign-in, and is known again.

    `token` and `device` are null for a page in a browser, which has them as cookies that no script can read.
    """

    token: str | None
    expires_at: Instant
    device: str | None


S = TypeVar("S", bound=SessionOpened)


class AccountSession(SessionOpened):
    account_id: int


class StaffSession(SessionOpened):
    """`incomplete`: somebody who needs a second factor, has none yet and may only enrol one."""

    staff_id: int
    role: str
    incomplete: bool


class WhoAmI(Answer):
    role: str
    account_id: int | None
    staff_id: int | None
    name: str
    incomplete: bool


class Device(Answer):
    """`device`, `browser`: what it says of itself; `place`: the address of its sign-in, masked."""

    id: int
    device: str
    browser: str
    place: str
    method: str
    created_at: Instant
    seen_at: Instant
    current: bool


@router.post("/sms-codes", status_code=202, summary="获取短信验证码")
@allows(Right.SIGN_IN)
def request_code(wanted: CodeWanted, caller: Caller) -> dict[str, int]:
    """The same answer for known and unknown phones. 429 `too_many_codes`."""
    signin.request_code(caller.actor(), phone=wanted.phone)
    rules = container().rules
    return {"valid_seconds": rules.sms_code_minutes * 60, "again_after_seconds": rules.sms_code_gap_seconds}


@router.post("/sessions", status_code=201, summary="验证码或密码登录")
@allows(Right.SIGN_IN)
def sign_in(given: SignInGiven, caller: Caller, response: Response) -> AccountSession:
    """By `code`: creates the account at the first sign-in; 401 `wrong_code`, `again` true: ask for a new code. With
    `new_password` it also sets the password and ends every other session; 422 `weak_password`.

    By `password`: 401 `wrong_password`, the same for unknown phones; 429 `locked` after five failures in a row.
    The holder is told of a new device: clients without cookies send the answer's `device` as `X-Guahao-Device` the
    next time.
    """
    actor, agent = caller.actor(), caller.user_agent
    if given.password is not None:
        opened = signin.sign_in_by_password(actor, phone=given.phone, password=given.password, user_agent=agent)
    else:
        opened = signin.sign_in(
            actor, phone=given.phone, code=given.code or "", new_password=given.new_password, user_agent=agent
        )
    set_cookie(response, opened)
    return kept_from_scripts(caller, AccountSession.model_validate(opened))


@router.post("/staff/sessions", status_code=201, summary="员工登录")
@allows(Right.SIGN_IN)
def sign_in_staff(given: StaffGiven, caller: Caller, response: Response, origin: Origin = None) -> StaffSession:
    """401 `wrong_password`, `wrong_code`; 429 `locked`; 403 `password_change_required`, `first_password_over` (an
    administrator gives a new one), `second_factor_required`."""
    opened = signin.sign_in_staff(
        caller.actor(),
        staff_no=given.staff_no,
        password=given.password,
        new_password=given.new_password,
        otp=given.otp,
        passkey=None if given.passkey is None else Proof(given.passkey.handle, given.passkey.credential),
        origin=origin,
        user_agent=caller.user_agent,
    )
    set_cookie(response, opened)
    return kept_from_scripts(caller, StaffSession.model_validate(opened))


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
    forget_cookie(response)


@router.get("/sessions", summary="登录设备")
@allows(Right.OWN_ACCOUNT)
def devices(caller: Caller) -> list[Device]:
    """Where the caller is signed in: this one first, then by when each was last seen."""
    return [Device.model_validate(each) for each in account.devices(caller.actor())]


@router.delete("/sessions/{session_id}", status_code=204, summary="退出某台设备")
@allows(Right.OWN_ACCOUNT)
def end_session(session_id: PathId, caller: Caller) -> None:
    """404 `not_found` for what is not one's own, or over."""
    account.end_session(caller.actor(), session_id=session_id)


@router.delete("/sessions", status_code=204, summary="退出所有设备")
@allows(Right.OWN_ACCOUNT)
def end_every_session(caller: Caller, response: Response) -> None:
    """This one too."""
    account.end_every_session(caller.actor())
    forget_cookie(response)


def kept_from_scripts(caller: Visitor, opened: S) -> S:
    """What a browser has as HttpOnly cookies it is told nowhere else."""
    return opened.model_copy(update={"token": None, "device": None}) if caller.browser else opened


def set_cookie(response: Response, opened: SignedIn) -> None:
    """HttpOnly, so that no script reads it; Lax, so that a link from outside still finds the visitor signed in.

    The device's mark stays when the session ends: it tells a known browser from a new one.
    """
    settings = container().settings
    marked_until = opened.expires_at + timedelta(days=DEVICE_DAYS)
    _set(response, settings.session_cookie, opened.token, until=opened.expires_at)
    _set(response, settings.device_cookie, opened.device, until=marked_until)


def forget_cookie(response: Response) -> None:
    settings = container().settings
    response.delete_cookie(settings.session_cookie, secure=settings.secure_cookies, httponly=True, samesite="lax")


def _set(response: Response, name: str, value: str, *, until: datetime) -> None:
    response.set_cookie(
        name,
        value,
        expires=until.astimezone(UTC),
        path="/",
        secure=container().settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
