"""`python -m hospital_app audit`: counts every invariant; exit 1 and the list if one is broken."""

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows.unit import perform
from hospital_app.services import audit


def main(_arguments: list[str]) -> int:
    lines = perform(SYSTEM, audit.broken)
    if not lines:
        print(f"audit: {len(audit.CHECKS)} invariants hold")
        return 0
    for line in lines:
        print(f"audit: {line}")
    print(f"audit: {len(lines)} broken")
    return 1
