"""What comes in by the socket is an event in its one shape, for a handler that there is; nothing else gets to Reflex.

Without this a client may speak for the server itself (`connect` with an address and a cookie of its choice,
`disconnect`), and whatever is misshapen fails deep inside, with a trace in the log for each.
"""

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import reflex as rx
from reflex.app import EventNamespace
from reflex_base.constants.state import FIELD_MARKER
from reflex_base.registry import RegistrationContext

from hospital_app.domain.errors import Refusal, malformed
from state.access import OF_REFLEX, short_name
from state.notice import NoticeState

log = logging.getLogger(__name__)
_NOT_CODE = re.compile(r"[^\x20-\x7e]+|\\u[0-9a-fA-F]{4}")

SHOW = f"{NoticeState.get_full_name()}.show"
#: socket.io's events of a client, and how many arguments each brings.
OF_CLIENTS = {"event": 1, "ping": 0, "client_error": 1}
DEEPEST = 12
LONGEST_PATH = 500
LONGEST_STORED = 1000
LONGEST_REPORT = 500


def keep_out_what_is_no_event(app: rx.App) -> None:
    """From now on; whoever sends a frame that is none is put out."""
    namespace, sio = app.event_namespace, app.sio
    if namespace is None or sio is None:
        return
    _only_genuine_events(namespace)
    _only_whole_events(namespace)
    listen = sio.eio.handlers["message"]

    async def message(eio_sid: str, data: Any) -> None:
        try:
            await listen(eio_sid, data)
        except Exception as fault:
            log.info("a frame that is none: %s", type(fault).__name__)
            await sio.eio.disconnect(eio_sid)

    sio.eio.on("message", message)


def report_of_a_page(exception: Exception) -> None:
    """What a browser says went wrong there: anybody's text, so one short line, and of letters only those of code."""
    report = _NOT_CODE.sub("…", " ".join(str(exception).split()))
    log.warning("a page reports: %s", report[:LONGEST_REPORT])


def _only_genuine_events(namespace: EventNamespace) -> None:
    """A client's `connect` or `disconnect` is an event of that name, not what happened to its socket."""
    trigger = namespace.trigger_event

    async def trigger_event(event: Any, *arguments: Any) -> Any:
        if event == "connect":
            genuine = arguments[1] is namespace.server.get_environ(arguments[0], namespace.namespace)
        elif event == "disconnect":
            genuine = not namespace.server.manager.is_connected(arguments[0], namespace.namespace)
        else:
            genuine = isinstance(event, str) and OF_CLIENTS.get(event) == len(arguments) - 1
        return await trigger(event, *arguments) if genuine else None

    namespace.trigger_event = trigger_event


def _only_whole_events(namespace: EventNamespace) -> None:
    listen = namespace.on_event

    async def on_event(sid: str, data: Any) -> None:
        event = whole_event(data)
        if event is not None:
            await listen(sid, event)

    namespace.on_event = on_event


def whole_event(data: Any) -> dict[str, Any] | None:
    """The event as Reflex may have it, or the notice that says why not; None for what is no event at all."""
    if not isinstance(data, dict) or not isinstance(data.get("name"), str) or _deeper(data, DEEPEST):
        return None
    router = _router(data.get("router_data"))
    payload = data.get("payload") or {}
    if data["name"] not in RegistrationContext.get().event_handlers:
        return _notice(Refusal("page_outdated", "页面已更新，请刷新后再试。", 409), router)
    if not isinstance(payload, dict):
        return _notice(malformed("输入"), router)
    if short_name(data["name"]) in OF_REFLEX:
        payload = {name: value for name, value in _for_reflex(payload).items() if value is not None}
    return {"name": data["name"], "payload": payload, "router_data": router}


def _for_reflex(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Ours take anything; Reflex's own handlers fail on what their front end never sends: None stands in for it."""
    hashes = payload.get("hashes")
    return {
        "vars": _stored(payload.get("vars")) if "vars" in payload else None,
        "hashes": hashes if isinstance(hashes, list) and all(isinstance(part, str) for part in hashes) else None,
        "value": bool(payload["value"]) if "value" in payload else None,
        **{name: str(payload[name])[:LONGEST_REPORT] for name in ("info", "component_stack") if name in payload},
    }


def _stored(given: Any) -> dict[str, str]:
    """What the browser keeps for us (language, text size), of all that it says it keeps."""
    return {
        name: value
        for name, value in (given.items() if isinstance(given, dict) else ())
        if isinstance(value, str) and len(value) <= LONGEST_STORED and _is_stored(name)
    }


@lru_cache(maxsize=500)
def _is_stored(name: str) -> bool:
    state, _, var = name.rpartition(".")
    try:
        return bool(rx.State.get_class_substate(state)._is_client_storage(var.removesuffix(FIELD_MARKER)))
    except ValueError:
        return False


def _router(given: Any) -> dict[str, Any]:
    """Where the page says that it is: an address of ours and its parameters, all of them text."""
    if not isinstance(given, dict):
        return {}
    found: dict[str, Any] = {}
    for name in ("pathname", "asPath"):
        path = given.get(name)
        if isinstance(path, str) and len(path) <= LONGEST_PATH and path.startswith("/") and not path.startswith("//"):
            found[name] = path
    query = given.get("query")
    if isinstance(query, dict):
        found["query"] = {name: value for name, value in query.items() if _is_parameter(value)}
    return found


def _is_parameter(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(part, str) for part in value))


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(part, levels - 1) for part in parts)


def _notice(refusal: Refusal, router: dict[str, Any]) -> dict[str, Any]:
    values = {name: str(value) for name, value in refusal.params.items()}
    return {"name": SHOW, "payload": {"text": refusal.template, "values": values}, "router_data": router}
