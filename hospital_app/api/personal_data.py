"""个人数据：take a copy of what is kept about the account, or close it for good."""

import json
from typing import Literal

from fastapi import APIRouter, Response

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Body
from hospital_app.api.visitor import Caller
from hospital_app.container import container
from hospital_app.domain.authority import Right
from hospital_app.flows import privacy

router = APIRouter(prefix="/api/v1/account", tags=["privacy"])


class Closing(Answer):
    """Numbers of appointments ahead, of payments being confirmed and of refunds on their way: all must be none."""

    appointments: list[str]
    payments: list[str]
    refunds: list[str]


class ClosingWanted(Body):
    """Closing cannot be undone."""

    confirm: Literal[True]


@router.get("/export", summary="导出我的数据", response_class=Response)
@allows(Right.OWN_PRIVACY)
def export(caller: Caller) -> Response:
    """A JSON file: account, family, appointments, payments, consents, messages, sessions. On the audit trail."""
    found = json.dumps(privacy.export(caller.actor()), ensure_ascii=False, indent=1)
    return Response(
        found,
        media_type="application/json",
        headers={"Content-Disposition": 'attachment; filename="guahao-data.json"', "Cache-Control": "no-store"},
    )


@router.get("/closing", summary="注销前要办完的事")
@allows(Right.OWN_PRIVACY)
def closing(caller: Caller) -> Closing:
    return Closing.model_validate(privacy.obstacles(caller.actor()))


@router.post("/closing", status_code=204, summary="注销账号")
@allows(Right.OWN_PRIVACY)
def close(_: ClosingWanted, caller: Caller, response: Response) -> None:
    """For good: sessions end, phone and family are released, persons whom nothing needs any more are erased;
    appointments and payments stay as long as the law wants. 409 `account_in_use` with what stands in the way."""
    privacy.close(caller.actor())
    settings = container().settings
    response.delete_cookie(settings.session_cookie, secure=settings.secure_cookies, httponly=True, samesite="lax")
