"""Paid appointments of today without the way there; and doctors, clerks and kiosks to act on them."""

from datetime import timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from sqlmodel import col

from hospital_app.domain.appointment import SlotStatus, Status
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.domain.ledger import Event, captured
from hospital_app.domain.numbers import appointment_no, provider_day
from hospital_app.domain.payment import PaymentStatus
from hospital_app.domain.policy import Rules
from hospital_app.models.booking import Appointment, Schedule, Slot
from hospital_app.models.identity import Staff
from hospital_app.models.payment import Payment
from hospital_app.services import ledger
from hospital_app.work import Work
from tests.support.builders import DEPARTMENT, NOON_BEFORE, a_patient, an_account

_serial = count(10_000_000)

KIOSK = Actor(Role.KIOSK, staff_id=900, terminal="kiosk")
CLERK = Actor(Role.CLERK, staff_id=901)
HOSPITAL_ADMIN = Actor(Role.HOSPITAL_ADMIN, staff_id=902)
OTHER_CLERK = Actor(Role.CLERK, staff_id=904)


def doctor_actor(doctor_id: int, *, department: str = DEPARTMENT) -> Actor:
    return Actor(Role.DOCTOR, staff_id=1000 + doctor_id, doctor_id=doctor_id, department_code=department)


def department_admin(department: str = DEPARTMENT) -> Actor:
    return Actor(Role.DEPARTMENT_ADMIN, staff_id=903, department_code=department)


def employed(sessions: sessionmaker[Session], *actors: Actor) -> None:
    """The rows of these members of staff, without which nobody has a shift of one's own."""
    with sessions.begin() as session:
        session.add_all(
            Staff(
                id=actor.staff_id,
                staff_no=f"S{actor.staff_id}",
                name=f"员工{actor.staff_id}",
                role=actor.role.value,
                password_hash="",
                created_at=NOON_BEFORE,
            )
            for actor in actors
        )


def a_booked_appointment(
    sessions: sessionmaker[Session],
    *,
    schedule_id: int,
    seq: int = 1,
    name: str = "王秀芳",
    account_id: int | None = None,
    patient_id: int | None = None,
) -> Appointment:
    """Number `seq` of a schedule, booked and paid for by WeChat; the row, detached."""
    account = account_id or an_account(sessions)
    patient = patient_id or a_patient(sessions, account_id=account, name=name)
    with sessions.begin() as session:
        schedule = session.get_one(Schedule, schedule_id)
        slot = session.scalars(select(Slot).where(col(Slot.schedule_id) == schedule_id, col(Slot.seq) == seq)).one()
        assert slot.id is not None and slot.status == SlotStatus.FREE
        slot.status = SlotStatus.BUSY
        digits = f"{next(_serial):08d}"
        bought_at = schedule.starts_at - timedelta(days=1)
        appointment = Appointment(
            no=appointment_no(schedule.on, digits),
            account_id=account,
            patient_id=patient,
            schedule_id=schedule_id,
            slot_id=slot.id,
            provider_day=provider_day(schedule.provider, schedule.on),
            department_code=schedule.department_code,
            doctor_id=schedule.doctor_id,
            on=schedule.on,
            seq=seq,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            status=Status.BOOKED,
            fee_fen=schedule.fee_fen,
            code=digits,
            version=2,
            created_at=bought_at,
            booked_at=bought_at,
        )
        session.add(appointment)
        session.flush()
        session.add(
            Payment(
                no=f"GP{digits}",
                appointment_id=appointment.id or 0,
                channel="wechat",
                status=PaymentStatus.CAPTURED,
                amount_fen=schedule.fee_fen,
                cash_fen=schedule.fee_fen,
                kept_fen=schedule.fee_fen,
                created_at=bought_at,
                expires_at=bought_at + timedelta(minutes=15),
                captured_at=bought_at,
            )
        )
        session.flush()
        lines = captured("wechat", schedule.fee_fen)
        ledger.enter(
            Work(session, bought_at, SYSTEM, Rules()), Event.CAPTURED, f"GP{digits}", lines, schedule.department_code
        )
        session.refresh(appointment)
        session.expunge_all()
        return appointment
