"""微信内付款: WeChat sends the browser here after it was asked, silently, who pays."""

from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from hospital_app.api.access import allows
from hospital_app.api.shapes import AppointmentNo
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.flows import payer

router = APIRouter(prefix="/api/v1/appointments", tags=["payments"])


@router.get(
    "/{no}/payers/return",
    status_code=303,
    response_class=RedirectResponse,
    summary="从微信静默授权回来",
    responses={303: {"description": "To the cashier (/pay/<no>), which opens WeChat Pay as it can."}},
)
@allows(Right.SIGN_IN)
def come_back(no: AppointmentNo, caller: Caller, state: str = "", code: str = "") -> Response:
    """For the session and the order that left. Without an openid the cashier opens as in any browser."""
    try:
        payer.finish(caller.actor(), no=no, state=state, code=code)
    except Refusal as refusal:
        return RedirectResponse(f"/pay/{no}?{urlencode({'payer': refusal.code})}", 303)
    return RedirectResponse(f"/pay/{no}?payer=known", 303)
