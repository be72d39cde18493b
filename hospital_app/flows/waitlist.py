"""候补 from end to end."""

from datetime import date

from sqlalchemy.exc import IntegrityError

from hospital_app.domain.identity import ANONYMOUS, SYSTEM, Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import waitlist, waitlist_offers
from hospital_app.services.waitlist import EntryView

LINES_AT_ONCE = 200
CLEARED_AT_ONCE = 500


def join(actor: Actor, *, provider: str, on: date, patient_id: int) -> EntryView:
    """Raises Refusal not_sold_out, unreleased, waitlist_closed, already_waiting, waitlist_full, and for the person what
    booking does.
    """
    try:
        return perform(actor, waitlist.join, provider=provider, on=on, patient_id=patient_id)
    except IntegrityError:  # the same wish from another account at the same moment
        raise waitlist.already_waiting() from None


def leave(actor: Actor, *, entry_id: int) -> None:
    perform(actor, waitlist.leave, entry_id=entry_id)


def listing(actor: Actor) -> list[EntryView]:
    return look(actor, waitlist.listing)


def with_ended(actor: Actor) -> list[EntryView]:
    """Also those that ended without a number, until their day is over."""
    return look(actor, waitlist.with_ended)


def ahead(*, provider: str, on: date) -> int:
    """How many wait in a line."""
    return look(ANONYMOUS, waitlist.ahead, provider=provider, on=on)


def sweep() -> int:
    """Every number that came free goes to who is first in its line; how many offers were made."""
    perform(SYSTEM, waitlist_offers.clear_over, limit=CLEARED_AT_ONCE)
    return sum(_offers(provider, on) for provider, on in perform(SYSTEM, waitlist_offers.due, limit=LINES_AT_ONCE))


def _offers(provider: str, on: date) -> int:
    made = 0
    try:
        while perform(SYSTEM, waitlist_offers.offer, provider=provider, on=on):
            made += 1
    except IntegrityError:  # the first in line booked at this moment: looked at again in the next round
        return made
    return made
