"""The API of every terminal: one FastAPI app, in front of the pages."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.routing import Match

from hospital_app.api import (
    appointments,
    audit,
    beacons,
    bills,
    board,
    callbacks,
    catalog,
    consents,
    counter,
    department_referrals,
    desk,
    displacements,
    fhir,
    finance,
    holidays,
    identity,
    insurance_authorising,
    lobby,
    messages,
    misuse,
    money_desk,
    operations,
    passkeys,
    password,
    patients,
    payers,
    payments,
    personal_data,
    photos,
    proofs,
    reconciliations,
    referrals,
    rules,
    sandbox,
    schedule_changes,
    sessions,
    shifts,
    slips,
    staff,
    templates,
    unmasking,
    waiting,
    waitlist,
)
from hospital_app.api.access import GUARDED, allows, without_rule
from hospital_app.api.errors import REFUSALS, add_error_handlers
from hospital_app.api.sandbox_proxy import sandbox_router
from hospital_app.domain.authority import Right, marked
from hospital_app.settings import get_settings

#: Every router of the API. Routes are tried in this order: what a rush asks for stands first.
ROUTERS: tuple[APIRouter, ...] = (
    catalog.calendars,
    appointments.router,
    bills.router,
    displacements.router,
    sessions.router,
    passkeys.router,
    identity.router,
    password.router,
    catalog.router,
    lobby.router,
    proofs.router,
    patients.router,
    consents.router,
    personal_data.router,
    unmasking.router,
    payments.router,
    payers.router,
    insurance_authorising.router,
    slips.router,
    waiting.router,
    waitlist.router,
    desk.router,
    counter.router,
    shifts.router,
    money_desk.router,
    finance.router,
    staff.router,
    templates.router,
    board.router,
    schedule_changes.router,
    referrals.router,
    department_referrals.router,
    rules.router,
    holidays.router,
    photos.router,
    messages.router,
    misuse.router,
    audit.router,
    reconciliations.router,
    beacons.router,
    callbacks.router,
    fhir.router,
    operations.router,
    sandbox.router,
)
#: Below these, what no router knows is answered as the API answers, not as a page.
OURS = ("/api", "/fhir", "/callbacks", "/sandbox")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def make_api() -> FastAPI:
    """The API with its documentation at /api/docs, all files of it our own."""
    api = FastAPIOffline(
        title="挂号 Guahao",
        summary="The hospital's registration system, for every terminal",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url="/api/docs",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url="/api/docs/oauth2-redirect",
        static_url="/api/docs/files",
        dependencies=GUARDED,
        responses=REFUSALS,
    )
    add_error_handlers(api)
    for documentation in api.routes:
        if isinstance(documentation, APIRoute):
            marked(documentation.endpoint, Right.LOOK)
    settings = get_settings()
    sandboxes = {
        "wechat": settings.sandbox_wechat_port,
        "alipay": settings.sandbox_alipay_port,
        "his": settings.sandbox_his_port,
        "sms": settings.sandbox_sms_port,
        "identity": settings.sandbox_identity_port,
        "authenticator": settings.sandbox_authenticator_port,
        "insurance": settings.sandbox_insurance_port,
        "invoice": settings.sandbox_invoice_port,
    }
    for router in (*ROUTERS, sandbox_router(sandboxes)):
        api.include_router(router)

    @allows(Right.LOOK)
    async def nowhere(request: Request) -> None:
        known = any(route.matches(request.scope)[0] is Match.PARTIAL for route in api.routes)
        raise HTTPException(405 if known else 404)

    for prefix in OURS:
        api.add_api_route(f"{prefix}/{{rest:path}}", nowhere, methods=METHODS, include_in_schema=False)
    # FastAPI keeps the routes of an included router out of the app's own list.
    if forgotten := without_rule([*api.routes, *(route for router in ROUTERS for route in router.routes)]):
        raise ValueError(f"endpoints without a rule: {forgotten}")
    return api
