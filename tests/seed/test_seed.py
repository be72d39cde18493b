"""A small demonstration hospital, at several hours of the day."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day, instant
from hospital_app.domain.identity import Actor, Role
from hospital_app.domain.payment import Channel
from hospital_app.domain.policy import cancel_quote
from hospital_app.flows import catalog
from hospital_app.models.booking import Appointment, BookingCount, Schedule
from hospital_app.models.hospital import Department, Doctor
from hospital_app.models.identity import Account, Patient, Staff
from hospital_app.models.operation import OutboxRow
from hospital_app.models.payment import Payment, Refund
from hospital_app.models.waiting import Ticket
from hospital_app.seed import accounts, seed
from hospital_app.seed.plan import Plan
from hospital_app.services import (
    appointments,
    bills,
    cancelling,
    change_effects,
    change_views,
    desk,
    families,
    money_desk,
    passwords,
    sent_referrals,
    sessions,
    shift_views,
    staff,
    statistics,
    waiting,
)
from hospital_app.services.id_documents import verified_number
from tests.support.database import empty_tables
from tests.support.house import House

SMALL = Plan(
    past_days=3,
    days_ahead=9,
    accounts=1500,
    departments=frozenset({"02", "03.01", "07"}),
    ways=frozenset(Channel),
)
TUESDAY, SUNDAY, NATIONAL_DAY = date(2026, 11, 24), date(2026, 11, 29), date(2026, 10, 1)


def build(house: House, *, on: date = TUESDAY, at: time = time(10, 10)) -> None:
    house.at(instant(on, at))
    seed(SMALL)


def rows(house: House, query: Any) -> list[Any]:
    with house.sessions() as session:
        return list(session.execute(query).all())


def actor_of_phone(house: House, phone: str) -> Actor:
    return Actor(Role.PATIENT, account_id=house.do(sessions.account_of, phone=phone))


def duty_doctor(house: House) -> Actor:
    with house.sessions() as session:
        member = session.scalars(select(Staff).where(Staff.staff_no == "D1001")).one()
    return Actor(Role.DOCTOR, staff_id=member.id, doctor_id=member.doctor_id, department_code=member.department_code)


def past_days_look_like_days(house: House) -> None:
    past = dict(
        rows(
            house,
            select(col(Appointment.status), func.count())
            .where(col(Appointment.on) < TUESDAY)
            .group_by(col(Appointment.status)),
        )
    )
    everything = sum(past.values())
    assert set(past) == {"fulfilled", "noshow", "cancelled"}
    assert past["fulfilled"] > 0.8 * everything
    assert 0.02 < past["noshow"] / everything < 0.07
    assert rows(house, select(func.count()).select_from(Department))[0][0] == 182
    assert len(catalog.departments_home()) == 2
    figures = house.do(statistics.dashboard, actor=Actor(Role.HOSPITAL_ADMIN, staff_id=1))
    assert figures.revenue_fen > 0
    assert figures.waiting > 0
    assert figures.used_percent > 85


def nobody_has_more_than_the_rules_allow(house: House) -> None:
    made = Counter[tuple[str, date]]()
    missed = Counter[int]()
    booked = select(
        col(Appointment.account_id),
        col(Appointment.patient_id),
        col(Appointment.created_at),
        col(Appointment.status),
        col(Appointment.cancel_reason),
    )
    for account_id, patient_id, created_at, status, reason in rows(house, booked):
        if reason != "expired":
            made.update([(f"a{account_id}", clinic_day(created_at)), (f"p{patient_id}", clinic_day(created_at))])
        missed[patient_id] += status == "noshow"
    assert max(made.values()) <= 3
    assert max(missed.values()) <= 2
    counted = rows(house, select(col(BookingCount.subject), col(BookingCount.on), col(BookingCount.bookings)))
    assert {(s, on): n for s, on, n in counted if on == TUESDAY} == {
        key: n for key, n in made.items() if key[1] == TUESDAY
    }


def time_runs_forward_in_every_story(house: House) -> None:
    now = house.now
    with house.sessions() as session:
        for appointment in session.scalars(select(Appointment)):
            steps = [
                appointment.created_at,
                appointment.booked_at,
                appointment.checked_in_at,
                appointment.fulfilled_at,
            ]
            times = [step for step in steps if step is not None]
            assert times == sorted(times), appointment.no
            assert times[-1] <= now, appointment.no
            assert appointment.created_at < appointment.starts_at
        released = session.execute(
            select(col(Appointment.created_at), col(Schedule.released_at)).join(
                Schedule, col(Schedule.id) == Appointment.schedule_id
            )
        )
        assert all(created_at >= released_at for created_at, released_at in released)
        for ticket in session.scalars(select(Ticket)):
            steps = [ticket.checked_in_at, ticket.called_at, ticket.started_at, ticket.done_at]
            times = [step for step in steps if step is not None]
            assert times == sorted(times), ticket.id
            assert times[-1] <= now, ticket.id


def refunds_are_what_the_rules_give(house: House) -> None:
    """Both legs together; the insurance's goes back whole."""
    back = defaultdict[int, Counter[str]](Counter)
    for payment_id, leg, fen in rows(house, select(col(Refund.payment_id), col(Refund.leg), col(Refund.amount_fen))):
        back[payment_id][leg] += fen
    assert len(back) > 20
    cancelled = select(Payment, Appointment).join(Appointment, col(Appointment.id) == Payment.appointment_id)
    for payment, appointment in rows(house, cancelled.where(col(Payment.id).in_(back))):
        quote = cancel_quote(
            house.container.settings.rules,
            now=appointment.cancelled_at,
            starts_at=appointment.starts_at,
            cash_fen=payment.cash_fen,
            paid_fen=payment.amount_fen,
        )
        assert (back[payment.id].total(), payment.kept_fen) == (quote.refund_fen, quote.fee_fen)
        assert back[payment.id]["insurance"] == payment.fund_fen + payment.insurance_account_fen
    done = rows(house, select(Refund, Appointment).join(Appointment, col(Appointment.id) == Refund.appointment_id))
    assert all(refund.done_at > appointment.cancelled_at for refund, appointment in done if refund.status == "done")


def money_came_in_every_way(house: House) -> None:
    """And the cash of the window is in somebody's drawer, counted by the services that clerks use."""
    taken = dict(rows(house, select(col(Payment.channel), func.sum(col(Payment.amount_fen))).group_by(Payment.channel)))
    assert set(taken) == {channel.value for channel in Channel}
    at_window = select(func.count()).select_from(Payment).where(col(Payment.channel) == Channel.ONSITE)
    assert rows(house, at_window.where(col(Payment.captured_at).is_not(None), col(Payment.shift_id).is_(None))) == [
        (0,)
    ]
    admin = Actor(Role.HOSPITAL_ADMIN, staff_id=1)
    drawers = house.do(shift_views.of_day, actor=admin, on=TUESDAY - timedelta(days=1))
    assert len(drawers) == 2
    assert all(drawer.collected_fen > 0 and drawer.note if drawer.difference_fen else True for drawer in drawers)
    assert [each.staff_no for each in house.do(shift_views.to_receive, actor=admin)] == [accounts.EVENING_CLERK_NO]
    payer = actor_of_phone(house, accounts.PAYER_PHONE)
    ways = {way for bill in house.do(bills.listing, actor=payer) for way in (bill.channel, bill.fund_fen > 0)}
    assert {"wechat", "alipay", True} <= ways
    stuck = house.do(money_desk.troubled, actor=admin)
    assert len(stuck) == 1


def people_are_nobody_and_complete(house: House) -> None:
    with house.sessions() as session:
        for patient in session.scalars(select(Patient)):
            assert patient.document_number is not None
            assert patient.document_number.startswith("100000")
            assert verified_number(patient.document_kind, patient.document_number) == patient.document_number
            assert (int(patient.document_number[16]) % 2 == 1) == (patient.gender == "male")
        assert all(account.phone.startswith("168") for account in session.scalars(select(Account)))
        assert session.scalars(select(func.count()).select_from(Doctor)).one() >= 15
        owed = session.scalars(select(OutboxRow).where(col(OutboxRow.done_at).is_(None))).all()
        assert len(owed) < 150 and min(row.run_at for row in owed) >= house.now, "nothing is late on the first day"


def somebody_waits_for_a_decision(house: House) -> None:
    """The inbox of the department's admin, what was decided, and whom the doctor on duty has sent there."""
    with house.sessions() as session:
        member = session.scalars(select(Staff).where(Staff.staff_no == accounts.DEPARTMENT_ADMIN_NO)).one()
    admin = Actor(Role.DEPARTMENT_ADMIN, staff_id=member.id, department_code=member.department_code)
    inbox = house.do(change_views.inbox, actor=admin)
    assert Counter(view.status for view in inbox) == {"requested": 3, "approved": 1, "rejected": 1}
    suspension = next(view for view in inbox if (view.kind, view.status) == ("suspend", "requested"))
    effect = house.do(change_effects.effect, actor=admin, change_id=suspension.id)
    assert len(effect.patients) > 5 and effect.refund_fen > 0 and effect.equals
    sent = house.do(sent_referrals.listing, actor=duty_doctor(house))
    assert Counter(each.status for each in sent) == {"pending": 2, "booked": 1}


def test_a_whole_hospital_is_sound(house: House) -> None:
    """One building for all that is only looked at."""
    build(house)
    assert house.broken() == []
    past_days_look_like_days(house)
    nobody_has_more_than_the_rules_allow(house)
    time_runs_forward_in_every_story(house)
    refunds_are_what_the_rules_give(house)
    money_came_in_every_way(house)
    people_are_nobody_and_complete(house)
    somebody_waits_for_a_decision(house)


@pytest.mark.parametrize(
    ("on", "at"),
    [
        (TUESDAY, time(0, 4)),
        (TUESDAY, time(6, 59, 59)),
        (TUESDAY, time(8, 2)),
        (TUESDAY, time(12, 40)),
        (TUESDAY, time(23, 52)),
        (SUNDAY, time(21, 15)),
        (NATIONAL_DAY, time(14, 30)),
    ],
)
def test_something_lives_at_any_hour(sqlite_house: House, on: date, at: time) -> None:
    build(sqlite_house, on=on, at=at)
    assert sqlite_house.broken() == []
    today = sqlite_house.do(desk.desk, actor=duty_doctor(sqlite_house))
    assert today.clinic is not None
    assert today.clinic.starts_at <= sqlite_house.now < today.clinic.ends_at
    assert today.waiting + today.missed >= 1
    in_room = [row for row in today.rows if row.status in {"called", "serving"}]
    assert len(in_room) == 1
    patient = actor_of_phone(sqlite_house, accounts.PATIENT_PHONE)
    soon = next(a for a in sqlite_house.do(appointments.listing, actor=patient) if clinic_day(a.starts_at) == on)
    ticket = sqlite_house.do(waiting.check_in, actor=Actor(Role.KIOSK, staff_id=1), code=soon.code)
    assert ticket.status == "waiting"
    joined = sqlite_house.do(desk.desk, actor=duty_doctor(sqlite_house))
    assert joined.waiting + joined.missed == today.waiting + today.missed + 1


def test_demo_accounts_can_sign_in_and_have_what_they_promise(house: House) -> None:
    build(house)
    for account in accounts.DEMO_ACCOUNTS:
        if account.role is Role.PATIENT:
            continue
        attempt = house.do(staff.begin_attempt, staff_no=account.sign_in)
        assert attempt.role is account.role
        assert not attempt.must_change_password
        assert passwords.fits(account.secret, attempt.password_hash)
    patient = actor_of_phone(house, accounts.PATIENT_PHONE)
    family = house.do(families.listing, actor=patient)
    assert [member.relation for member in family] == ["self", "spouse", "child"]
    assert all(member.missing == () for member in family)
    booked = house.do(appointments.listing, actor=patient)
    assert [a.status for a in booked] == ["booked", "booked"]
    elderly = house.do(appointments.listing, actor=actor_of_phone(house, accounts.ELDERLY_PHONE))
    assert [a.status for a in elderly] == ["booked"]
    later = max(booked, key=lambda a: a.starts_at)
    assert house.do(cancelling.cancel, actor=patient, no=later.no).fee_fen == 0
    assert house.broken() == []


KEY_TABLES = {
    "department": "code, name, open, hot_rank, location",
    "doctor": "id, name, pinyin, title, specialty, rating_sum",
    "schedule": "id, provider, session, capacity, fee_fen, released_at",
    "slot": "id, schedule_id, seq, starts_at, status, version",
    "patient": "id, name_masked, document_index, born_on",
    "family_member": "account_id, patient_id, relation",
    "appointment": "id, patient_id, slot_id, status, created_at, booked_at, fulfilled_at, version",
    "payment": "id, appointment_id, amount_fen, kept_fen, captured_at",
    "refund": "payment_id, amount_fen, done_at",
    "ticket": "appointment_id, status, order_key, called_at, done_at",
    "booking_count": "subject, bookings",
}


def dump(house: House) -> dict[str, list[Any]]:
    return {
        table: rows(house, text(f"SELECT {columns} FROM {table} ORDER BY {columns}"))
        for table, columns in KEY_TABLES.items()
    }


def test_the_same_seed_gives_the_same_hospital(sqlite_house: House, sqlite_url: str) -> None:
    """On SQLite, where ids begin at 1 again in an emptied table. Ciphertexts and the demo's own numbers are random."""
    build(sqlite_house)
    first = dump(sqlite_house)
    empty_tables(sqlite_url)
    build(sqlite_house)
    assert dump(sqlite_house) == first
    assert all(first.values())
    empty_tables(sqlite_url)
    seed(replace(SMALL, seed=2), now=sqlite_house.now)
    assert dump(sqlite_house)["doctor"] != first["doctor"]
