"""医保移动支付授权. A browser is sent to the platform's page and comes back to `return`, which leads to the cashier."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, AppointmentNo
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import Refusal
from hospital_app.flows import insurance_authorising

router = APIRouter(prefix="/api/v1/appointments", tags=["payments"])

SENT_ON: dict[int | str, dict[str, Any]] = {
    303: {"description": "To the cashier (/pay/<no>), which goes on, or says in one sentence what went wrong."}
}


class AtPlatform(Answer):
    """Open it in the browser of the session that asked."""

    url: str


@router.post("/{no}/insurance-authorisations", status_code=201, summary="去医保移动支付授权")
@allows(Right.BOOK)
def start(no: AppointmentNo, caller: Caller) -> AtPlatform:
    """Only where the hospital uses mobile insurance payment, whose page the patient must agree at before
    `POST .../payments` with `insurance` (422 `authorisation_needed`). Good for this session and this order, once.

    404 `authorisation_not_used`; 409 `hold_expired`, `already_paid`; 422 `insurance_unknown`.
    """
    return AtPlatform(url=insurance_authorising.start(caller.actor(), no=no))


@router.get(
    "/{no}/insurance-authorisations/return",
    status_code=303,
    response_class=RedirectResponse,
    summary="从医保移动支付回来",
    responses=SENT_ON,
)
@allows(Right.SIGN_IN)
def come_back(no: AppointmentNo, caller: Caller, state: str = "", authCode: str = "") -> Response:  # noqa: N803
    """The platform sends the browser here. Without `authCode` the patient refused. Whose session it must be is in
    `state`."""
    try:
        insurance_authorising.finish(caller.actor(), no=no, state=state, code=authCode)
    except Refusal as refusal:
        return _to_cashier(no, refusal.code)
    return _to_cashier(no, "authorised")


def _to_cashier(no: str, outcome: str) -> Response:
    return RedirectResponse(f"/pay/{no}?{urlencode({'insurance': outcome})}", 303)
