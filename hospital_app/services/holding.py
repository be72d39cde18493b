"""锁号: the batch that grants or refuses each of a list of wishes, in one transaction and a handful of statements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, select, tuple_
from sqlmodel import col

from hospital_app.domain import taking, visits
from hospital_app.domain.appointment import LIVE
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import Refusal, not_found
from hospital_app.domain.holding import Held, HoldRequest
from hospital_app.domain.numbers import provider_day
from hospital_app.models.booking import Appointment
from hospital_app.models.operation import IdempotencyKey
from hospital_app.services import eligible, granting, limits, opening, picking, releasing, visit_limits
from hospital_app.services.eligible import Masked
from hospital_app.services.granting import Grant, Overtaken
from hospital_app.services.opening import Clinic, Period
from hospital_app.services.picking import Number
from hospital_app.work import Work

Answer = Held | Refusal
#: Wishes of a batch that have no answer yet, by their place in it.
Left = dict[int, HoldRequest]

_EARLIER = (
    select(
        col(IdempotencyKey.account_id),
        col(IdempotencyKey.key),
        col(IdempotencyKey.body_hash),
        col(IdempotencyKey.appointment_no),
        col(Appointment.slot_id),
        col(Appointment.held_until),
    )
    .outerjoin(Appointment, col(Appointment.no) == col(IdempotencyKey.appointment_no))
    .where(tuple_(col(IdempotencyKey.account_id), col(IdempotencyKey.key)).in_(bindparam("keys", expanding=True)))
)
_STANDING = select(
    col(Appointment.patient_id), col(Appointment.provider_day), col(Appointment.no), col(Appointment.account_id)
).where(
    tuple_(col(Appointment.patient_id), col(Appointment.provider_day)).in_(bindparam("days", expanding=True)),
    col(Appointment.status).in_([status.value for status in LIVE]),
)


def hold_many(work: Work, requests: Sequence[HoldRequest], *, again: bool = False) -> list[Answer]:
    """For each request the number that it got, or why none, in the order given. A refusal leaves nothing behind.

    A duplicate that only a unique index can see raises IntegrityError for the whole batch, a change of what was read
    Overtaken: the flow does it `again`, and then one by one.
    """
    answers: dict[int, Answer] = {}
    waiting: Left = dict(enumerate(requests))
    while waiting:
        some = _one_of_each(waiting)
        answers |= _answer(work, some, again=again)
        waiting = {place: request for place, request in waiting.items() if place not in some}
    return [answers[place] for place in range(len(requests))]


def _one_of_each(waiting: Left) -> Left:
    """Two wishes of one person, or with one key, are answered one after the other."""
    some: Left = {}
    taken: set[object] = set()
    for place, request in waiting.items():
        mine = {request.patient_id, (request.account_id, request.key)}
        if not mine & taken:
            some[place] = request
            taken |= mine
    return some


def _answer(work: Work, requests: Left, *, again: bool) -> dict[int, Answer]:
    """A refusal is told only after another look for the key: the same wish may have been granted since the first.

    The gate sets nothing aside for a key that it knows: such a wish is new, and if it is not, the key's unique index
    says so, and everybody's key is looked for when the batch is done again.
    """
    known = {place: request for place, request in requests.items() if again or request.set_aside is None}
    answers: dict[int, Answer] = dict(_earlier(work, known))
    fresh = _left(requests, answers)
    answers |= _decide(work, fresh)
    refused = {place: request for place, request in fresh.items() if isinstance(answers[place], Refusal)}
    return answers | _earlier(work, refused)


def _decide(work: Work, left: Left) -> dict[int, Answer]:
    """The order of the checks is that of what people are told; of the locks: counters, numbers, appointments."""
    requests = left
    answers: dict[int, Answer] = {}
    clinics = opening.clinics(work, {request.schedule_id for request in left.values()})
    shut = opening.check(work, clinics, {request.period for request in left.values()})
    answers |= {place: shut[request.period] for place, request in left.items() if request.period in shut}
    left = _left(requests, answers)
    looked_at = _persons(work, left) if left else {}
    answers |= {place: found for place, found in looked_at.items() if isinstance(found, Refusal)}
    persons = {place: found for place, found in looked_at.items() if isinstance(found, Masked)}
    left = _left(requests, answers)
    if not left:
        return answers
    releasing.lapse_stale(
        work,
        account_ids={request.account_id for request in left.values()},
        patient_ids={request.patient_id for request in left.values()},
    )
    answers |= _double(work, left, clinics)
    left = _left(requests, answers)
    counted = left
    answers |= _over_limit(work, left)
    left = _left(requests, answers)
    answers |= _visits_too_many(work, left, clinics)
    left = _left(requests, answers)
    picked = _pick(work, left)
    answers |= _gone(work, {place: request for place, request in left.items() if place not in picked})
    _give_back(work, (request for place, request in counted.items() if place not in picked))
    if picked:
        grants = [
            Grant(left[place], persons[place], clinics[left[place].schedule_id], number)
            for place, number in picked.items()
        ]
        _check_again(work, grants)
        answers |= dict(zip(picked, granting.write(work, grants), strict=True))
    return answers


def _left(requests: Left, answers: dict[int, Answer]) -> Left:
    return {place: request for place, request in requests.items() if place not in answers}


def _earlier(work: Work, requests: Left) -> dict[int, Answer]:
    """The answers given before to the same keys; a Refusal (422) for the same key with another body."""
    if not requests:
        return {}
    keys = [(request.account_id, request.key) for request in requests.values()]
    found = {(row.account_id, row.key): row for row in work.columns(_EARLIER, {"keys": keys})}
    if not found:
        return {}
    return {
        place: _same(request, found[request.account_id, request.key])
        for place, request in requests.items()
        if (request.account_id, request.key) in found
    }


def _same(request: HoldRequest, row: Any) -> Answer:
    if row.body_hash != request.body_hash:
        return Refusal("key_reused", "这次提交与上一次内容不同，请返回后重新选择时段。", 422)
    return Held(row.appointment_no, row.slot_id or 0, row.held_until)


def _persons(work: Work, left: Left) -> dict[int, Masked | Refusal]:
    """For whom it is, or why they cannot be booked for."""
    plain = eligible.plainly(work, pairs={(request.account_id, request.patient_id) for request in left.values()})
    found: dict[int, Masked | Refusal] = {}
    for place, request in left.items():
        found[place] = plain.get((request.account_id, request.patient_id)) or _looked_at(work, request)
    return found


def _looked_at(work: Work, request: HoldRequest) -> Masked | Refusal:
    try:
        return eligible.check(work, account_id=request.account_id, patient_id=request.patient_id)
    except Refusal as refusal:
        return refusal


def _double(work: Work, left: Left, clinics: dict[int, Clinic]) -> dict[int, Answer]:
    """One live appointment per patient, doctor and day; the unique index is the judge, this is the kind word."""
    days = {place: (request.patient_id, _day(clinics, request)) for place, request in left.items()}
    rows = work.columns(_STANDING, {"days": list(days.values())})
    standing = {(row.patient_id, row.provider_day): row for row in rows}
    return {
        place: _duplicate(request, standing[days[place]]) for place, request in left.items() if days[place] in standing
    }


def _day(clinics: dict[int, Clinic], request: HoldRequest) -> str:
    clinic = clinics[request.schedule_id]
    return provider_day(clinic.provider, clinic.on)


def _duplicate(request: HoldRequest, other: Any) -> Refusal:
    if other.account_id != request.account_id:
        return Refusal("duplicate_booking", "这位就诊人当天已由其他账号约了这位医生，请换一天或换一位医生。")
    return Refusal(
        "duplicate_booking",
        "这位就诊人当天已经约了这位医生，请在“我的挂号”里查看或改签。",
        extra={"no": other.no},
    )


def _subjects(request: HoldRequest) -> list[str]:
    return limits.subjects(account_id=request.account_id, patient_id=request.patient_id)


def _over_limit(work: Work, left: Left) -> dict[int, Answer]:
    """Of one account's wishes the later ones are refused."""
    if not left:
        return {}
    wanted = Counter(subject for request in left.values() for subject in _subjects(request))
    excess = limits.count_bookings(work, wanted=wanted, on=clinic_day(work.now))
    refused: dict[int, Answer] = {}
    for place, request in reversed(left.items() if excess else ()):
        mine = [subject for subject in _subjects(request) if excess.get(subject, 0) > 0]
        if mine:
            refused[place] = taking.limit_reached(work.rules.bookings_per_day)
            for subject in _subjects(request):
                excess[subject] = excess.get(subject, 0) - 1
    return refused


def _visits_too_many(work: Work, left: Left, clinics: dict[int, Clinic]) -> dict[int, Answer]:
    if not visits.are_limited(work.rules):
        return {}
    wanted = {place: (request.patient_id, clinics[request.schedule_id].visit) for place, request in left.items()}
    return dict(visit_limits.refused(work, wanted))


def _give_back(work: Work, requests: Iterable[HoldRequest]) -> None:
    unused = Counter(subject for request in requests for subject in _subjects(request))
    if unused:
        limits.give_back(work, unused=unused, on=clinic_day(work.now))


def _pick(work: Work, left: Left) -> dict[int, Number]:
    """Locked numbers for these wishes, the earlier ones first, and nobody's any more whose time is up.

    One that returns late because of an alert is left alone, and another one is looked for: there may be many.
    """
    picked: dict[int, Number] = {}
    while left:
        found = _locked(work, left)
        stale = {number.id for number in found.values() if number.held}
        vacated = releasing.vacate_all(work, slot_ids=stale) if stale else {}
        late = {slot.id for slot in vacated.values() if slot.opens_at is not None and slot.opens_at > work.now}
        for place, number in found.items():
            if number.id not in late:
                picked[place] = picking.number_of(vacated[number.id]) if number.id in vacated else number
        left = {place: request for place, request in left.items() if place in found and place not in picked}
    return picked


def _locked(work: Work, left: Left) -> dict[int, Number]:
    wanted: dict[Period, list[int]] = defaultdict(list)
    for place, request in left.items():
        wanted[request.period].append(place)
    found = picking.pick_all(
        work,
        wanted={period: len(places) for period, places in wanted.items()},
        set_aside=[request.set_aside for request in left.values() if request.set_aside is not None],
    )
    return {
        place: number for period, places in wanted.items() for place, number in zip(places, found[period], strict=False)
    }


def _gone(work: Work, unlucky: Left) -> dict[int, Answer]:
    if not unlucky:
        return {}
    there = opening.existing(work, {request.period for request in unlucky.values()})
    return {
        place: taking.slot_taken() if request.period in there else not_found("这个时段")
        for place, request in unlucky.items()
    }


def _check_again(work: Work, grants: Sequence[Grant]) -> None:
    """Whoever changes a clinic locks its numbers. They are ours now: is it still what it was?"""
    if not opening.unchanged(work, {grant.clinic.id: grant.clinic for grant in grants}.values()):
        raise Overtaken
