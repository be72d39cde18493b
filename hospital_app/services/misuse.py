"""可疑账号: what the books say of accounts that are used otherwise than by a family. Counts only, nothing personal."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, distinct, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from hospital_app.domain.appointment import CancelReason, Status
from hospital_app.domain.authority import Right, check
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import not_found
from hospital_app.domain.masking import mask_phone
from hospital_app.domain.policy import Rules
from hospital_app.domain.waitlist import TERMINAL
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Account, LoginSession
from hospital_app.services import freezing
from hospital_app.work import Work

#: By their own doing: given back, given up, or let run out. 停诊 is the hospital's.
OWN_CANCELS = (CancelReason.PATIENT.value, CancelReason.RELEASED.value, CancelReason.EXPIRED.value)
#: A number given back and taken again by the same account for another person within this time: 倒号.
REBOOKED_WITHIN = timedelta(minutes=30)
LISTED = 100
#: One signal counts so many times its threshold at most, so that no single one outweighs all others.
HEAVIEST = 4.0

Counts = dict[int, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that is too much. `name` is a key of `thresholds`."""

    name: str
    count: int
    threshold: int


@dataclass(frozen=True, slots=True)
class Suspect:
    """An account with at least one signal; `severity` grows with how far and how often thresholds are passed.

    `frozen_by_itself`: no admin's freeze runs, so that one may begin over the automatic one.
    """

    account_id: int
    phone: str
    created_at: datetime
    frozen_until: datetime | None
    frozen_by_itself: bool
    severity: float
    signals: tuple[Signal, ...]
    evidence: dict[str, int]


def thresholds(rules: Rules) -> dict[str, int]:
    """From how many on each of them is noticed, within `misuse_window_days`."""
    return {
        "bookings": rules.misuse_bookings,
        "cancels": rules.misuse_cancels,
        "rebooked": rules.misuse_rebooked,
        "patients": rules.misuse_patients,
        "noshows": rules.misuse_noshows,
        "devices": rules.misuse_devices,
        "addresses": rules.misuse_addresses,
        "shared_device": rules.misuse_accounts_per_device,
    }


def suspects(work: Work) -> list[Suspect]:
    """The heaviest first."""
    check(work.actor, Right.SEE_MISUSE)
    found = _weighed(work, _counts(work))
    return sorted(found, key=lambda suspect: (-suspect.severity, suspect.account_id))[:LISTED]


def suspect(work: Work, *, account_id: int) -> Suspect:
    """One account with everything that was counted, suspicious or not."""
    check(work.actor, Right.SEE_MISUSE)
    account = work.session.get(Account, account_id) if 0 < account_id < 2**31 else None
    if account is None or account.closed_at is not None:
        raise not_found("这个账号")
    by_admins = freezing.by_admins(work, [account_id])
    return _of(work, account, _counts(work).get(account_id, {}), by_admins=by_admins)


def _counts(work: Work) -> Counts:
    since = work.now - timedelta(days=work.rules.misuse_window_days)
    found: Counts = defaultdict(dict)
    for name, account_id, count in (*_bookings(work, since), *_rebookings(work, since), *_sign_ins(work, since)):
        if count:
            found[account_id][name] = max(found[account_id].get(name, 0), count)
    return found


def _bookings(work: Work, since: datetime) -> Iterator[tuple[str, int, int]]:
    cancelled = and_(
        col(Appointment.status) == Status.CANCELLED.value,
        col(Appointment.cancel_reason).in_(OWN_CANCELS),
        # An offer of the waitlist that ran out was never asked for at that hour.
        or_(col(Appointment.terminal) != TERMINAL, col(Appointment.cancel_reason) != CancelReason.EXPIRED.value),
    )
    rows = work.session.execute(
        select(
            col(Appointment.account_id),
            func.count(col(Appointment.id)),
            func.count(distinct(col(Appointment.patient_id))),
            func.sum(_one_if(cancelled)),
            func.sum(_one_if(col(Appointment.status) == Status.NOSHOW.value)),
        )
        # Whoever booked within the window goes to the doctor within it or later: this finds the rows by index.
        .where(col(Appointment.on) >= clinic_day(since), col(Appointment.created_at) > since)
        .group_by(col(Appointment.account_id))
    )
    for account_id, bookings, patients, cancels, noshows in rows:
        yield "bookings", account_id, bookings
        yield "patients", account_id, patients
        yield "cancels", account_id, int(cancels or 0)
        yield "noshows", account_id, int(noshows or 0)


def _rebookings(work: Work, since: datetime) -> Iterator[tuple[str, int, int]]:
    """退号再约：given back by one of the account's people, taken for another one at the same clinic right after."""
    given, taken = aliased(Appointment), aliased(Appointment)
    pairs = work.session.execute(
        select(col(given.account_id), col(given.id), col(given.cancelled_at), col(taken.created_at))
        .join(
            taken,
            and_(
                col(taken.account_id) == col(given.account_id),
                col(taken.schedule_id) == col(given.schedule_id),
                col(taken.patient_id) != col(given.patient_id),
                col(taken.created_at) >= col(given.cancelled_at),
            ),
        )
        .where(
            col(given.on) >= clinic_day(since),
            col(given.status) == Status.CANCELLED.value,
            col(given.cancel_reason).in_(OWN_CANCELS),
            col(given.cancelled_at) > since,
        )
    )
    rebooked: dict[int, set[int]] = defaultdict(set)
    for account_id, given_id, cancelled_at, taken_at in pairs:
        if cancelled_at is not None and given_id is not None and taken_at - cancelled_at <= REBOOKED_WITHIN:
            rebooked[account_id].add(given_id)
    for account_id, ids in rebooked.items():
        yield "rebooked", account_id, len(ids)


def _sign_ins(work: Work, since: datetime) -> Iterator[tuple[str, int, int]]:
    account, device = col(LoginSession.account_id), col(LoginSession.device)
    recent = and_(account.is_not(None), col(LoginSession.seen_at) > since)
    for column, name in ((device, "devices"), (col(LoginSession.address), "addresses")):
        each = select(account, func.count(distinct(column))).where(recent, column != "").group_by(account)
        for account_id, count in work.session.execute(each):
            yield name, account_id or 0, count
    shared = (
        select(device, func.count(distinct(account)).label("accounts"))
        .where(recent, device != "")
        .group_by(device)
        .having(func.count(distinct(account)) > 1)
        .subquery()
    )
    of_whom = (
        select(account, func.max(shared.c.accounts))
        .join(shared, shared.c.device == device)
        .where(recent)
        .group_by(account)
    )
    for account_id, count in work.session.execute(of_whom):
        yield "shared_device", account_id or 0, count


def _one_if(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _weighed(work: Work, counts: Counts) -> Iterator[Suspect]:
    limits = thresholds(work.rules)
    ids = [key for key, found in counts.items() if any(found.get(name, 0) >= limit for name, limit in limits.items())]
    for begin in range(0, len(ids), 500):
        some = ids[begin : begin + 500]
        by_admins = freezing.by_admins(work, some)
        accounts = work.session.scalars(
            select(Account).where(col(Account.id).in_(some), col(Account.closed_at).is_(None))
        )
        for account in accounts:
            yield _of(work, account, counts[account.id or 0], by_admins=by_admins)


def _of(work: Work, account: Account, counts: dict[str, int], *, by_admins: set[int]) -> Suspect:
    """`by_admins`: the accounts that an admin's freeze holds."""
    passed = tuple(
        Signal(name, counts[name], limit)
        for name, limit in thresholds(work.rules).items()
        if counts.get(name, 0) >= limit
    )
    frozen = account.frozen_until if account.frozen_until and account.frozen_until > work.now else None
    return Suspect(
        account_id=account.id or 0,
        phone=mask_phone(account.phone),
        created_at=account.created_at,
        frozen_until=frozen,
        frozen_by_itself=frozen is not None and account.id not in by_admins,
        severity=round(sum(min(signal.count / max(signal.threshold, 1), HEAVIEST) for signal in passed), 1),
        signals=passed,
        evidence=dict(counts),
    )
