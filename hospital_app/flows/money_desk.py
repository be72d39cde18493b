"""财务台, for screens and for the API."""

from datetime import date

from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import money_desk, payment_history
from hospital_app.services.money_desk import PaymentRow, Tally, TroubledRefund
from hospital_app.services.payment_history import History


def today(actor: Actor, *, on: date) -> list[Tally]:
    return look(actor, money_desk.today, on=on)


def search(actor: Actor, *, number: str) -> list[PaymentRow]:
    return perform(actor, money_desk.search, number=number)


def troubled(actor: Actor) -> list[TroubledRefund]:
    return look(actor, money_desk.troubled)


def history(actor: Actor, *, payment_no: str) -> History:
    return look(actor, payment_history.history, payment_no=payment_no)
