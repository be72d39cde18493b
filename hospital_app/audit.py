"""`python -m hospital_app audit`: counts every invariant, checks every link of the audit trail; exit 1 and the list if
one is broken."""

import time

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import trail, trail_copy
from hospital_app.flows.unit import perform
from hospital_app.services import audit

NAMED = 50


def main(_arguments: list[str]) -> int:
    lines = perform(SYSTEM, audit.broken)
    if not lines:
        print(f"audit: {len(audit.CHECKS)} invariants hold")
    lines += _chain()
    for line in lines[:NAMED]:
        print(f"audit: {line}")
    if not lines:
        return 0
    print(f"audit: {len(lines)} broken")
    return 1


def _chain() -> list[str]:
    late = trail.overdue()
    trail.seal_everything()
    began = time.perf_counter()
    inspection = trail.inspect()
    seconds = time.perf_counter() - began
    lines = [f"audit trail: {fault.text}" for fault in inspection.faults()]
    if differing := trail_copy.disagreement():
        lines.append(f"audit trail: {differing}")
    if late:
        lines.append(f"audit trail: {late} entries are older than a minute and not sealed: is a scheduler running?")
    if not lines:
        count = inspection.walk.links
        print(f"audit: {count} links of the audit trail hold ({count / max(seconds, 1e-9):,.0f} a second)")
    return lines
