"""Both sides are proved equal, a page at a time, and what differs is sent again."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.his_comparison import unlike
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import HisRecords, OutsideError, Rejected
from hospital_app.services import his_comparing
from hospital_app.services.his_comparing import Compared, Reading, Report, Stand

log = logging.getLogger(__name__)

PAGE = 50
#: In this order; each phase's name sorts before the next one's.
PHASES = ("appointments", "slots")


def nightly() -> bool:
    """One page of tonight's comparison; False if there is nothing to do. Goes on where a crash left it."""
    if container().his_records is None or not look(SYSTEM, his_comparing.is_due):
        return False
    return _step(perform(SYSTEM, his_comparing.begin)) is not None


def run(*, days: int | None = None) -> Report:
    """The whole of it at once. Raises Unreachable, and Refusal `his_unreadable` where the HIS cannot be read."""
    _records()
    stand: Stand | None = perform(SYSTEM, his_comparing.begin, days=days)
    while stand is not None:
        stand = _step(stand)
    found = report(SYSTEM)
    if found is None:
        raise AssertionError("a comparison that ran has a report")
    return found


def report(actor: Actor) -> Report | None:
    return look(actor, his_comparing.report)


def _step(stand: Stand) -> Stand | None:
    """Compare the next page; where to go on, None at the end."""
    ids = _next(stand)
    if not ids:
        later = [phase for phase in PHASES if phase > stand.phase]
        if later:
            onward = replace(stand, phase=later[0], after=0)
            perform(SYSTEM, his_comparing.note, stand=onward, counts={}, waiting=0, examples=[])
            return onward
        perform(SYSTEM, his_comparing.finish, comparison_id=stand.id)
        return None
    try:
        reading = _read(stand, ids)
        unequal = _unequal(reading.rows)
        if unequal:  # something may have changed between the two looks
            unequal = _unequal(_read(stand, sorted({row.owner for row, _ in unequal})).rows)
        found = [(row.name, " ".join(elements), _repaired(row)) for row, elements in unequal]
    except OutsideError as error:
        perform(SYSTEM, his_comparing.fail, comparison_id=stand.id, error=str(error))
        raise
    onward = replace(stand, after=ids[-1])
    counts = Counter(row.counted for row in reading.rows)
    perform(SYSTEM, his_comparing.note, stand=onward, counts=counts, waiting=reading.waiting, examples=found)
    return onward


def _next(stand: Stand) -> list[int]:
    reader = his_comparing.next_slots if stand.phase == "slots" else his_comparing.next_appointments
    return look(SYSTEM, reader, since=stand.since, after=stand.after, limit=PAGE)


def _read(stand: Stand, ids: list[int]) -> Reading:
    return look(SYSTEM, his_comparing.slots if stand.phase == "slots" else his_comparing.appointments, ids=ids)


def _unequal(rows: Sequence[Compared]) -> list[tuple[Compared, list[str]]]:
    """Those that the HIS does not hold as we do, and in which elements."""
    held = {
        kind: _records().held(kind, [row.resource["id"] for row in rows if row.resource["resourceType"] == kind])
        for kind in {row.resource["resourceType"] for row in rows}
    }
    found = [(row, unlike(row.resource, held[row.resource["resourceType"]].get(row.resource["id"]))) for row in rows]
    return [(row, elements) for row, elements in found if elements]


def _repaired(row: Compared) -> bool:
    """Send it again, in the place of whatever is held there at this moment; whether it is equal now."""
    kind, number = row.resource["resourceType"], row.resource["id"]
    theirs = _records().held(kind, [number]).get(number)
    try:
        _records().replace(row.resource, None if theirs is None else theirs["meta"]["versionId"])
    except Rejected as refusal:
        log.error("%s could not be repaired at the HIS: %s", row.name, refusal)
        return False
    return not unlike(row.resource, _records().held(kind, [number]).get(number))


def _records() -> HisRecords:
    records = container().his_records
    if records is None:
        raise Refusal("his_unreadable", "没有配置可读取的 HIS（FHIR）地址，无法核对。", 409)
    return records
