"""转手 in the books: who gave a number to whom, and what is nobody's trick."""

from hospital_app.domain.policy import Rules
from hospital_app.flows import alerts, booking, scalping
from hospital_app.services import handovers
from hospital_app.services.handovers import Handover
from tests.services.test_late_returns import Somebody, one_number
from tests.services.test_misuse import signed_in
from tests.support.booked import HOSPITAL_ADMIN
from tests.support.builders import a_patient
from tests.support.house import House
from tests.support.statements import statements

WITHIN = Rules().scalping_handover_seconds


def handed(house: House, giver: Somebody, taker: Somebody, *, after: float = 3.0) -> int:
    schedule = one_number(house)
    booking.cancel(giver.actor, no=giver.hold(schedule))
    house.later(seconds=after)
    taker.hold(schedule)
    return schedule


def found(house: House) -> list[Handover]:
    return house.do(handovers.after, appointment_id=0)


def test_a_number_that_goes_to_somebody_else_at_once(house: House) -> None:
    giver, taker = Somebody(house), Somebody(house)
    schedule = handed(house, giver, taker)
    (one,) = found(house)
    assert (one.schedule_id, one.giver, one.taker, one.linked) == (schedule, giver.account, taker.account, False)
    assert house.do(handovers.after, appointment_id=one.taken_id) == []


def test_later_or_by_the_same_person_is_no_hand_over(house: House) -> None:
    giver, taker = Somebody(house), Somebody(house)
    handed(house, giver, taker, after=WITHIN + 1)
    handed(house, giver, giver)  # changed their mind
    assert found(house) == []


def test_to_another_person_of_the_same_account(house: House) -> None:
    mother = Somebody(house)
    schedule = one_number(house)
    booking.cancel(mother.actor, no=mother.hold(schedule))
    mother.person = a_patient(house.sessions, account_id=mother.account)
    mother.hold(schedule)
    (one,) = found(house)
    assert one.giver == one.taker == mother.account and not one.linked


def test_a_hold_that_runs_out_and_is_taken_at_the_same_second(house: House) -> None:
    giver, taker, schedule = Somebody(house), Somebody(house), one_number(house)
    giver.hold(schedule)
    house.later(minutes=Rules().hold_minutes)
    taker.hold(schedule)
    assert [(each.giver, each.taker) for each in found(house)] == [(giver.account, taker.account)]


def test_accounts_of_one_device_are_linked(house: House) -> None:
    giver, taker = Somebody(house), Somebody(house)
    for each in (giver, taker):
        signed_in(house, each.account, device="farm")
    handed(house, giver, taker)
    assert [each.linked for each in found(house)] == [True]


def test_while_nobody_books_the_books_are_not_searched(house: House) -> None:
    handed(house, Somebody(house), Somebody(house))
    alerts.watch_handovers()
    with statements(house.engine) as said:
        assert alerts.watch_handovers() == 0
    assert [each for each in said if "JOIN" in each] == []


def test_whoever_hands_over_again_and_again_is_reported(house: House) -> None:
    """And who took one number by chance is not even asked for a proof."""
    alerts.watch_handovers()
    giver, taker, lucky, unlucky = (Somebody(house) for _ in range(4))
    for each in (giver, taker):
        signed_in(house, each.account, device="farm")
    handed(house, unlucky, lucky)
    handed(house, giver, taker)
    assert alerts.watch_handovers() == 2
    assert alerts.watch_handovers() == 0, "counted once"
    handed(house, giver, taker)
    assert alerts.watch_handovers() == 1
    reported = {alert.account_id: alert for alert in alerts.listing(HOSPITAL_ADMIN)}
    assert set(reported) == {giver.account, taker.account}
    assert reported[giver.account].counts["linked"] == 2
    assert len(reported[giver.account].appointments) == 2
    scalping.settle()
    assert not scalping.proof_wanted(lucky.actor) and not scalping.proof_wanted(unlucky.actor)
