"""保存期限: with moved time, what is over its period goes, and nothing else."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import litemongo
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from hospital_app import container as containers
from hospital_app.adapters.event_log import DATABASE, MongoEventLog
from hospital_app.domain.holding import HoldRequest
from hospital_app.flows import family, privacy, retention, signin
from hospital_app.models.booking import Appointment, BookingCount
from hospital_app.models.finance import Difference, Invoice, Reconciliation
from hospital_app.models.identity import Account, Consent, LoginSession, Patient, SmsCode, SmsPhone
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.operation import AuditEntry, IdempotencyKey, OutboxRow
from hospital_app.models.payment import Payment
from hospital_app.services.holding import hold_many
from hospital_app.services.retention import HANGING
from hospital_app.services.sessions import SignedIn
from tests.support.booked import a_booked_appointment
from tests.support.builders import a_schedule, first_period
from tests.support.house import House, patient_actor
from tests.support.people import resident_id, signed_in
from tests.support.waiting import wait_until


def count(house: House, model: type[SQLModel]) -> int:
    with house.sessions() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def somebody(house: House) -> tuple[SignedIn, int]:
    """Signed in by a code, with one person in the list."""
    opened = signed_in(house)
    me = family.add(
        patient_actor(opened.account_id or 0), name="王秀芳", relation="self", document_number=resident_id()
    )
    return opened, me.id


def test_codes_go_after_a_month_and_sessions_after_half_a_year(house: House) -> None:
    somebody(house)
    house.later(days=29)
    assert sum(retention.apply().values()) == 0
    house.later(days=2)
    gone = retention.apply()
    assert (gone["sms_code"], gone["sms_phone"], gone["login_session"]) == (1, 1, 0)
    house.later(days=140)
    assert retention.apply()["login_session"] == 0  # 171 days
    house.later(days=10)
    assert retention.apply()["login_session"] == 1
    assert [count(house, model) for model in (SmsCode, SmsPhone, LoginSession)] == [0, 0, 0]
    assert count(house, Account) == count(house, Patient) == 1


def test_a_living_session_stays_however_old(house: House) -> None:
    opened, _ = somebody(house)
    with house.sessions.begin() as session:
        row = session.scalars(select(LoginSession)).one()
        row.expires_at = house.now + timedelta(days=1000)
    house.later(days=400)
    retention.apply()
    assert count(house, LoginSession) == 1 and opened.token


def test_keys_counters_and_done_effects_go_and_owed_ones_stay(house: House) -> None:
    opened, me = somebody(house)
    wish = HoldRequest(opened.account_id or 0, me, a_schedule(house.sessions), first_period(), key="k")
    house.do(hold_many, requests=[wish])
    with house.sessions.begin() as session:
        for row in session.scalars(select(OutboxRow).where(col(OutboxRow.kind) != "sms.send")):
            row.done_at = house.now
    owed = count(house, OutboxRow)
    house.later(days=31)
    gone = retention.apply()
    assert (gone["idempotency_key"], gone["booking_count"], gone["outbox"]) == (1, 2, 0)
    assert count(house, IdempotencyKey) == count(house, BookingCount) == 0
    house.later(days=60)
    assert retention.apply()["outbox"] == owed - 1
    with house.sessions() as session:
        assert [row.kind for row in session.scalars(select(OutboxRow))] == ["sms.send"]


def test_appointments_go_after_fifteen_years_with_their_money_and_then_their_persons(house: House) -> None:
    opened, me = somebody(house)
    a_booked_appointment(
        house.sessions, schedule_id=a_schedule(house.sessions), account_id=opened.account_id, patient_id=me
    )
    with house.sessions.begin() as session:
        appointment = session.scalars(select(Appointment)).one()
        appointment.status = "fulfilled"
        hangs_on_it(session, appointment.id or 0, opened.account_id or 0)
    privacy.close(signin.actor_of_token(opened.token))
    house.later(days=365 * 15)
    gone = retention.apply()
    assert (gone["appointment"], gone["patient"]) == (0, 0) and count(house, Payment) == 1
    house.later(days=8)
    gone = retention.apply()
    assert (gone["appointment"], gone["patient"]) == (1, 1)
    assert [count(house, model) for model in (Appointment, *HANGING, Patient, Consent)] == [0] * (3 + len(HANGING))
    assert count(house, Difference) == 1
    with house.sessions() as session:
        actions = [entry.action for entry in session.scalars(select(AuditEntry))]
    assert actions.count("retention.erase") == 3  # a consent, an appointment, a person; the trail itself stays
    assert "account.close" in actions


def hangs_on_it(session: Session, appointment_id: int, account_id: int) -> None:
    """医保结算、电子票据、对账差异 of its payment."""
    payment = session.scalars(select(Payment)).one()
    of = {"payment_id": payment.id or 0, "appointment_id": appointment_id}
    session.add(
        InsuranceSettlement(
            **of,
            no="GS1",
            person_no="",
            pay_token="",
            insured_region="110100",
            kind="310",
            use_account=False,
            visit_id="V1",
            batch_no="B1",
            total_fen=5000,
            fund_fen=4000,
            account_fen=0,
            cash_fen=1000,
            quoted_at=payment.created_at,
        )
    )
    session.add(Invoice(**of, no="GI1", account_id=account_id, amount_fen=5000, requested_at=payment.created_at))
    day = Reconciliation(channel="wechat", on=payment.created_at.date(), created_at=payment.created_at)
    session.add(day)
    session.flush()
    session.add(
        Difference(
            reconciliation_id=day.id or 0,
            kind="amount",
            subject="payment",
            number=payment.no,
            appointment_id=appointment_id,
            created_at=payment.created_at,
        )
    )


def test_whatever_points_to_an_appointment_goes_with_it() -> None:
    """A new table that does, and is not named there, would keep the hospital's oldest appointments for ever."""
    pointing = {
        table.name
        for table in SQLModel.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in {"appointment", "payment"}
    }
    assert pointing == {str(model.__tablename__) for model in (*HANGING, Difference)}


def test_a_person_of_any_list_stays(house: House) -> None:
    somebody(house)
    house.later(days=365 * 40)
    retention.apply()
    assert count(house, Patient) == 1


def test_batches_go_on_until_nothing_is_over_its_time(house: House) -> None:
    with house.sessions.begin() as session:
        session.add_all(
            SmsCode(phone_index=f"{number}", code_hash="x", created_at=house.now, expires_at=house.now)
            for number in range(25)
        )
    house.later(days=31)
    assert retention.apply(batch=10)["sms_code"] == 25 and count(house, SmsCode) == 0


def test_page_views_go_after_half_a_year_and_the_trail_of_operations_stays(sqlite_house: House, tmp_path: Path) -> None:
    url = f"litemongo://{tmp_path}/events"
    log = MongoEventLog(url)
    sqlite_house.container = replace(sqlite_house.container, event_log=log)
    containers.use(sqlite_house.container)
    for days in (0, 181):
        at = sqlite_house.now - timedelta(days=days)
        for collection in ("behaviour", "operations"):
            log.write(collection, {"at": at, "days": days})
    stored = litemongo.connect(f"{tmp_path}/events")[DATABASE]
    wait_until(lambda: stored["operations"].count_documents({}) == 2, what="the events")
    assert retention.apply()["behaviour"] == 1
    assert [event["days"] for event in stored["behaviour"].find({})] == [0]
    assert stored["operations"].count_documents({}) == 2
    log.close()
