"""厂商回调：signed by the vendor, answered in the vendor's own words."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from hospital_app.api.access import allows
from hospital_app.domain.authority import Right
from hospital_app.flows import insurance_callbacks, payment

router = APIRouter(prefix="/callbacks", tags=["callbacks"])


@router.post("/insurance", summary="医保移动支付回调", response_class=Response)
@allows(Right.CALL_BACK)
async def insurance_callback(request: Request) -> Response:
    """6302, signed by SM2 and encrypted by SM4; 400 for what the platform did not send."""
    body = await request.body()
    status, answer, content_type = await run_in_threadpool(insurance_callbacks.hear, body)
    return Response(answer, status, media_type=content_type)


@router.post("/{channel}", summary="支付回调", response_class=Response)
@allows(Right.CALL_BACK)
async def payment_callback(channel: Annotated[str, Path(max_length=20)], request: Request) -> Response:
    """The signature is checked over the body's very bytes, so nothing parses it before."""
    body = await request.body()
    status, answer, content_type = await run_in_threadpool(payment.callback, channel, request.headers, body)
    return Response(answer, status, media_type=content_type)
