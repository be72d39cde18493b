"""Rows with sensible defaults. Each function writes and commits; ids come back."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from sqlalchemy.orm import Session, sessionmaker

from hospital_app.domain.calendar import SESSION_HOURS, instant, periods
from hospital_app.domain.calendar import Session as ClinicSession
from hospital_app.domain.consent import WORDINGS, ConsentKind
from hospital_app.models.booking import Schedule, Slot
from hospital_app.models.hospital import Area, Department, Doctor
from hospital_app.models.identity import Account, Consent, FamilyMember, Patient
from hospital_app.vault import vault

Sessions = sessionmaker[Session]

# A Tuesday at nine in the morning, hospital time.
NOON_BEFORE = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
TOMORROW = date(2026, 11, 25)
DEPARTMENT = "03.01"
AREA = "A1"
FEE_FEN = 5000

_serial = count(1)


def a_department(sessions: Sessions, *, code: str = DEPARTMENT, name: str = "呼吸内科") -> str:
    with sessions.begin() as session:
        if session.get(Area, AREA) is None:
            session.add(Area(code=AREA, name="候诊A区", location="门诊楼3层A区", check_in_code="A1-2468"))
            session.flush()
        if session.get(Department, code) is None:
            session.add(
                Department(code=code, name=name, pinyin="huxineike", initials="hxnk", area_code=AREA, open=True)
            )
    return code


def a_doctor(sessions: Sessions, *, name: str = "张国立", department: str = DEPARTMENT) -> int:
    a_department(sessions, code=department)
    with sessions.begin() as session:
        doctor = Doctor(
            name=name,
            pinyin="zhangguoli",
            initials="zgl",
            title="主任医师",
            specialty="慢阻肺、哮喘",
            department_code=department,
        )
        session.add(doctor)
        session.flush()
        assert doctor.id is not None
        return doctor.id


def a_schedule(
    sessions: Sessions,
    *,
    doctor_id: int | None = None,
    on: date = TOMORROW,
    session: ClinicSession = ClinicSession.MORNING,
    per_period: int = 3,
    period_count: int | None = None,
    fee_fen: int = FEE_FEN,
    released_at: datetime | None = None,
) -> int:
    """A schedule with `per_period` numbers in each half hour, already released unless said otherwise."""
    doctor_id = doctor_id if doctor_id is not None else a_doctor(sessions)
    spans = periods(on, session)[:period_count]
    with sessions.begin() as db:
        schedule = Schedule(
            provider=f"doctor:{doctor_id}",
            doctor_id=doctor_id,
            department_code=DEPARTMENT,
            area_code=AREA,
            on=on,
            session=session,
            service_type="chief",
            room="2诊室",
            fee_fen=fee_fen,
            capacity=per_period * len(spans),
            starts_at=instant(on, SESSION_HOURS[session][0]),
            ends_at=instant(on, SESSION_HOURS[session][1]),
            released_at=released_at or instant(on - timedelta(days=6), time(7)),
        )
        db.add(schedule)
        db.flush()
        assert schedule.id is not None
        seq = count(1)
        for starts_at, ends_at in spans:
            for _ in range(per_period):
                db.add(Slot(schedule_id=schedule.id, seq=next(seq), starts_at=starts_at, ends_at=ends_at))
        return schedule.id


def first_period(on: date = TOMORROW, session: ClinicSession = ClinicSession.MORNING) -> datetime:
    return periods(on, session)[0][0]


def agreed(account_id: int, *, now: datetime = NOON_BEFORE) -> Consent:
    """The consent to the handling of health data, without which an account cannot book."""
    kind = ConsentKind.HEALTH_DATA
    return Consent(account_id=account_id, kind=kind.value, version=WORDINGS[kind].version, given_at=now)


def an_account(sessions: Sessions, *, now: datetime = NOON_BEFORE) -> int:
    """An account that agreed to what must be agreed to before booking."""
    phone = f"139{next(_serial):08d}"
    with sessions.begin() as session:
        account = Account(phone=phone, phone_index=vault().blind_index("phone", phone), created_at=now)
        session.add(account)
        session.flush()
        assert account.id is not None
        session.add(agreed(account.id, now=now))
        return account.id


def a_patient(
    sessions: Sessions, *, account_id: int, name: str = "王秀芳", complete: bool = True, now: datetime = NOON_BEFORE
) -> int:
    """A person in the account's family list, complete unless said otherwise."""
    number = f"1101011974{next(_serial):08d}"
    with sessions.begin() as session:
        patient = Patient(
            name=name,
            name_masked=f"{name[0]}*{name[-1]}",
            document_kind="resident-id",
            document_number=number if complete else None,
            document_index=vault().blind_index("resident-id", number) if complete else None,
            document_masked=f"110***********{number[-4:]}" if complete else "",
            born_on=date(1974, 3, 1) if complete else None,
            gender="female" if complete else "unknown",
            created_at=now,
        )
        session.add(patient)
        session.flush()
        assert patient.id is not None
        session.add(FamilyMember(account_id=account_id, patient_id=patient.id, created_at=now))
        return patient.id


def people(sessions: Sessions, number: int) -> list[tuple[int, int]]:
    """(account, patient) of so many accounts with one complete person each, in one commit."""
    pairs: list[tuple[int, int]] = []
    with sessions.begin() as session:
        for _ in range(number):
            serial = next(_serial)
            phone, document = f"138{serial:08d}", f"1201011980{serial:08d}"
            account = Account(phone=phone, phone_index=vault().blind_index("phone", phone), created_at=NOON_BEFORE)
            patient = Patient(
                name="李强",
                name_masked="李*",
                document_kind="resident-id",
                document_number=document,
                document_index=vault().blind_index("resident-id", document),
                document_masked="120***********0000",
                born_on=date(1980, 1, 1),
                gender="male",
                created_at=NOON_BEFORE,
            )
            session.add_all([account, patient])
            session.flush()
            assert account.id is not None and patient.id is not None
            session.add(FamilyMember(account_id=account.id, patient_id=patient.id, created_at=NOON_BEFORE))
            session.add(agreed(account.id))
            pairs.append((account.id, patient.id))
    return pairs
