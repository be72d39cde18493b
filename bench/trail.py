"""python -m bench.trail [entries]: how fast the audit trail is sealed and checked, on a MariaDB of its own."""

import sys
from time import perf_counter

from sqlalchemy import insert

from bench.stage import stage
from hospital_app import clock, container
from hospital_app.flows import trail
from hospital_app.models.operation import AuditEntry

ENTRIES = 200_000
AT_ONCE = 5_000
DETAIL = '{"schedule_id":4711,"seq":12,"before":{"phone":"138****5678"},"after":{"phone":"139****8765"}}'


def fill(count: int) -> None:
    """Entries as bookings write them."""
    now = clock.now()
    with container.container().sessions.begin() as session:
        rows = [
            {
                "at": now,
                "actor": f"account:{i % 4000}",
                "role": "patient",
                "address": "192.0.2.7",
                "action": "hold",
                "subject": f"appointment:GH2611{i:010d}",
                "detail": DETAIL,
            }
            for i in range(count)
        ]
        for begin in range(0, count, AT_ONCE):
            session.execute(insert(AuditEntry), rows[begin : begin + AT_ONCE])


def main(arguments: list[str]) -> int:
    count = int(arguments[0]) if arguments else ENTRIES
    with stage():
        fill(count)
        began = perf_counter()
        sealed = trail.seal_everything()
        between = perf_counter()
        inspection = trail.inspect()
        ended = perf_counter()
        idle = perf_counter()
        trail.seal_recent()
        idle = perf_counter() - idle
        if inspection.faults():
            raise SystemExit(inspection.faults()[0].text)
    links = inspection.walk.links
    print(f"sealed {sealed:,} entries in {between - began:.1f} s: {sealed / (between - began):,.0f} a second")
    print(f"checked {links:,} links in {ended - between:.1f} s: {links / (ended - between):,.0f} a second")
    print(f"a round with one new entry behind {links:,} sealed ones: {idle * 1000:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
