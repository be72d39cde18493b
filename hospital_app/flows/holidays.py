"""节假日 and make-up workdays, as the hospital's admin corrects them."""

from datetime import date

from hospital_app.domain.identity import Actor
from hospital_app.flows import schedules
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import holidays
from hospital_app.services.holidays import SpecialDay, UnlistedYear


def coming(actor: Actor) -> list[SpecialDay]:
    return look(actor, holidays.coming)


def unlisted(actor: Actor) -> UnlistedYear | None:
    """The year whose national calendar nobody has entered yet."""
    return look(actor, holidays.unlisted)


def correct(actor: Actor, *, on: date, last: date | None = None, workday: bool, name: str) -> None:
    """One day, or all from `on` to `last`. A day that opens gets its clinics at once, if it is near enough."""
    perform(actor, holidays.set_overrides, first=on, last=last or on, workday=workday, name=name)
    schedules.generate_ahead()


def drop(actor: Actor, *, on: date) -> None:
    perform(actor, holidays.drop_override, on=on)
    schedules.generate_ahead()
