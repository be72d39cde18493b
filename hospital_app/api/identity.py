"""微信、支付宝快捷登录. A browser is sent to the vendor and comes back to `callback`; who is new then binds a phone."""

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.sessions import AccountSession, CodeGiven, kept_from_scripts, set_cookie
from hospital_app.api.shapes import Answer, Body, Instant
from hospital_app.api.visitor import Caller
from hospital_app.container import container
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.domain.linking import NEXT_MAX, Provider
from hospital_app.flows import quick_login

router = APIRouter(prefix="/api/v1/identity", tags=["identity"])

BIND_PAGE = "/bind"
Next = Annotated[str, Field(max_length=NEXT_MAX, examples=["/appointments"])]
SENT_ON: dict[int | str, dict[str, Any]] = {
    303: {"description": "To the vendor, to a page of ours, or to /bind, which says what went wrong."}
}


class LinkWanted(Body):
    next: Next = "/"


class AtVendor(Answer):
    """Open it in the browser that asked."""

    url: str


class Link(Answer):
    provider: Provider
    linked_at: Instant
    used_at: Instant | None


@router.get("/providers", summary="可用的快捷登录")
@allows(Right.SIGN_IN)
def providers() -> list[Provider]:
    return quick_login.offered()


@router.get("/links", summary="我绑定的微信、支付宝")
@allows(Right.OWN_ACCOUNT)
def links(caller: Caller) -> list[Link]:
    return [Link.model_validate(each) for each in quick_login.links(caller.actor())]


@router.post("/bindings", status_code=201, summary="首次登录绑定手机号")
@allows(Right.SIGN_IN)
def bind(given: CodeGiven, caller: Caller, request: Request, response: Response) -> AccountSession:
    """For the browser that `callback` sent to /bind: a phone and the code sent to it (`POST /api/v1/sms-codes`).

    401 `wrong_code`; 409 `ceremony_over`, `identity_taken`, `other_identity_linked`.
    """
    opened = quick_login.bind(
        caller.actor(),
        handle=_kept(request),
        phone=given.phone,
        code=given.code,
        user_agent=caller.user_agent,
    )
    _forget(response)
    set_cookie(response, opened)
    return kept_from_scripts(caller, AccountSession.model_validate(opened))


@router.get(
    "/{vendor}/start", status_code=303, response_class=RedirectResponse, summary="用微信或支付宝登录", responses=SENT_ON
)
@allows(Right.SIGN_IN)
def start(vendor: Provider, caller: Caller, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:
    """For a browser. `next`: path of ours to go to afterwards; anything else is refused."""
    try:
        begun = quick_login.start(caller.actor(), provider=vendor, next=next)
    except Refusal as refusal:
        return _sorry(vendor, refusal)
    response = RedirectResponse(begun.url, 303)
    _keep(response, begun.nonce, minutes=container().rules.ceremony_minutes)
    return response


@router.get(
    "/{vendor}/callback",
    status_code=303,
    response_class=RedirectResponse,
    summary="从微信或支付宝回来",
    responses=SENT_ON,
)
@allows(Right.SIGN_IN)
def callback(
    vendor: Provider,
    caller: Caller,
    request: Request,
    state: str = "",
    code: str = "",
    auth_code: str = "",
) -> Response:
    """The vendor sends the browser here. `code` is WeChat's, `auth_code` Alipay's; none: the person refused."""
    try:
        arrived = quick_login.finish(
            caller.actor(),
            provider=vendor,
            state=state,
            code=code or auth_code,
            nonce=_kept(request),
            user_agent=caller.user_agent,
        )
    except Refusal as refusal:
        return _sorry(vendor, refusal)
    if arrived.binding:
        response = RedirectResponse(f"{BIND_PAGE}?next={quote(arrived.next, safe='')}", 303)
        _keep(response, arrived.binding, minutes=container().rules.identity_bind_minutes)
        return response
    response = RedirectResponse(arrived.next, 303)
    _forget(response)
    if arrived.session is not None:
        set_cookie(response, arrived.session)
    return response


@router.post("/{vendor}/links", status_code=201, summary="开始绑定微信或支付宝")
@allows(Right.OWN_ACCOUNT)
def start_linking(vendor: Provider, wanted: LinkWanted, caller: Caller, response: Response) -> AtVendor:
    """The browser goes to `url` and comes back to `next`. 422 `bad_next`, 404 `identity_not_offered`."""
    begun = quick_login.start_linking(caller.actor(), provider=vendor, next=wanted.next)
    _keep(response, begun.nonce, minutes=container().rules.ceremony_minutes)
    return AtVendor(url=begun.url)


@router.delete("/{vendor}/links", status_code=204, summary="解除绑定")
@allows(Right.OWN_ACCOUNT)
def unlink(vendor: Provider, caller: Caller) -> None:
    """Codes by SMS go on to work. 404 if nothing is linked."""
    quick_login.unlink(caller.actor(), provider=vendor)


def _sorry(vendor: Provider, refusal: Refusal) -> Response:
    """A page of ours with one sentence and the way on."""
    told = {"trouble": refusal.code, "provider": vendor, **refusal.extra}
    return RedirectResponse(f"{BIND_PAGE}?{urlencode(told)}", 303)


def _kept(request: Request) -> str:
    return request.cookies.get(container().settings.identity_cookie, "")


def _keep(response: Response, value: str, *, minutes: int) -> None:
    """Lax: the browser comes back to us from the vendor's site."""
    settings = container().settings
    response.set_cookie(
        settings.identity_cookie,
        value,
        max_age=minutes * 60,
        path="/",
        secure=settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def _forget(response: Response) -> None:
    settings = container().settings
    response.delete_cookie(settings.identity_cookie, secure=settings.secure_cookies, httponly=True, samesite="lax")
