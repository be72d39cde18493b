"""随机返池：under an alert, a number that is given back opens to everybody at a random moment, so that nobody who waits
for it at the agreed second can take it over. The waitlist goes before, as always (slots.offerable).
"""

import json
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.changing import ScalpingAlert
from hospital_app.models.identity import LoginSession
from hospital_app.services.lottery import within
from hospital_app.work import Work

#: The newest; more at once are one attack on the same clinics.
ALERTS = 500


def opening_times(work: Work, *, slot_ids: Collection[int]) -> dict[int, datetime]:
    """Of these numbers, which are being given back, those that an open alert touches: by the account that had them or
    gives them back, by a device of it, or by the clinic that the alert is about. Without alerts this is one look.
    """
    seconds = work.rules.scalping_return_minutes * 60
    alerts = _open_alerts(work) if seconds else {}
    if not alerts:
        return {}
    clinics = {schedule_id for schedules in alerts.values() for schedule_id in schedules}
    numbers = work.session.execute(
        select(col(Slot.id), col(Slot.schedule_id), col(Slot.starts_at), col(Slot.opens_at)).where(
            col(Slot.id).in_(slot_ids)
        )
    ).all()
    owners = _owners(work, slot_ids)
    suspects = _suspects(work, set(alerts), {account for accounts in owners.values() for account in accounts})
    late: dict[int, datetime] = {}
    for slot_id, schedule_id, starts_at, opens_at in numbers:
        if slot_id is not None and (schedule_id in clinics or owners[slot_id] & suspects):
            at = work.now + timedelta(seconds=within(seconds))
            if at < starts_at and (opens_at is None or opens_at < at):
                late[slot_id] = at
    return late


def _open_alerts(work: Work) -> dict[int, tuple[int, ...]]:
    """Account → clinics, of the alerts that nobody handled and that are not too old."""
    rows = work.session.execute(
        select(col(ScalpingAlert.account_id), col(ScalpingAlert.evidence))
        .where(
            col(ScalpingAlert.handled_at).is_(None),
            col(ScalpingAlert.raised_at) > work.now - timedelta(hours=work.rules.scalping_watch_hours),
        )
        .order_by(col(ScalpingAlert.id).desc())
        .limit(ALERTS)
    )
    found: dict[int, tuple[int, ...]] = {}
    for account_id, evidence in rows:
        found[account_id] = (*found.get(account_id, ()), *json.loads(evidence).get("schedules", ()))
    return found


def _owners(work: Work, slot_ids: Collection[int]) -> dict[int, set[int]]:
    """Which accounts have, or had, each number; and who acts, for a number that was just left for another one."""
    mine = {work.actor.account_id} if work.actor.account_id is not None else set()
    owners: dict[int, set[int]] = {slot_id: set(mine) for slot_id in slot_ids}
    for column in (col(Appointment.slot_id), col(Appointment.next_slot_id)):
        for slot_id, account_id in work.session.execute(
            select(column, col(Appointment.account_id)).where(column.in_(slot_ids))
        ):
            owners[slot_id or 0].add(account_id)
    return owners


def _suspects(work: Work, alerted: set[int], owners: set[int]) -> set[int]:
    """Those accounts that an alert is about, and owners that used a device of one of them."""
    devices = devices_of(work, alerted)
    theirs = {device for account in alerted for device in devices.get(account, ())}
    return alerted | {account for account, used in devices_of(work, owners - alerted).items() if used & theirs}


def devices_of(work: Work, account_ids: Collection[int]) -> dict[int, set[str]]:
    """The devices that each of these accounts signed in with (hashes)."""
    found: dict[int, set[str]] = {}
    if account_ids:
        rows = work.session.execute(
            select(col(LoginSession.account_id), col(LoginSession.device))
            .where(col(LoginSession.account_id).in_(account_ids), col(LoginSession.device) != "")
            .distinct()
        )
        for account_id, device in rows:
            found.setdefault(account_id or 0, set()).add(device)
    return found
