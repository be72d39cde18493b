"""What the holds of one batch write: numbers taken, appointments, keys, and what is owed to the world, each at once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.holding import Held, HoldRequest, Written
from hospital_app.domain.numbers import appointment_no, provider_day
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.operation import IdempotencyKey
from hospital_app.models.tables import table_of
from hospital_app.services import his_outbox, slots
from hospital_app.services.eligible import Masked
from hospital_app.services.lottery import digits
from hospital_app.services.opening import Clinic
from hospital_app.services.picking import Number
from hospital_app.work import Deed, Owed, Work


class Overtaken(Exception):
    """What was read is not so any more: the whole transaction is to be done again."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Who gets which number of which clinic, for whom."""

    request: HoldRequest
    person: Masked
    clinic: Clinic
    number: Number


_IDS = select(col(Appointment.no), col(Appointment.id)).where(
    col(Appointment.no).in_(bindparam("numbers", expanding=True))
)


def write(work: Work, grants: Sequence[Grant]) -> list[Held]:
    """Of locked numbers that can be taken. Raises Overtaken if one could not."""
    held_until = work.now + timedelta(minutes=work.rules.hold_minutes)
    _take(work, grants, held_until)
    rows = [_row(work, grant, held_until) for grant in grants]
    work.session.execute(insert(table_of(Appointment)), rows)
    ids = {row.no: row.id for row in work.session.execute(_IDS, {"numbers": [row["no"] for row in rows]})}
    written = [_written(ids[row["no"]] or 0, row, grant.person) for row, grant in zip(rows, grants, strict=True)]
    keys = [_key(work, grant.request, each.no) for grant, each in zip(grants, written, strict=True)]
    work.session.execute(insert(table_of(IdempotencyKey)), keys)
    owed = []
    for grant, each in zip(grants, written, strict=True):
        owed.append(his_outbox.owed_for(each.id, each, [_taken(grant.number)]))
        owed.append(Owed("hold.expire", {"no": each.no}, run_at=held_until))
    work.later_all(owed)
    work.record_all([_deed(work, grant, each) for grant, each in zip(grants, written, strict=True)])
    work.hint(
        "today", *(f"schedule:{each.schedule_id}" for each in written), *(f"appointment:{each.no}" for each in written)
    )
    return [Held(each.no, each.slot_id, held_until, each) for each in written]


def _take(work: Work, grants: Sequence[Grant], held_until: datetime) -> None:
    ids = [grant.number.id for grant in grants]
    done = work.change(
        update(Slot)
        .where(col(Slot.id).in_(ids), slots.takeable(work.now))
        .values(status=SlotStatus.HELD, held_until=held_until, version=col(Slot.version) + 1)
    )
    if done != len(ids):
        raise Overtaken


def _taken(number: Number) -> Number:
    return replace(number, status=SlotStatus.HELD.value, version=number.version + 1)


def _row(work: Work, grant: Grant, held_until: datetime) -> dict[str, Any]:
    request, clinic, number = grant.request, grant.clinic, grant.number
    return {
        "no": appointment_no(clinic.on, digits(8)),
        "account_id": request.account_id,
        "patient_id": request.patient_id,
        "schedule_id": clinic.id,
        "slot_id": number.id,
        "provider_day": provider_day(clinic.provider, clinic.on),
        "department_code": clinic.department_code,
        "doctor_id": clinic.doctor_id,
        "on": clinic.on,
        "seq": number.seq,
        "starts_at": number.starts_at,
        "ends_at": number.ends_at,
        "status": Status.PENDING.value,
        "cancel_reason": "",
        "held_until": held_until,
        "fee_fen": clinic.fee_fen,
        "changes": 0,
        "terminal": request.terminal,
        "channel": "online",
        "code": digits(8),
        "version": 1,
        "created_at": work.now,
    }


_WRITTEN = tuple(field.name for field in fields(Written) if field.name not in ("id", "patient_name", "document"))


def _written(appointment_id: int, row: dict[str, Any], person: Masked) -> Written:
    said = {name: row[name] for name in _WRITTEN}
    return Written(id=appointment_id, patient_name=person.name, document=person.document, **said)


def _key(work: Work, request: HoldRequest, no: str) -> dict[str, Any]:
    return {
        "account_id": request.account_id,
        "key": request.key,
        "body_hash": request.body_hash,
        "appointment_no": no,
        "created_at": work.now,
    }


def _deed(work: Work, grant: Grant, written: Written) -> Deed:
    detail = {"schedule_id": written.schedule_id, "seq": written.seq}
    return Deed(grant.request.actor or work.actor, "hold", f"appointment:{written.no}", detail)
