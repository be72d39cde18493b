"""The interface as its own description tells it, called with whatever fits that description and whatever does not."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from hospital_app.api.app import make_api
from tests.support.terminal import ORIGIN, Terminal

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


@dataclass
class Found:
    """What became of all calls: each operation's statuses, and what was wrong."""

    calls: int = 0
    statuses: dict[str, set[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def operations() -> Iterator[Any]:
    """Every operation of the description, as schemathesis knows it."""
    described = make_api().openapi()
    calls = [call for methods in described["paths"].values() for call in methods.values()]
    files = {kind for call in calls for kind in call.get("requestBody", {}).get("content", {})} - {"application/json"}
    if files:
        schemathesis.serializer(*files)(_as_it_is)
    schema = schemathesis.openapi.from_dict(described)
    for result in schema.get_all_operations():
        yield result.ok()


def _as_it_is(_: Any, content: Any) -> bytes:
    """A file is whatever was made up for it."""
    return content if isinstance(content, bytes) else str(content).encode(errors="replace")


def fuzz(
    operation: Any, terminal: Terminal, *, existing: Mapping[str, Any], examples: int, number: int, found: Found
) -> None:
    """So many calls that fit the description, with `existing` things where it asks for them, and as many that don't."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        filling = existing if mode is GenerationMode.POSITIVE else {}

        def call(case: Any, filling: Mapping[str, Any] = filling) -> None:
            for part in (case.path_parameters, case.body):
                if isinstance(part, dict):
                    part.update({name: filling[name] for name in part if name in filling})
            _ask(operation.label, case, terminal, found)

        try:
            _with_examples(operation.as_strategy(generation_mode=mode), call, examples=examples, number=number)
        except Exception as failure:  # of the generator's or the check's own
            found.wrong.append(f"{operation.label} {mode}: {type(failure).__name__}: {failure}")


def _with_examples(strategy: Any, call: Callable[[Any], None], *, examples: int, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def each(case: Any) -> None:
        call(case)

    each()


def _ask(label: str, case: Any, terminal: Terminal, found: Found) -> None:
    asked = case.as_transport_kwargs(base_url=ORIGIN)
    request = {name: asked[name] for name in ("params", "json", "headers") if asked.get(name) is not None}
    if asked.get("data") is not None:
        request["data" if isinstance(asked["data"], dict) else "content"] = asked["data"]
    answer = terminal.ask(asked["method"], asked["url"], **request)
    found.calls += 1
    found.statuses.setdefault(label, set()).add(answer.status_code)
    said = f"{label} {asked['url'][:200]} {str(request)[:300]} → {answer.status_code}"
    if answer.status_code >= 500:
        found.wrong.append(f"{said} {answer.text[:200]}")
    try:
        case.validate_response(answer, checks=CHECKS)
    except Exception as failure:  # what the description does not say
        found.wrong.append(f"{said} {failure}")
