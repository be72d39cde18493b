"""What Prometheus is told: requests of every web worker, and what the stores say at the moment of asking."""

import os
import time
from collections.abc import Iterator
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session
from sqlmodel import col
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hospital_app import clock
from hospital_app.container import container
from hospital_app.models.finance import Difference, Reconciliation
from hospital_app.models.operation import HisComparison, OutboxRow

REQUESTS = Counter("guahao_http_requests", "Answers to HTTP requests", ["method", "route", "status"])
SECONDS = Histogram(
    "guahao_http_request_seconds",
    "Time from request to the end of the answer",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
#: Anything else is counted as one, or callers could invent a new series with every request.
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
SOCKETS = Gauge("guahao_sockets", "Open websockets", multiprocess_mode="livesum")


class Measure:
    """ASGI middleware: counts and times every request by its route, never by its raw path."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            with SOCKETS.track_inprogress():
                await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def send_noticing(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noticing)
        finally:
            route = getattr(scope.get("route"), "path", "") or "page"
            method = scope["method"] if scope["method"] in METHODS else "other"
            _requests(method, route, status).inc()
            _seconds(method, route).observe(time.perf_counter() - began)


@cache
def _requests(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@cache
def _seconds(method: str, route: str) -> Histogram:
    return SECONDS.labels(method, route)


class Stores(Collector):
    """Backlogs, read from the stores when asked."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = clock.now()
        run_at, failed_at = col(OutboxRow.run_at), col(OutboxRow.failed_at)
        due = and_(col(OutboxRow.done_at).is_(None), failed_at.is_(None), run_at <= now)
        with Session(container().engine.execution_options(read=True)) as session:
            pending, oldest = session.execute(select(func.count(), func.min(run_at)).where(due)).one()
            given_up = session.scalar(select(func.count()).select_from(OutboxRow).where(failed_at.is_not(None)))
            differing = session.scalar(
                select(func.count()).select_from(Difference).where(col(Difference.status) == "open")
            )
            unread = session.scalar(
                select(func.count()).select_from(Reconciliation).where(col(Reconciliation.status) == "waiting")
            )
            unlike = session.scalar(
                select(col(HisComparison.differences) - HisComparison.repaired + HisComparison.only_there)
                .order_by(col(HisComparison.id).desc())
                .limit(1)
            )
        age = (now - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily("guahao_outbox_pending", "Effects that are due and not done", value=pending)
        yield GaugeMetricFamily("guahao_outbox_oldest_seconds", "Age of the oldest of them", value=age)
        yield GaugeMetricFamily("guahao_outbox_given_up", "Effects left to people", value=given_up or 0)
        yield GaugeMetricFamily(
            "guahao_reconciliation_open", "Differences with channels that wait for a person", value=differing or 0
        )
        yield GaugeMetricFamily("guahao_reconciliation_waiting", "Days without the channel's bill", value=unread or 0)
        yield GaugeMetricFamily("guahao_his_unlike", "Rows that the HIS has otherwise, or alone", value=unlike or 0)


def exposition() -> bytes:
    """Everything, from all web workers when PROMETHEUS_MULTIPROC_DIR is set."""
    text = b""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        text = generate_latest(registry)
    else:
        text = generate_latest()
    stores = CollectorRegistry()
    stores.register(Stores())
    return text + generate_latest(stores)
