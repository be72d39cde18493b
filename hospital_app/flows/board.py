"""号源看板, for screens and for the API."""

from datetime import date, datetime

from hospital_app.container import container
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import board
from hospital_app.services.board import BoardRow, ClinicRow, Effect, NumberRow, Wanted


def today() -> date:
    return clinic_day(container().clock())


def now() -> datetime:
    return container().clock()


def rows(actor: Actor, *, days: int) -> list[BoardRow]:
    return look(actor, board.board, start=today(), days=days)


def clinics(actor: Actor, *, department_code: str, on: date) -> list[ClinicRow]:
    return look(actor, board.clinics, department_code=department_code, on=on)


def numbers(actor: Actor, *, schedule_id: int) -> list[NumberRow]:
    return look(actor, board.numbers, schedule_id=schedule_id)


def preview(actor: Actor, *, wanted: Wanted, closing: bool) -> Effect:
    return look(actor, board.preview, wanted=wanted, closing=closing)


def close(actor: Actor, *, wanted: Wanted) -> Effect:
    return perform(actor, board.close, wanted=wanted)


def reopen(actor: Actor, *, wanted: Wanted) -> Effect:
    return perform(actor, board.reopen, wanted=wanted)
