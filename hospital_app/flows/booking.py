"""Booking from end to end: hold, look, cancel, reschedule, and the deadlines."""

import asyncio
from dataclasses import replace
from datetime import datetime

from icalendar import Alarm, Calendar, Event
from sqlalchemy.exc import IntegrityError

from hospital_app.container import container
from hospital_app.domain import authority
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import HOSPITAL_ZONE
from hospital_app.domain.errors import malformed
from hospital_app.domain.holding import Held, HoldRequest, Written
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.payment import Channel
from hospital_app.domain.policy import CancelQuote
from hospital_app.domain.taking import slot_taken
from hospital_app.domain.texts import one_line
from hospital_app.flows import payment, places
from hospital_app.flows.committer import committer
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import appointments, cancelling, releasing, rescheduling, slips
from hospital_app.services.appointments import AppointmentView, Onlooker, Place
from hospital_app.services.cancelling import Cancellation
from hospital_app.services.rescheduling import Rescheduling
from hospital_app.services.slips import SlipView

REPLAYS = 4
SWEEP_LIMIT = 500
SWEEP_BATCH = 500


def hold(actor: Actor, *, schedule_id: int, starts_at: datetime, patient_id: int, key: str) -> AppointmentView:
    """Lock one number for `hold_minutes`. `key` makes a repeated call give the same appointment.

    Raises Refusal slot_taken, limit_reached, duplicate_booking, patient_incomplete, unreleased, ...
    """
    wish = _wish(actor, schedule_id=schedule_id, starts_at=starts_at, patient_id=patient_id, key=key)
    return _held(actor, committer.hold(wish))


async def hold_soon(
    actor: Actor, *, schedule_id: int, starts_at: datetime, patient_id: int, key: str
) -> AppointmentView:
    """The same without a thread of its own while it waits."""
    wish = _wish(actor, schedule_id=schedule_id, starts_at=starts_at, patient_id=patient_id, key=key)
    held = await committer.hold_soon(wish)
    if held.written is not None:
        return _drawn(actor, held.written, await places.find_soon(schedule_id))
    return await asyncio.to_thread(_held, actor, held)


def hold_one(actor: Actor, request: HoldRequest) -> str:
    """The number of the appointment only."""
    return committer.hold(replace(request, actor=actor)).no


def _wish(actor: Actor, *, schedule_id: int, starts_at: datetime, patient_id: int, key: str) -> HoldRequest:
    account_id = authority.check_holder(actor, Right.BOOK)
    if starts_at.tzinfo is None:
        raise malformed("就诊时段")
    if not 1 <= len(key) <= 80:
        raise malformed("Idempotency-Key")
    return HoldRequest(account_id, patient_id, schedule_id, starts_at, key, actor.terminal, actor)


def _held(actor: Actor, held: Held) -> AppointmentView:
    if held.written is None:
        return one(actor, no=held.no)
    return _drawn(actor, held.written, places.find(held.written.schedule_id))


def _drawn(actor: Actor, written: Written, where: Place) -> AppointmentView:
    house = container()
    return appointments.just_held(Onlooker(actor.role, house.clock(), house.rules), written, where)


def listing(actor: Actor) -> list[AppointmentView]:
    return look(actor, appointments.listing)


def one(actor: Actor, *, no: str) -> AppointmentView:
    return look(actor, appointments.one, no=no)


def quote(actor: Actor, *, no: str) -> CancelQuote:
    return look(actor, cancelling.quote, no=no)


def cancel(actor: Actor, *, no: str, reason: Reason | None = None) -> Cancellation:
    return perform(actor, cancelling.cancel, no=no, reason=reason)


def reschedule(
    actor: Actor, *, no: str, schedule_id: int, starts_at: datetime, reason: Reason | None = None
) -> tuple[AppointmentView, Rescheduling]:
    """All or nothing. Dearer: the answer carries the payment that completes it."""
    if starts_at.tzinfo is None:
        raise malformed("就诊时段")
    for _ in range(REPLAYS):
        try:
            done = perform(
                actor,
                rescheduling.reschedule,
                no=no,
                schedule_id=schedule_id,
                starts_at=starts_at,
                channel=Channel.WECHAT.value,
                reason=reason,
            )
        except IntegrityError:
            continue
        if done.payment is not None:
            payment.open_at_channel(actor, payment_no=done.payment.no)
        return one(actor, no=no), done
    raise slot_taken()


def abandon_reschedule(actor: Actor, *, no: str, reason: Reason | None = None) -> AppointmentView:
    perform(actor, rescheduling.abandon, no=no, reason=reason)
    return one(actor, no=no)


def slip(actor: Actor, *, no: str) -> SlipView:
    return look(actor, slips.view, no=no)


def ics(actor: Actor, *, no: str) -> bytes:
    """The appointment as an iCalendar file with a reminder two hours before."""
    seen = one(actor, no=no)
    house = container().settings
    calendar = Calendar()
    calendar.add("prodid", "-//Guahao//zh-CN")
    calendar.add("version", "2.0")
    event = Event()
    event.add("uid", f"{seen.no}@guahao")
    event.add("dtstamp", seen.created_at)
    event.add("dtstart", seen.starts_at.astimezone(HOSPITAL_ZONE))
    event.add("dtend", seen.ends_at.astimezone(HOSPITAL_ZONE))
    event.add("summary", one_line(f"{house.hospital_name} {seen.department_name} 第{seen.seq}号"))
    event.add("location", one_line(f"{seen.location} {seen.room}"))
    event.add("status", "CANCELLED" if seen.status == "cancelled" else "CONFIRMED")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "就诊提醒")
    alarm["trigger"] = "-PT2H"
    event.add_component(alarm)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def expire(*, nos: list[str]) -> None:
    """The job at the deadline of holds that were granted together; each ends by itself."""
    for no in nos:
        perform(SYSTEM, releasing.expire, no=no)


def sweep() -> int:
    """Ends whatever is overdue, whichever job was lost; how many."""
    done = 0
    while ended := perform(SYSTEM, releasing.expire_due, limit=SWEEP_BATCH):
        done += len(ended)
    movers = perform(SYSTEM, releasing.overdue_movers, limit=SWEEP_LIMIT)
    return done + sum(perform(SYSTEM, releasing.expire_next_slot, appointment_id=mover) for mover in movers)
