"""The HIS sandbox's process: FHIR R4 for the product (bearer token), HL7 v2 on a port of its own, a switch and a view
for people.
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hmac import compare_digest
from json import dumps, loads
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hospital_app.sandbox.front import common_routes
from hospital_app.sandbox.his import books as held
from hospital_app.sandbox.his import mllp, searching, v2_books
from hospital_app.sandbox.his import page as drawn
from hospital_app.sandbox.his.rules import ELEMENTS, problems
from hospital_app.sandbox.intake import body_of, fields_of, is_form
from hospital_app.sandbox.page import page

Endpoint = Callable[[Request], Awaitable[Response]]

FHIR = "application/fhir+json"
LISTED = 40


class Refused(Exception):
    """Answered as an OperationOutcome."""

    def __init__(self, status: int, code: str, *sentences: str) -> None:
        super().__init__("; ".join(sentences))
        self.status = status
        self.code = code
        self.sentences = sentences


def his_app(books: sqlite3.Connection, *, token: str, mllp_port: int = 0) -> Starlette:
    """FHIR under /fhir/R4 with the token, the pages of people and tests under /sandbox/his without.

    `mllp_port`: where it hears HL7 v2; 0: it does not.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if not mllp_port:
            yield
            return
        listener = await mllp.listen(books, mllp_port)
        yield
        listener.close()

    def fhir(endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            if not held.is_up(books):
                raise Refused(503, "transient", "the HIS is down")
            given = request.headers.get("authorization", "")
            if not compare_digest(given.encode(), f"Bearer {token}".encode()):
                raise Refused(401, "login", "a bearer token is required")
            return await endpoint(request)

        return _answered(guarded)

    async def put(request: Request) -> Response:
        kind, identity = _addressed(request)
        resource = _valid(_object(await body_of(request)))
        if (resource["resourceType"], resource["id"]) != (kind, identity):
            raise Refused(400, "invalid", "resourceType and id must be those of the address")
        existed = held.fetch(books, kind, identity) is not None
        with books:
            now_held = _hold(books, resource, request.headers.get("if-match"))
        return _resource(now_held, 200 if existed else 201)

    async def get(request: Request) -> Response:
        found = held.fetch(books, *_addressed(request))
        if found is None:
            raise Refused(404, "not-found", "no such resource")
        return _resource(found, 200)

    async def past(request: Request) -> Response:
        return _bundle("history", held.history(books, *_addressed(request)))

    async def search(request: Request) -> Response:
        try:
            found, onward = searching.search(books, request)
        except searching.NotSupported as failure:
            raise Refused(404 if failure.kind else 400, "not-supported", str(failure)) from failure
        return _bundle("searchset", found, onward)

    async def transact(request: Request) -> Response:
        bundle = _object(await body_of(request))
        if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "transaction":
            raise Refused(400, "invalid", "a transaction Bundle is expected here")
        resources = [_entry(entry) for entry in bundle.get("entry") or []]
        with books:
            results = [_hold(books, resource) for resource in resources]
        entries = [{"resource": found, "response": {"status": "200 OK", "etag": _etag(found)}} for found in results]
        return _json({"resourceType": "Bundle", "type": "transaction-response", "entry": entries})

    async def metadata(_: Request) -> Response:
        return _json(CAPABILITIES)

    async def show(_: Request) -> Response:
        latest = {kind: held.search(books, kind, held.Wanted(), limit=LISTED) for kind in _SHOWN}
        messages = v2_books.latest(books, limit=LISTED)
        body = drawn.overview(up=held.is_up(books), counts=held.counts(books), latest=latest, messages=messages)
        return page("HIS 沙箱", body, script="refresh.js")

    async def switch(request: Request) -> Response:
        up = (await fields_of(request)).get("up")
        wanted = {"true": True, "false": False}.get(str(up).lower())
        if wanted is None:
            return JSONResponse({"error": "malformed", "detail": "up 须为 true 或 false。"}, 422)
        held.set_up(books, wanted)
        return RedirectResponse("/sandbox/his", 303) if is_form(request) else JSONResponse({"up": wanted})

    return Starlette(
        routes=[
            Route("/fhir/R4/metadata", metadata, methods=["GET"]),
            Route("/fhir/R4", fhir(transact), methods=["POST"]),
            Route("/fhir/R4/{kind}", fhir(search), methods=["GET"]),
            Route("/fhir/R4/{kind}/{id}/_history", fhir(past), methods=["GET"]),
            Route("/fhir/R4/{kind}/{id}", fhir(get), methods=["GET"]),
            Route("/fhir/R4/{kind}/{id}", fhir(put), methods=["PUT"]),
            Route("/sandbox/his", show, methods=["GET"]),
            Route("/sandbox/his", switch, methods=["POST"]),
            Route("/sandbox/his/{kind}", _answered(search), methods=["GET"]),
            Route("/sandbox/his/{kind}/{id}/_history", _answered(past), methods=["GET"]),
            *common_routes(),
        ],
        lifespan=lifespan,
    )


_SHOWN = ("Appointment", "Slot", "PaymentReconciliation")
CAPABILITIES = {
    "resourceType": "CapabilityStatement",
    "status": "active",
    "date": "2026-11-01",
    "kind": "instance",
    "fhirVersion": "4.0.1",
    "format": ["json"],
    "rest": [
        {
            "mode": "server",
            "interaction": [{"code": "transaction"}],
            "resource": [
                {
                    "type": kind,
                    "versioning": "versioned-update",
                    "updateCreate": True,
                    "interaction": [{"code": code} for code in ("read", "update", "history-instance", "search-type")],
                    "searchParam": [
                        {"name": "identifier", "type": "token"},
                        *([{"name": "status", "type": "token"}] if kind != "Schedule" else []),
                        *([{"name": searching.TIMES[kind], "type": "date"}] if kind in searching.TIMES else []),
                    ],
                }
                for kind in sorted(ELEMENTS)
            ],
        }
    ],
}


def _answered(endpoint: Endpoint) -> Endpoint:
    async def answering(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refused as refusal:
            return _outcome(refusal)

    return answering


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = loads(body)
    except ValueError as failure:
        raise Refused(400, "structure", "the body is not JSON") from failure
    if not isinstance(found, dict):
        raise Refused(400, "structure", "the body is not a JSON object")
    return found


def _valid(resource: dict[str, Any]) -> dict[str, Any]:
    found = problems(resource)
    if found:
        raise Refused(422, "invariant", *found)
    return resource


def _hold(books: sqlite3.Connection, resource: dict[str, Any], etag: str | None = None) -> dict[str, Any]:
    """`etag`: If-Match, of the version that gives way."""
    try:
        return held.hold(books, resource, instead_of=etag.removeprefix("W/").strip('"') if etag else None)
    except held.Overtaken as overtaken:
        raise Refused(412, "conflict", str(overtaken)) from overtaken
    except held.Conflict as conflict:
        raise Refused(422, "value", str(conflict)) from conflict


def _entry(entry: Any) -> dict[str, Any]:
    request = entry.get("request") or {} if isinstance(entry, dict) else {}
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if request.get("method") != "PUT" or not isinstance(resource, dict):
        raise Refused(422, "not-supported", "every entry must PUT a resource")
    if request.get("url") != f"{resource.get('resourceType')}/{resource.get('id')}":
        raise Refused(422, "invalid", "request.url must be the resource's type and id")
    return _valid(resource)


def _addressed(request: Request) -> tuple[str, str]:
    kind = request.path_params["kind"]
    if kind not in ELEMENTS:
        raise Refused(404, "not-supported", f"{kind} is not served here")
    return kind, request.path_params["id"]


def _bundle(kind: str, resources: list[dict[str, Any]], onward: URL | None = None) -> Response:
    entries = [{"fullUrl": f"{each['resourceType']}/{each['id']}", "resource": each} for each in resources]
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": kind}
    bundle |= {"link": [{"relation": "next", "url": str(onward)}]} if onward else {"total": len(entries)}
    return _json(bundle | ({"entry": entries} if entries else {}))


def _resource(resource: dict[str, Any], status: int) -> Response:
    return _json(resource, status, {"ETag": _etag(resource)})


def _etag(resource: dict[str, Any]) -> str:
    return f'W/"{resource["meta"]["versionId"]}"'


def _outcome(refusal: Refused) -> Response:
    issues = [{"severity": "error", "code": refusal.code, "diagnostics": sentence} for sentence in refusal.sentences]
    return _json({"resourceType": "OperationOutcome", "issue": issues}, refusal.status)


def _json(content: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(dumps(content, ensure_ascii=False).encode(), status, headers, media_type=FHIR)
