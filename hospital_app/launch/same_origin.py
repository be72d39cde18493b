"""One build of the front end for every host and port.

Reflex bakes the backend's URL, port included, into the bundle (`env.json`), and corrects only the
host name in the browser. Here the page's own origin is always the backend, so the corrected URL is
taken whole from `window.location`. See docs/decisions/0001-one-build-for-every-origin.md.
"""

from typing import Unpack

from reflex.plugins import Plugin
from reflex.plugins.base import PreCompileContext

STATE_JS = "utils/state.js"

BEFORE = """    const frontend_hostname = window.location.hostname;
    endpoint.hostname = frontend_hostname;
    if (window.location.protocol === "https:") {
      if (endpoint.protocol === "ws:") {
        endpoint.protocol = "wss:";
      } else if (endpoint.protocol === "http:") {
        endpoint.protocol = "https:";
      }
      endpoint.port = ""; // Assume websocket is on https port via load balancer.
    }
"""

AFTER = """    if (window.location.protocol === "https:") {
      endpoint.protocol = endpoint.protocol === "ws:" ? "wss:" : "https:";
    }
    endpoint.hostname = window.location.hostname;
    endpoint.port = window.location.port;
"""


def take_origin_from_the_page(source: str) -> str:
    """Rewrite Reflex's `getBackendURL`. Fails loudly when a new Reflex no longer has that text."""
    if AFTER in source:
        return source
    if source.count(BEFORE) != 1:
        raise RuntimeError(f"Reflex's {STATE_JS} has changed: look at getBackendURL there and adapt SameOrigin")
    return source.replace(BEFORE, AFTER)


class SameOrigin(Plugin):
    """Reflex plugin: the browser talks to the origin that the page came from."""

    def pre_compile(self, **context: Unpack[PreCompileContext]) -> None:
        context["add_modify_task"](STATE_JS, take_origin_from_the_page)
