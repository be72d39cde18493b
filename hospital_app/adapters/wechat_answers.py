"""What the SDK's calls answer: an object, or why not, in the words of the ports."""

import json
import logging
from collections.abc import Callable
from typing import Any

import requests

from hospital_app.ports import Rejected, Silent, Unreachable

log = logging.getLogger(__name__)

# Refusals that end without us changing the request: our account is topped up, our key is mended.
PASSING = {"NOTENOUGH", "FREQUENCYLIMITED", "RATELIMITED", "RATELIMITEXCEEDED", "SIGNERROR", "SYSTEMERROR"}


def ask(function: Callable[..., tuple[int, Any]], **arguments: Any) -> dict[str, Any]:
    """The JSON answer ({} for 204). Raises Unreachable or Rejected."""
    return json_object(ask_for_bytes(function, **arguments))


def ask_for_bytes(function: Callable[..., tuple[int, Any]], **arguments: Any) -> str | bytes:
    """The answer as it came: text if it is JSON, else bytes. Raises Unreachable or Rejected."""
    try:
        status, text = function(**arguments)
    except requests.Timeout as failure:
        raise Silent(f"WeChat: {type(failure).__name__}") from failure
    except requests.RequestException as failure:
        raise Unreachable(f"WeChat: {type(failure).__name__}") from failure
    except Exception as failure:  # the SDK raises bare Exception for an answer signed wrongly
        log.exception("WeChat's answer to %s could not be trusted", function.__name__)
        raise Unreachable("WeChat's answer could not be verified") from failure
    if 200 <= status < 300:
        answer: str | bytes = text
        return answer
    refusal = json_object(text)
    code = str(refusal.get("code", status))
    if status >= 500 or status in (401, 429) or plain(code) in PASSING:
        log.warning("WeChat refused %s for now: %s %s", function.__name__, status, code)
        raise Unreachable(f"WeChat: {status} {code}")
    raise Rejected(code, str(refusal.get("message", "")))


def plain(code: str) -> str:
    """The vendor spells its codes with underscores or without, by service and year."""
    return code.replace("_", "")


def json_object(text: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = {}
    return found if isinstance(found, dict) else {}
