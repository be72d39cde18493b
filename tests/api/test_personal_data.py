"""个人数据: a copy to take away, and an account closed for good, with what the law wants kept."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import booking, family, privacy
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Account, FamilyMember, LoginSession, Patient
from hospital_app.models.operation import AuditEntry
from hospital_app.models.payment import Payment, Refund
from tests.support.booked import a_booked_appointment
from tests.support.builders import a_schedule, first_period
from tests.support.house import House, patient_actor
from tests.support.people import resident_id, signed_in
from tests.support.race import race
from tests.support.terminal import Terminal, refusal

PHONE = "13800138000"
WOMAN = resident_id()
CLOSE = {"confirm": True}


class Holder:
    """Somebody signed in, with themselves in the list."""

    def __init__(self, house: House, phone: str = PHONE) -> None:
        opened = signed_in(house, phone)
        self.account_id = opened.account_id or 0
        self.actor: Actor = patient_actor(self.account_id)
        self.terminal = Terminal(token=opened.token)
        self.me = family.add(
            self.actor, name="王秀芳", relation="self", document_number=WOMAN, insurance_number="31012345678"
        ).id

    def export(self) -> dict[str, Any]:
        answer = self.terminal.get("/api/v1/account/export")
        assert answer.status_code == 200 and "attachment" in answer.headers["content-disposition"]
        found: dict[str, Any] = answer.json()
        return found


def set_status(house: House, no: str, status: str) -> None:
    with house.sessions.begin() as session:
        session.execute(update(Appointment).where(col(Appointment.no) == no).values(status=status))


def test_the_copy_holds_everything_of_the_account(house: House) -> None:
    holder = Holder(house)
    schedule_id = a_schedule(house.sessions)
    booked = a_booked_appointment(
        house.sessions, schedule_id=schedule_id, account_id=holder.account_id, patient_id=holder.me
    )
    copy = holder.export()
    assert copy["account"]["phone"] == PHONE and copy["format"] == "guahao-account-1"
    (me,) = copy["family"]
    assert (me["name"], me["document_number"], me["insurance_number"]) == ("王秀芳", WOMAN, "*******5678")
    assert [each["no"] for each in copy["appointments"]] == [booked.no]
    assert [(each["appointment_no"], each["cash_fen"]) for each in copy["payments"]] == [(booked.no, 5000)]
    assert [each["kind"] for each in copy["consents"]] == ["health-data"]
    assert len(copy["sessions"]) == 1 and "token" not in str(copy)
    with house.sessions() as session:
        (entry,) = session.scalars(select(AuditEntry).where(col(AuditEntry.action) == "account.export"))
    assert entry.subject == f"account:{holder.account_id}" and PHONE not in entry.detail


def test_the_copy_holds_nothing_of_others(house: House) -> None:
    holder, other = Holder(house), Holder(house, "13700137000")
    assert holder.me == other.me  # one person in two lists
    a_booked_appointment(
        house.sessions, schedule_id=a_schedule(house.sessions), account_id=holder.account_id, patient_id=holder.me
    )
    copy = other.export()
    assert copy["appointments"] == [] and copy["payments"] == [] and PHONE not in str(copy)


def test_an_account_with_something_ahead_says_what(house: House) -> None:
    holder = Holder(house)
    schedule_id = a_schedule(house.sessions)
    booked = a_booked_appointment(
        house.sessions, schedule_id=schedule_id, account_id=holder.account_id, patient_id=holder.me
    )
    refused = holder.terminal.post("/api/v1/account/closing", CLOSE)
    assert refusal(refused) == (409, "account_in_use")
    assert (
        refused.json()["appointments"]
        == [booked.no]
        == holder.terminal.get("/api/v1/account/closing").json()["appointments"]
    )
    booking.cancel(holder.actor, no=booked.no)
    refused = holder.terminal.post("/api/v1/account/closing", CLOSE)
    assert refused.json()["refunds"] != [] and "退款" in refused.json()["detail"]
    with house.sessions.begin() as session:
        session.execute(update(Refund).values(status="done"))
        session.execute(update(Payment).values(status="pending"))
    assert "付款" in holder.terminal.post("/api/v1/account/closing", CLOSE).json()["detail"]
    with house.sessions.begin() as session:
        session.execute(update(Payment).values(status="captured"))
    assert holder.terminal.post("/api/v1/account/closing", CLOSE).status_code == 204


def test_a_closed_account_leaves_nothing_but_what_must_be_kept(house: House) -> None:
    holder = Holder(house)
    unneeded = family.add(holder.actor, name="陈小雨", relation="child", guardian_agrees=True).id
    booked = a_booked_appointment(
        house.sessions, schedule_id=a_schedule(house.sessions), account_id=holder.account_id, patient_id=holder.me
    )
    set_status(house, booked.no, "fulfilled")
    assert holder.terminal.post("/api/v1/account/closing", CLOSE).status_code == 204
    assert refusal(holder.terminal.get("/api/v1/patients")) == (401, "signed_out")
    with house.sessions() as session:
        account = session.get_one(Account, holder.account_id)
        assert account.closed_at == house.now and account.phone == "" and account.password_hash is None
        assert session.scalars(select(FamilyMember)).all() == []
        assert session.get(Patient, unneeded) is None
        assert session.get_one(Patient, holder.me).name == "王秀芳"  # as long as the appointment is kept
        assert all(each.revoked_at for each in session.scalars(select(LoginSession)))
        everything = str(session.execute(text("SELECT * FROM account")).all())
    assert PHONE not in everything
    house.later(minutes=2)
    again = Holder(house)  # the phone may come again, as somebody new
    assert again.account_id != holder.account_id and again.export()["appointments"] == []


def test_a_person_of_two_lists_stays_with_the_other(house: House) -> None:
    holder, other = Holder(house), Holder(house, "13700137000")
    before = other.terminal.get("/api/v1/patients").json()
    assert holder.terminal.post("/api/v1/account/closing", CLOSE).status_code == 204
    assert other.terminal.get("/api/v1/patients").json() == before


def test_closing_is_meant(house: House) -> None:
    holder = Holder(house)
    for body in ({}, {"confirm": False}, {"confirm": "yes"}):
        assert refusal(holder.terminal.post("/api/v1/account/closing", body)) == (422, "invalid_request")
    assert refusal(Terminal().post("/api/v1/account/closing", CLOSE)) == (401, "signed_out")
    assert len(holder.terminal.get("/api/v1/patients").json()) == 1


def test_a_booking_and_the_closing_at_once_leave_no_number_without_an_owner(mariadb_house: House) -> None:
    house = mariadb_house
    schedule_id = a_schedule(house.sessions, per_period=10)
    for turn in range(5):
        holder = Holder(house, f"1360013600{turn}")

        def book(holder: Holder = holder, turn: int = turn) -> str:
            wish = HoldRequest(holder.account_id, holder.me, schedule_id, first_period(), key=f"k{turn}")
            return booking.hold_one(holder.actor, wish)

        def close(holder: Holder = holder) -> str:
            return str(holder.terminal.post("/api/v1/account/closing", CLOSE).status_code)

        booked, closed = race([book, close], lambda job: job())
        with house.sessions() as session:
            live = session.scalars(
                select(Appointment).where(
                    col(Appointment.account_id) == holder.account_id, col(Appointment.status) == "pending"
                )
            ).all()
        assert (closed == "204") == (not live), (booked, closed)
        house.later(hours=1)


@pytest.mark.parametrize("call", [privacy.export, privacy.obstacles, privacy.close])
def test_staff_have_no_account_to_take_away_or_close(sqlite_house: House, call: Callable[[Actor], object]) -> None:
    for role in (Role.CLERK, Role.HOSPITAL_ADMIN):
        with pytest.raises(Refusal) as refused:
            call(Actor(role, staff_id=1))
        assert refused.value.status == 403
