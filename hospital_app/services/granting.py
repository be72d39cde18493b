"""What the holds of one batch write: numbers taken, appointments, keys, and what is owed to the world, each at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import Update, bindparam, update
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.holding import Held, HoldRequest, Written
from hospital_app.domain.numbers import appointment_no, provider_day
from hospital_app.models.booking import Appointment, Slot
from hospital_app.models.operation import IdempotencyKey
from hospital_app.models.tables import write_rows
from hospital_app.models.types import UtcDateTime
from hospital_app.services import his_outbox, slots
from hospital_app.services.eligible import Masked
from hospital_app.services.lottery import digits
from hospital_app.services.opening import Clinic
from hospital_app.services.picking import Number
from hospital_app.work import Deed, Owed, Work


class Overtaken(Exception):
    """What was read is not so any more: the whole transaction is to be done again."""


class Grant(NamedTuple):
    """Who gets which number of which clinic, for whom."""

    request: HoldRequest
    person: Masked
    clinic: Clinic
    number: Number


def write(work: Work, grants: Sequence[Grant]) -> list[Held]:
    """Of locked numbers that can be taken. Raises Overtaken if one could not."""
    held_until = work.now + timedelta(minutes=work.rules.hold_minutes)
    _take(work, grants, held_until)
    same: dict[str, Any] = {
        "status": Status.PENDING.value,
        "cancel_reason": "",
        "changes": 0,
        "channel": "online",
        "version": 1,
    }
    rows = [_row(grant) for grant in grants]
    write_rows(work.session, Appointment, rows, names=_COLUMNS, **same, held_until=held_until, created_at=work.now)
    numbers = [row[0] for row in rows]
    written = [_written(work, row, grant, held_until) for row, grant in zip(rows, grants, strict=True)]
    pairs = list(zip(grants, written, strict=True))
    keys = [(grant.request.account_id, grant.request.key, grant.request.body_hash, each.no) for grant, each in pairs]
    write_rows(work.session, IdempotencyKey, keys, names=_KEY_COLUMNS, created_at=work.now)
    synced = [his_outbox.owed_for(each, [_taken(grant.number)]) for grant, each in pairs]
    work.later_all([*synced, Owed("hold.expire", {"nos": numbers}, run_at=held_until)])
    work.record_all([_deed(work, grant, each) for grant, each in pairs])
    work.hint("today", *(f"schedule:{each.schedule_id}" for each in written))
    work.hint(*(f"appointment:{no}" for no in numbers))
    return [Held(each.no, each.slot_id, held_until, each) for each in written]


@cache
def _taking() -> Update:
    now = cast("datetime", bindparam("now", type_=UtcDateTime()))
    return (
        update(Slot)
        .where(col(Slot.id).in_(bindparam("ids", expanding=True, literal_execute=True)), slots.takeable(now))
        .values(status=SlotStatus.HELD.value, held_until=bindparam("until"), version=col(Slot.version) + 1)
    )


def _take(work: Work, grants: Sequence[Grant], held_until: datetime) -> None:
    ids = [grant.number.id for grant in grants]
    if work.rows_changed(_taking(), {"ids": ids, "now": work.now, "until": held_until}) != len(ids):
        raise Overtaken


def _taken(number: Number) -> Number:
    return number._replace(status=SlotStatus.HELD.value, version=number.version + 1)


_COLUMNS = (
    "no", "account_id", "patient_id", "schedule_id", "slot_id", "provider_day", "department_code", "doctor_id", "on",
    "seq", "starts_at", "ends_at", "fee_fen", "terminal", "code",
)  # fmt: skip
_KEY_COLUMNS = ("account_id", "key", "body_hash", "appointment_no")


def _row(grant: Grant) -> tuple[Any, ...]:
    """In the order of _COLUMNS."""
    request, clinic, number = grant.request, grant.clinic, grant.number
    lot = digits(16)
    return (
        appointment_no(clinic.on, lot[:8]), request.account_id, request.patient_id, clinic.id, number.id,
        provider_day(clinic.provider, clinic.on), clinic.department_code, clinic.doctor_id, clinic.on,
        number.seq, number.starts_at, number.ends_at, clinic.fee_fen, request.terminal, lot[8:],
    )  # fmt: skip


def _written(work: Work, row: tuple[Any, ...], grant: Grant, held_until: datetime) -> Written:
    return Written(
        no=row[0],
        version=1,
        status=Status.PENDING.value,
        cancel_reason="",
        patient_id=grant.request.patient_id,
        schedule_id=grant.clinic.id,
        slot_id=grant.number.id,
        department_code=grant.clinic.department_code,
        doctor_id=grant.clinic.doctor_id,
        seq=grant.number.seq,
        starts_at=grant.number.starts_at,
        ends_at=grant.number.ends_at,
        held_until=held_until,
        fee_fen=grant.clinic.fee_fen,
        code=row[-1],
        created_at=work.now,
        patient_name=grant.person.name,
        document=grant.person.document,
    )


def _deed(work: Work, grant: Grant, written: Written) -> Deed:
    detail = {"schedule_id": written.schedule_id, "seq": written.seq}
    return Deed(grant.request.actor or work.actor, "hold", f"appointment:{written.no}", detail)
