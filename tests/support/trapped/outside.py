"""A sandbox, trapped: its requests have their moments."""

import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import orjson

from hospital_app.sandbox import __main__ as sandboxes
from hospital_app.sandbox.serve import serve
from tests.support.traps import at

App = Callable[..., Any]


def watched(role: str, app: App) -> App:
    async def door(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        body = b"".join(message.get("body", b"") for message in messages)
        what = wish(scope["method"], scope["path"], scope["query_string"], body)
        at(f"{role}:{what}.before")

        async def again() -> Any:
            return messages.pop(0) if messages else await receive()

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                at(f"{role}:{what}.after")
            await send(message)

        await app(scope, again, answer)

    return door


def wish(method: str, path: str, query: bytes, body: bytes) -> str:
    """What is asked of it, in our adapters' words; `pay`: by the payer; of the bureau the transaction's number."""
    if path == "/csb":
        return str(orjson.loads(body)["infno"])[:4]
    if path == "/gateway.do":
        asked = dict(parse_qsl((query + b"&" + body).decode()))["method"].removeprefix("alipay.trade.")
        return {"fastpay.refund.query": "query_refund", "precreate": "create"}.get(asked, asked)
    if path.startswith("/v3/refund/"):
        return "refund" if method == "POST" else "query_refund"
    if path.startswith("/v3/pay/"):
        return "close" if path.endswith("/close") else "create" if method == "POST" else "query"
    return "pay" if path.startswith("/sandbox/cashier/") and method == "POST" else "other"


if __name__ == "__main__":
    sandboxes.serve = lambda app, port: serve(watched(sys.argv[1], app), port)  # type: ignore[attr-defined,arg-type]
    sys.exit(sandboxes.main(sys.argv[1:]))
