"""The people of DEMO_ACCOUNTS, made by the product's own services, one step after another."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.consent import ConsentKind
from hospital_app.domain.documents import DocumentKind, Gender, Relation
from hospital_app.domain.errors import Refusal
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.domain.insurance import Insured
from hospital_app.domain.payment import Channel
from hospital_app.domain.schedule import Provider
from hospital_app.models.booking import Schedule, Slot
from hospital_app.seed import accounts
from hospital_app.seed.hospital import Staffed
from hospital_app.seed.people import resident_id
from hospital_app.seed.plan import Stage
from hospital_app.services import capturing, consents, families, grid, holding, payments, sessions, staff
from hospital_app.services.patients import Details
from hospital_app.services.payment_views import PaymentView
from hospital_app.work import Work

_FAMILY = (
    (Relation.SELF, "王秀芳", 38, Gender.FEMALE),
    (Relation.SPOUSE, "陈志明", 40, Gender.MALE),
    (Relation.CHILD, "陈小雨", 6, Gender.FEMALE),
)
_ELDERLY = ((Relation.SELF, "李桂兰", 76, Gender.FEMALE),)
_BOOKED_AGO = timedelta(minutes=12)
_SERIALS = {Gender.FEMALE: 998, Gender.MALE: 999}  # beyond those that people.py draws


def hire_staff(stage: Stage, staffed: Staffed) -> None:
    """A sign-in for every doctor, two clerks, two administrators and a kiosk, all with the documented password."""
    password_hash = staff.hash_password(accounts.STAFF_PASSWORD)

    def create(work: Work) -> None:
        for doctor, doctor_id in staffed.doctors:
            _create(work, doctor.staff_no, doctor.entry.name, Role.DOCTOR, doctor.entry.department_code, doctor_id)
        _create(work, accounts.CLERK_NO, "赵敏", Role.CLERK)
        _create(work, accounts.EVENING_CLERK_NO, "孙丽华", Role.CLERK)
        _create(work, accounts.HOSPITAL_ADMIN_NO, "周海燕", Role.HOSPITAL_ADMIN)
        _create(work, accounts.DEPARTMENT_ADMIN_NO, "吴建平", Role.DEPARTMENT_ADMIN, accounts.DEPARTMENT_OF_ADMIN)
        _create(work, accounts.KIOSK_NO, "一层大厅1号自助机", Role.KIOSK)

    def _create(
        work: Work,
        staff_no: str,
        name: str,
        role: Role,
        department_code: str | None = None,
        doctor_id: int | None = None,
    ) -> None:
        staff.create(
            work,
            staff_no=staff_no,
            name=name,
            role=role,
            password_hash=password_hash,
            department_code=department_code,
            doctor_id=doctor_id,
            must_change_password=False,
        )

    stage.do(create)


def settle_families(stage: Stage, staffed: Staffed) -> None:
    """The demonstration's patients, their families, and their numbers of today and the next days."""
    duty = Provider(staffed.doctor_id(accounts.DUTY_DOCTOR)).key
    famous = Provider(staffed.doctor_id(accounts.FAMOUS_DOCTOR)).key
    patient, members = family(stage, accounts.PATIENT_PHONE, _FAMILY)
    soon = stage.do(_period_to_check_in, provider=duty)
    _book(stage, patient, members[0], soon, key="demo-1")
    elderly, themselves = family(stage, accounts.ELDERLY_PHONE, _ELDERLY)
    for actor, patient_id, hours, key in (
        (patient, members[1], 48, "demo-2"),
        (elderly, themselves[0], 12, "demo-3"),
    ):
        at = stage.now + timedelta(hours=hours)
        free = stage.do(first_free, at=stage.now - _BOOKED_AGO, provider=famous, after=at)
        if free is not None:  # around a long holiday there may be none
            _book(stage, actor, patient_id, free, key=key)


def family(
    stage: Stage,
    phone: str,
    members: Sequence[tuple[Relation, str, int, Gender]],
    *,
    insured: Insured | None = None,
) -> tuple[Actor, list[int]]:
    """`insured`: what the bureau has said of each of them; None: they have named no insurance."""
    since = stage.now - timedelta(days=30)
    account_id = stage.do(sessions.account_of, at=since, phone=phone)
    actor = Actor(Role.PATIENT, account_id=account_id)
    stage.do(consents.give, actor=actor, at=since, kind=ConsentKind.HEALTH_DATA)
    ids = []
    for relation, name, age, gender in members:
        born_on = stage.today.replace(year=stage.today.year - age, month=1, day=15)
        number = resident_id(born_on, _SERIALS[gender])
        details = Details(
            name=name,
            document_kind=DocumentKind.RESIDENT_ID,
            document_number=number,
            born_on=born_on,
            gender=gender,
            insurance_number=number if insured else None,
        )
        added = stage.do(
            families.add,
            actor=actor,
            at=since,
            relation=relation,
            details=details,
            guardian_agrees=True,
            insured=insured,
        )
        ids.append(added.id)
    return actor, ids


def _book(stage: Stage, actor: Actor, patient_id: int, period: tuple[int, datetime], *, key: str) -> None:
    """Hold, pay, booked: a quarter of an hour ago."""
    at = stage.now - _BOOKED_AGO
    pay(stage, actor, hold(stage, actor, patient_id, period, at=at, key=key), at=at, channel=Channel.WECHAT)


def hold(stage: Stage, actor: Actor, patient_id: int, period: tuple[int, datetime], *, at: datetime, key: str) -> str:
    schedule_id, starts_at = period
    wish = HoldRequest(actor.account_id or 0, patient_id, schedule_id, starts_at, key)
    granted = stage.do(holding.hold_many, actor=actor, at=at, requests=[wish])[0]
    if isinstance(granted, Refusal):
        raise granted
    return granted.no


def pay(stage: Stage, actor: Actor, no: str, *, at: datetime, channel: Channel) -> str:
    """In cash, through a channel; the payment's number."""
    opened = stage.do(payments.start, actor=actor, at=at, no=no, channel=channel.value)
    capture(stage, opened, at=at + timedelta(minutes=1))
    return opened.no


def capture(stage: Stage, opened: PaymentView, *, at: datetime) -> None:
    """The channel says that its cash is there."""
    chance = stage.chance(f"paid-{opened.no}")
    alipay = f"{at:%Y%m%d}2200{chance.randrange(10**16):016d}"
    paid = PaymentNotice(
        payment_no=opened.no,
        state="captured",
        amount_fen=opened.cash_fen,
        transaction_id=alipay if opened.channel == Channel.ALIPAY else f"4200{chance.randrange(10**24):024d}",
        captured_at=at,
    )
    stage.do(capturing.record_notice, actor=SYSTEM, at=at, notice=paid)


def _period_to_check_in(work: Work, *, provider: str) -> tuple[int, datetime]:
    """The next half hour of today, or the last one if there is no next."""
    rows = work.session.execute(
        select(col(Schedule.id), col(Slot.starts_at))
        .join(Slot, col(Slot.schedule_id) == Schedule.id)
        .where(
            col(Schedule.provider) == provider,
            col(Schedule.on) == clinic_day(work.now),
            col(Slot.ends_at) > work.now,
        )
        .order_by(col(Slot.starts_at) <= work.now, col(Slot.starts_at))
        .limit(1)
    ).one()
    return int(rows[0] or 0), rows[1]


def first_free(work: Work, *, provider: str, after: datetime) -> tuple[int, datetime] | None:
    """The first bookable half hour after an instant; None without one."""
    near = grid.nearest(work, wanted=col(Schedule.provider) == provider, starts_at=after, limit=20)
    later = sorted((p.starts_at, p.schedule_id) for p in near if p.starts_at >= after)
    return (later[0][1], later[0][0]) if later else None
