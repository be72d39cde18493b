"""医院信息系统 over FHIR R4 REST, bearer token."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import httpx

from hospital_app.adapters.authorities import authorities
from hospital_app.domain import fhir
from hospital_app.domain.his import HisChange
from hospital_app.ports import Rejected, Silent, Unreachable

ASKED_AT_ONCE = 100
FOUND_AT_ONCE = 200
MOST_PAGES = 1000
#: R4's search parameter for the time of each kind.
SEARCHED = {"Appointment": "date", "Slot": "start", "PaymentReconciliation": "created"}
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
            verify=authorities(),
            trust_env=False,  # an internal system: never through a proxy of the environment
        )

    def send(self, change: HisChange) -> None:
        """One transaction: of a number and its appointment nobody over there ever sees one without the other."""
        self.add(fhir.resources(change))

    def add(self, resources: Sequence[Mapping[str, Any]]) -> None:
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

    def of_ours(self, kind: str, begin: datetime, end: datetime | None) -> Iterator[Sequence[dict[str, Any]]]:
        systems = fhir.SYSTEMS[kind]
        asked = [(SEARCHED[kind], f"ge{begin.isoformat()}")]
        asked += [] if end is None else [(SEARCHED[kind], f"lt{end.isoformat()}")]
        asked += [("identifier", ",".join(f"{system}|" for system in systems)), ("_count", str(FOUND_AT_ONCE))]
        bundle = self._call("GET", kind, params=tuple(asked))
        for _ in range(MOST_PAGES):
            found = [entry["resource"] for entry in bundle.get("entry", [])]
            yield [each for each in found if any(i.get("system") in systems for i in each.get("identifier", []))]
            onward = next((each["url"] for each in bundle.get("link", []) if each.get("relation") == "next"), None)
            if onward is None:
                return
            bundle = self._call("GET", self._inside(onward))
        raise Rejected("pages", f"{kind}: more than {MOST_PAGES} pages of one time")

    def _inside(self, address: str) -> str:
        """Our token goes to nobody else, whatever an answer says."""
        there = urljoin(f"{self._base}/", address)
        if not there.startswith((f"{self._base}/", f"{self._base}?")):
            raise Rejected("next", "the next page is not under the address of the HIS")
        return there

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
