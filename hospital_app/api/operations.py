"""For those who run the house: alive, ready, and how it is doing."""

import asyncio
import logging
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from hospital_app.adapters.event_log import DATABASE, EMBEDDED, connect
from hospital_app.api.access import allows
from hospital_app.api.metrics import exposition
from hospital_app.container import container
from hospital_app.domain.authority import Right
from hospital_app.domain.errors import not_found

logger = logging.getLogger(__name__)
router = APIRouter(tags=["operations"])

PATIENCE_SECONDS = 3


@router.get("/healthz", response_class=PlainTextResponse, summary="进程存活")
@allows(Right.OPERATE)
async def healthz() -> str:
    """Alive: this process answers. Says nothing about what it depends on."""
    return "ok"


@router.get("/readyz", summary="就绪状态")
@allows(Right.OPERATE)
async def readyz() -> JSONResponse:
    """Ready: database and Redis answer (else 503). The event log is reported, but nothing waits for it."""
    names = ("database", "redis", "event_log")
    states = dict(zip(names, await asyncio.gather(_state(_database), _state(_redis), _state(_event_log)), strict=True))
    ready = states["database"] == states["redis"] == "ok"
    return JSONResponse({"ready": ready, **states}, 200 if ready else 503)


@router.get("/metrics", response_class=PlainTextResponse, include_in_schema=False)
@allows(Right.OPERATE)
def metrics(request: Request) -> Response:
    """Prometheus text, to callers inside the house only: not through the proxy that patients come through."""
    if not asked_from_inside(request):
        raise not_found("页面")
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)


def asked_from_inside(request: Request) -> bool:
    """A private address that speaks for itself."""
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ip_address(request.client.host).is_private
    except ValueError:
        return False


async def _state(check: Callable[[], Any]) -> str:
    try:
        answer = await asyncio.wait_for(asyncio.to_thread(check), PATIENCE_SECONDS)
    except Exception as fault:  # whatever it is, it is the answer
        logger.warning("readyz: %s: %s", check.__name__, fault)
        return "down"
    return answer if isinstance(answer, str) else "ok"


def _database() -> None:
    with container().engine.connect().execution_options(read=True) as connection:
        connection.exec_driver_sql("SELECT 1")


def _redis() -> None:
    container().redis.ping()


def _event_log() -> str:
    url = container().settings.event_log_url
    if not url:
        return "off"
    # The embedded store's handle belongs to the thread that opened it; MongoDB's client to the process.
    client = connect(url) if url.startswith(EMBEDDED) else _mongo(url)
    client[DATABASE].list_collection_names()
    return "ok"


@cache
def _mongo(url: str) -> Any:
    return connect(url)
