"""预约，或者：刚被约走时马上给出最近的几个时段。"""

from dataclasses import dataclass
from datetime import date, datetime

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.domain.on_behalf import Reason
from hospital_app.flows import booking, catalog, proof_of_work, waitlist
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.grid import FreePeriod
from hospital_app.services.rescheduling import Rescheduling
from hospital_app.services.waitlist import EntryView


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody was quicker: the nearest periods that are still free, the closest first."""

    nearest: tuple[FreePeriod, ...]


@dataclass(frozen=True, slots=True)
class Unproven:
    """A proof of work is wanted first; the browser finds it by itself and comes again."""


def hold_or_offer(
    actor: Actor, *, provider: str, schedule_id: int, starts_at: datetime, patient_id: int, key: str, proof: str
) -> AppointmentView | Gone | Unproven:
    """As booking.hold, but a number that has just gone is answered with what can be had instead.

    `proof`: of work, empty for who was not asked for one.
    """
    try:
        proof_of_work.check_hold(actor, proof=proof, schedule_id=schedule_id)
        return booking.hold(actor, schedule_id=schedule_id, starts_at=starts_at, patient_id=patient_id, key=key)
    except Refusal as refusal:
        if refusal.code == "proof_needed":
            return Unproven()
        if refusal.code != "slot_taken":
            raise
    return Gone(tuple(catalog.nearest_free(provider=provider, starts_at=starts_at)))


def move_or_prove(
    actor: Actor, *, no: str, schedule_id: int, starts_at: datetime, reason: Reason | None, proof: str
) -> tuple[AppointmentView, Rescheduling] | Unproven:
    """As booking.reschedule, with the same proof of work as a hold: it takes a number as well."""
    try:
        proof_of_work.check_hold(actor, proof=proof, schedule_id=schedule_id)
    except Refusal as refusal:
        if refusal.code != "proof_needed":
            raise
        return Unproven()
    return booking.reschedule(actor, no=no, schedule_id=schedule_id, starts_at=starts_at, reason=reason)


def join_line(actor: Actor, *, provider: str, on: date, patient_id: int, proof: str) -> EntryView | Unproven:
    """As waitlist.join, with the same proof of work as a hold."""
    try:
        proof_of_work.check_hold(actor, proof=proof)
    except Refusal as refusal:
        if refusal.code != "proof_needed":
            raise
        return Unproven()
    return waitlist.join(actor, provider=provider, on=on, patient_id=patient_id)
