"""停诊、调诊、加号: asked for by doctors, decided by admins, answered by patients with one tap."""

from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from hospital_app.container import container
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.change import Wanted
from hospital_app.domain.errors import malformed
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.domain.on_behalf import Reason
from hospital_app.domain.taking import slot_taken
from hospital_app.flows.booking import REPLAYS, one
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import change_effects, change_views, changes, displaced, own_calendar
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.change_effects import Effect
from hospital_app.services.change_views import ChangeView
from hospital_app.services.displaced import DisplacementView
from hospital_app.services.own_calendar import Askable, OwnClinic

SWEEP_LIMIT = 200


def request(actor: Actor, *, schedule_id: int, kind: str, wanted: Wanted, reason: str) -> int:
    """The id of the new request."""
    if wanted.starts_at is not None and wanted.starts_at.tzinfo is None:
        raise malformed("时间")
    return perform(actor, changes.request, schedule_id=schedule_id, kind=kind, wanted=wanted, reason=reason)


def withdraw(actor: Actor, *, change_id: int) -> None:
    perform(actor, changes.withdraw, change_id=change_id)


def approve(actor: Actor, *, change_id: int, answer: str = "") -> ChangeView:
    perform(actor, changes.approve, change_id=change_id, answer=answer)
    return look(actor, change_views.one, change_id=change_id)


def reject(actor: Actor, *, change_id: int, answer: str) -> ChangeView:
    perform(actor, changes.reject, change_id=change_id, answer=answer)
    return look(actor, change_views.one, change_id=change_id)


def own(actor: Actor) -> list[ChangeView]:
    return look(actor, change_views.own)


def inbox(actor: Actor, *, status: str = "") -> list[ChangeView]:
    return look(actor, change_views.inbox, status=status)


def open_count(actor: Actor) -> int:
    return look(actor, change_views.open_count)


def effect(actor: Actor, *, change_id: int) -> tuple[ChangeView, Effect]:
    """What is asked for, and what approving it would do now."""
    seen = look(actor, change_views.one, change_id=change_id)
    return seen, look(actor, change_effects.effect, change_id=change_id)


def displacement(actor: Actor, *, no: str) -> DisplacementView:
    """What a patient may choose after a suspension."""
    return look(actor, displaced.view, no=no)


def move(
    actor: Actor, *, no: str, schedule_id: int, starts_at: datetime, reason: Reason | None = None
) -> AppointmentView:
    """One tap to an equal doctor. What only a unique index saw is replayed: then the kind words are found."""
    if starts_at.tzinfo is None:
        raise malformed("就诊时段")
    for _ in range(REPLAYS):
        try:
            perform(actor, displaced.move_to, no=no, schedule_id=schedule_id, starts_at=starts_at, reason=reason)
        except IntegrityError:
            continue
        return one(actor, no=no)
    raise slot_taken()


def refund(actor: Actor, *, no: str, reason: Reason | None = None) -> AppointmentView:
    perform(actor, displaced.refund, no=no, reason=reason)
    return one(actor, no=no)


def sweep() -> int:
    """Refunds whoever did not choose in time; how many."""
    overdue = look(SYSTEM, displaced.due, limit=SWEEP_LIMIT)
    return sum(perform(SYSTEM, displaced.expire, no=no) for no in overdue)


def own_calendar_of(actor: Actor, *, start: date, days: int) -> list[OwnClinic]:
    return look(actor, own_calendar.calendar, start=start, days=days)


def askable(actor: Actor, *, schedule_id: int) -> Askable:
    """What a doctor may ask for one own clinic."""
    today = clinic_day(container().clock())
    return look(actor, own_calendar.askable, schedule_id=schedule_id, today=today)


def patient_of(actor: Actor, *, document_number: str) -> int:
    return perform(actor, own_calendar.patient_of, document_number=document_number)
