"""窗口代办: a clerk acts for any patient and says why; the same words without a reason do nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor
from hospital_app.domain.on_behalf import NOTE_MAX, Reason, Why
from hospital_app.flows import booking, trail, waiting
from hospital_app.models.booking import Appointment
from hospital_app.services import payments
from hospital_app.services.trail_search import Wanted
from tests.support.booked import CLERK, HOSPITAL_ADMIN, KIOSK, a_booked_appointment
from tests.support.builders import TOMORROW, a_doctor, a_schedule, first_period, people
from tests.support.house import House, patient_actor

FAMILY = Reason(Why.FAMILY)
Act = Callable[[Actor, Reason | None], object]


def refused(act: Act, actor: Actor, reason: Reason | None) -> str:
    with pytest.raises(Refusal) as refusal:
        act(actor, reason)
    return refusal.value.code


def told() -> list[tuple[str, str, str, str]]:
    found = trail.search(HOSPITAL_ADMIN, wanted=Wanted(action="counter.on-behalf")).entries
    return [(e.subject, e.detail["act"], e.detail["reason"], e.detail["note"]) for e in reversed(found)]


def status_of(house: House, no: str) -> str:
    with house.sessions() as session:
        return session.scalars(select(col(Appointment.status)).where(col(Appointment.no) == no)).one()


def cancelling(no: str) -> Act:
    return lambda actor, reason: booking.cancel(actor, no=no, reason=reason)


@pytest.fixture
def no(house: House) -> str:
    """A booked appointment of tomorrow."""
    return a_booked_appointment(house.sessions, schedule_id=a_schedule(house.sessions)).no


def test_a_clerk_cancels_for_a_reason_only(house: House, no: str) -> None:
    assert refused(cancelling(no), CLERK, None) == "reason_needed"
    assert (status_of(house, no), told()) == ("booked", [])
    booking.cancel(CLERK, no=no, reason=FAMILY)
    assert (status_of(house, no), told()) == ("cancelled", [(f"appointment:{no}", "cancel", "family", "")])
    booking.cancel(CLERK, no=no)  # asked again: the same answer, nothing done, nothing to explain
    assert len(told()) == 1
    assert house.broken() == []


def test_patients_and_the_house_itself_need_none(house: House, no: str) -> None:
    with house.sessions() as session:
        account_id = session.scalars(select(col(Appointment.account_id)).where(col(Appointment.no) == no)).one()
    booking.cancel(patient_actor(account_id), no=no)
    assert told() == []


@pytest.mark.parametrize("note", ["", "   ", "急急急", "\u200b\u200b\u200b\u200b", "长" * (NOTE_MAX + 1)])
def test_another_reason_is_told_in_words(house: House, no: str, note: str) -> None:
    assert refused(cancelling(no), CLERK, Reason(Why.OTHER, note)) == "reason_needed"


def test_what_is_told_stays_text_and_holds_no_number_of_a_person(house: House, no: str) -> None:
    note = "<script>\u202e 患者\r\n电话 13800138000 要求"
    booking.cancel(CLERK, no=no, reason=Reason(Why.OTHER, note))
    assert told()[0][3] == "<script> 患者 电话 *******8000 要求"


def test_so_do_rescheduling_and_letting_go_of_the_dearer_number(house: House) -> None:
    doctor_id = a_doctor(house.sessions)
    cheap = a_schedule(house.sessions, doctor_id=doctor_id)
    dear = a_schedule(house.sessions, doctor_id=doctor_id, on=TOMORROW + timedelta(days=1), fee_fen=9000)
    no = a_booked_appointment(house.sessions, schedule_id=cheap).no
    target = {"no": no, "schedule_id": dear, "starts_at": first_period(TOMORROW + timedelta(days=1))}

    def rescheduling(actor: Actor, reason: Reason | None) -> object:
        return booking.reschedule(actor, **target, reason=reason)  # type: ignore[arg-type]

    assert refused(rescheduling, CLERK, None) == "reason_needed"
    with pytest.raises(Refusal):  # this house has no cashier; the new number is held all the same
        rescheduling(CLERK, FAMILY)
    assert refused(lambda a, r: booking.abandon_reschedule(a, no=no, reason=r), CLERK, None) == "reason_needed"
    booking.abandon_reschedule(CLERK, no=no, reason=Reason(Why.PHONE))
    assert [line[1:3] for line in told()] == [("reschedule", "family"), ("reschedule.dropped", "phone")]
    assert house.broken() == []


def test_so_does_paying(house: House) -> None:
    account_id, patient_id = people(house.sessions, 1)[0]
    schedule_id = a_schedule(house.sessions)
    wish = {"schedule_id": schedule_id, "starts_at": first_period(), "patient_id": patient_id}
    no = booking.hold(patient_actor(account_id), **wish, key="k").no  # type: ignore[arg-type]

    def paying(actor: Actor, reason: Reason | None) -> object:
        return house.do(payments.start, actor=actor, no=no, channel="wechat", reason=reason)

    assert refused(paying, CLERK, None) == "reason_needed"
    paying(CLERK, FAMILY)
    paying(CLERK, None)  # the same open payment
    assert told() == [(f"appointment:{no}", "payment.started", "family", "")]


def test_a_slip_speaks_for_itself_and_its_absence_is_explained(house: House) -> None:
    schedule_id = a_schedule(house.sessions)
    house.at(first_period())
    with_slip, without, at_kiosk = (
        a_booked_appointment(house.sessions, schedule_id=schedule_id, seq=seq) for seq in (1, 2, 3)
    )
    waiting.check_in(CLERK, code=with_slip.code)
    waiting.check_in(KIOSK, code=at_kiosk.code)
    assert told() == []

    def checking_in(actor: Actor, reason: Reason | None) -> object:
        return waiting.check_in(actor, no=without.no, area_code="A1-2468", reason=reason)

    assert refused(checking_in, CLERK, None) == "reason_needed"
    checking_in(CLERK, Reason(Why.UNABLE))
    assert told() == [(f"appointment:{without.no}", "check-in", "unable", "")]
