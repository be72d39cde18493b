"""医院信息系统 over FHIR R4 REST, bearer token."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from hospital_app.domain import fhir
from hospital_app.domain.his import HisChange
from hospital_app.ports import Rejected, Silent, Unreachable

ASKED_AT_ONCE = 100
JSON = {"Content-Type": "application/fhir+json"}

#: Answers that may end without us changing the resource: overload, maintenance, a token being renewed.
PASSING = {401, 403, 408, 425, 429}


class FhirHis:
    """HisGateway and HisRecords over HTTP; one instance serves all threads."""

    def __init__(self, url: str, token: str, *, timeout_seconds: float = 5) -> None:
        """`url` is the FHIR base, such as https://his.hospital.example/fhir/R4."""
        self._base = url.rstrip("/")
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"},
            timeout=timeout_seconds,
            # A connection for each call: a restarted HIS or a forked worker never meets a stale one.
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,  # an internal system: never through a proxy of the environment
        )

    def send(self, change: HisChange) -> None:
        """One transaction: of a number and its appointment nobody over there ever sees one without the other."""
        resources = fhir.resources(change)
        if len(resources) == 1:
            self.put(resources[0])
            return
        entries = [{"resource": each, "request": {"method": "PUT", "url": _path(each)}} for each in resources]
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
        self._call("POST", self._base, json=bundle, headers=JSON)

    def put(self, resource: Mapping[str, Any]) -> None:
        """Create or update by resourceType + id."""
        self._call("PUT", _path(resource), json=dict(resource), headers=JSON)

    def held(self, kind: str, ids: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for first in range(0, len(ids), ASKED_AT_ONCE):
            asked = ids[first : first + ASKED_AT_ONCE]
            parameters = {"_id": ",".join(asked), "_count": str(len(asked))}
            bundle = self._call("GET", kind, params=parameters)
            found |= {entry["resource"]["id"]: entry["resource"] for entry in bundle.get("entry", [])}
        return found

    def replace(self, resource: Mapping[str, Any], version: str | None) -> None:
        if version is None:
            self.put(resource)
            return
        headers = JSON | {"If-Match": f'W/"{version}"'}
        self._call("PUT", _path(resource), json=dict(resource), headers=headers)

    def _call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TimeoutException as failure:
            raise Silent(f"HIS: {type(failure).__name__}") from failure
        except httpx.HTTPError as failure:
            raise Unreachable(f"HIS: {type(failure).__name__}") from failure
        if answer.status_code >= 500 or answer.status_code in PASSING:
            raise Unreachable(f"HIS: HTTP {answer.status_code}")
        content = _json_object(answer)
        if not answer.is_success:
            raise Rejected(str(answer.status_code), _diagnostics(content))
        return content


def _path(resource: Mapping[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _json_object(answer: httpx.Response) -> dict[str, Any]:
    """The body; {} if it has none, as some servers answer a PUT. Raises Unreachable."""
    if not answer.content:
        return {}
    try:
        found = answer.json()
    except ValueError as failure:
        raise Unreachable("HIS: the answer is not JSON") from failure
    if not isinstance(found, dict):
        raise Unreachable("HIS: the answer is not a resource")
    return found


def _diagnostics(outcome: Mapping[str, Any]) -> str:
    issues = outcome.get("issue") or []
    return "; ".join(str(issue.get("diagnostics") or issue.get("code")) for issue in issues)
