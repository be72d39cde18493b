"""Both sides are proved equal, a page at a time, and what differs is sent again.

First what we have is looked for there, then what is there is looked for here. What only the HIS has is told to people:
nothing over there is cancelled by itself, because whoever stands behind it may be in the waiting room.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.his_comparison import MISSING, NEVER_WAS, described, next_days, unlike
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import HisRecords, OutsideError, Rejected
from hospital_app.services import his_comparing
from hospital_app.services.his_comparing import Compared, Reading, Report, Stand

log = logging.getLogger(__name__)

PAGE = 50
AT_A_TIME_SECONDS = 2
#: What the HIS has, by the phase in which it is asked for.
THEIRS = {"their-dates": "Appointment", "their-money": "PaymentReconciliation", "their-slots": "Slot"}
#: In this order; each phase's name sorts before the next one's.
PHASES = ("appointments", "slots", *THEIRS)


@dataclass(frozen=True, slots=True)
class Found:
    """One page, and where it ends. `unequal`: rows of ours with the elements that differ, looked at twice."""

    after: int
    counts: Counter[str]
    waiting: int
    unequal: Sequence[tuple[Compared, list[str]]]
    strangers: Sequence[tuple[str, str]] = ()


def nightly() -> bool:
    """Some pages of tonight's comparison; False if there is nothing to do. Goes on where a crash or outage left it."""
    if container().his_records is None or not look(SYSTEM, his_comparing.is_due):
        return False
    began = monotonic()
    stand: Stand | None = perform(SYSTEM, his_comparing.begin)
    try:
        while stand is not None and monotonic() - began < AT_A_TIME_SECONDS:
            stand = _step(stand)
    except OutsideError as error:
        log.warning("the comparison with the HIS waits: %s", error)
    return stand is not None


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
    try:
        page = _theirs(stand) if stand.phase in THEIRS else _ours(stand)
        repaired = [] if page is None else _repaired(page.unequal)
    except OutsideError as error:
        perform(SYSTEM, his_comparing.fail, comparison_id=stand.id, error=str(error))
        raise
    if page is None:
        return _next_phase(stand)
    onward = replace(stand, after=page.after)
    perform(
        SYSTEM,
        his_comparing.note,
        stand=onward,
        counts=page.counts,
        waiting=page.waiting,
        examples=repaired,
        strangers=page.strangers,
    )
    for name, told in page.strangers:
        log.error("only the HIS has %s: %s", name, told)
    return onward


def _next_phase(stand: Stand) -> Stand | None:
    later = [phase for phase in PHASES if phase > stand.phase]
    if not later:
        perform(SYSTEM, his_comparing.finish, comparison_id=stand.id)
        return None
    onward = replace(stand, phase=later[0], after=0)
    perform(SYSTEM, his_comparing.note, stand=onward, counts={}, waiting=0, examples=[])
    return onward


def _ours(stand: Stand) -> Found | None:
    """The next rows of ours, as they are there; None: these were all."""
    reader = his_comparing.next_slots if stand.phase == "slots" else his_comparing.next_appointments
    ids = look(SYSTEM, reader, since=stand.since, after=stand.after, limit=PAGE)
    if not ids:
        return None
    kind = "Slot" if stand.phase == "slots" else "Appointment"
    reading = _read(kind, ids)
    owners = {row.owner for row, _ in _unequal(reading.rows)}
    counts = Counter(row.counted for row in reading.rows)
    return Found(ids[-1], counts, reading.waiting, _unequal_still(kind, owners))


def _theirs(stand: Stand) -> Found | None:
    """What they have of the next day, as it is here; None: that was the last."""
    days = next_days(since=stand.since, after=stand.after, now=container().clock())
    if days is None:
        return None
    on, begin, end = days
    kind = THEIRS[stand.phase]
    owners: set[int] = set()
    strangers: list[tuple[str, str]] = []
    for page in _records().of_ours(kind, begin, end):
        unlike_ours, unknown = _looked_up(kind, {each["id"]: each for each in page})
        owners |= unlike_ours
        strangers += unknown
    return Found(on, Counter(), 0, _unequal_still(kind, owners), strangers)


def _looked_up(kind: str, held: dict[str, dict[str, Any]]) -> tuple[set[int], list[tuple[str, str]]]:
    """Whose rows are otherwise here, and what is not ours at all. Read after theirs: what is ours was here first."""
    known = look(SYSTEM, his_comparing.owners, kind=kind, ids=list(held))
    reading = _read(kind, sorted(set(known.values())))
    ours = {row.resource["id"]: row for row in reading.rows if row.resource["resourceType"] == kind}
    settled = {row.owner for row in reading.rows}
    owners = {ours[number].owner for number in held.keys() & ours if unlike(ours[number].resource, held[number])}
    strangers = [
        (f"{kind}/{number}", described(theirs))
        for number, theirs in held.items()
        if number not in ours and theirs.get("status") != NEVER_WAS and known.get(number, 0) in settled | {0}
    ]
    return owners, strangers


def _read(kind: str, ids: Sequence[int]) -> Reading:
    return look(SYSTEM, his_comparing.slots if kind == "Slot" else his_comparing.appointments, ids=ids)


def _unequal(rows: Sequence[Compared]) -> list[tuple[Compared, list[str]]]:
    """Those that the HIS does not hold as we do, and in which elements."""
    held = {
        kind: _records().held(kind, [row.resource["id"] for row in rows if row.resource["resourceType"] == kind])
        for kind in {row.resource["resourceType"] for row in rows}
    }
    found = [(row, unlike(row.resource, held[row.resource["resourceType"]].get(row.resource["id"]))) for row in rows]
    return [(row, elements) for row, elements in found if elements]


def _unequal_still(kind: str, owners: set[int]) -> list[tuple[Compared, list[str]]]:
    """Looked at once more: something may have changed between reading the one side and the other."""
    return _unequal(_read(kind, sorted(owners)).rows) if owners else []


def _repaired(unequal: Sequence[tuple[Compared, list[str]]]) -> list[tuple[str, str, bool]]:
    """Each of them with whether it is equal now. What is not there at all goes at once."""
    missing = [row for row, elements in unequal if elements == [MISSING]]
    added = _added(missing)
    return [(row.name, " ".join(elements), row.name in added or _replaced(row)) for row, elements in unequal]


def _added(missing: Sequence[Compared]) -> set[str]:
    """Names of those that are equal now."""
    if len(missing) < 2:
        return set()
    try:
        _records().add([row.resource for row in missing])
    except Rejected as refusal:
        log.warning("%d resources go one by one: %s", len(missing), refusal)
        return set()
    return {row.name for row in missing} - {row.name for row, _ in _unequal(missing)}


def _replaced(row: Compared) -> bool:
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
