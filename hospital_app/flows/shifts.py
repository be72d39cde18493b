"""班次与交接, for screens and for the API."""

from datetime import date

from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import shift_views, shifts
from hospital_app.services.shift_views import Colleague, Movement, ShiftView


def begin(actor: Actor) -> ShiftView:
    return perform(actor, shifts.begin)


def close(actor: Actor, *, shift_id: int, counted_fen: int, handed_to: int | None, note: str) -> ShiftView:
    return perform(actor, shifts.close, shift_id=shift_id, counted_fen=counted_fen, handed_to=handed_to, note=note)


def receive(actor: Actor, *, shift_id: int) -> ShiftView:
    return perform(actor, shifts.receive, shift_id=shift_id)


def mine(actor: Actor) -> ShiftView | None:
    return look(actor, shift_views.mine)


def to_receive(actor: Actor) -> list[ShiftView]:
    return look(actor, shift_views.to_receive)


def history(actor: Actor) -> list[ShiftView]:
    return look(actor, shift_views.history)


def colleagues(actor: Actor) -> list[Colleague]:
    return look(actor, shift_views.colleagues)


def of_day(actor: Actor, *, on: date) -> list[ShiftView]:
    return look(actor, shift_views.of_day, on=on)


def one(actor: Actor, *, shift_id: int) -> ShiftView:
    return look(actor, shift_views.one, shift_id=shift_id)


def movements(actor: Actor, *, shift_id: int) -> list[Movement]:
    return look(actor, shift_views.movements, shift_id=shift_id)
