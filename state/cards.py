"""The shapes that several screens show, every text already in the reader's language, and how they are made."""

from dataclasses import dataclass
from datetime import datetime

from hospital_app.catalogue import say
from hospital_app.domain.appointment import Action, Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.cards import Card
from hospital_app.services.families import PatientView
from state import wording
from state.week import doctor_href

FEW_LEFT = 3
#: What a child lacks and no detail of its own could give.
OF_GUARDIAN = frozenset({"guardian", "consent"})


@dataclass(frozen=True)
class DoctorCard:
    """`tone` is one of ok warn loss still; `href` the page of this doctor or pooled clinic."""

    href: str
    mark: str  # one character, for who has no photo
    photo: str  # address, or empty
    name: str
    title: str
    department: str
    specialty: str
    rating: str
    word: str
    tone: str
    fee: str


@dataclass(frozen=True)
class DepartmentTile:
    href: str
    name: str
    note: str
    tone: str
    more: str = ""


@dataclass(frozen=True)
class VisitCard:
    """One appointment in a list. `action` is the label of the next step, `href` where it leads."""

    no: str
    when: str
    title: str
    who: str
    where: str
    word: str
    tone: str
    action: str
    href: str


@dataclass(frozen=True)
class PatientChoice:
    """`missing` names the fields that a form must still ask for; of a child also `guardian` and `consent`."""

    id: str
    name: str
    relation: str
    document: str
    missing: list[str]
    missing_word: str
    lacks_details: bool  # of its own, for the form that completes them
    insurance: str  # 医保, in a word; empty without a number
    certificate: bool = False  # known by a birth certificate, until there is a resident ID


@dataclass(frozen=True)
class Fact:
    """A name and a value."""

    name: str
    value: str


def doctor_card(card: Card, lang: str, *, now: datetime) -> DoctorCard:
    word, tone = _supply(card, lang, now=now)
    return DoctorCard(
        href=doctor_href(card.provider),
        mark=wording.person(card.name, lang)[:1],
        photo=photo_of(card.photo),
        name=wording.person(card.name, lang),
        title=say(card.title, lang),
        department=say(card.department, lang),
        specialty=wording.fields(card.specialty, lang),
        rating="" if card.rating is None else f"{card.rating:.1f}",
        word=word,
        tone=tone,
        fee=wording.price(card.fee_fen),
    )


def photo_of(sha256: str) -> str:
    """The address of a photo; empty for none."""
    return f"/api/v1/photos/{sha256}" if sha256 else ""


def visit_card(seen: AppointmentView, lang: str, *, now: datetime) -> VisitCard:
    word, tone = wording.status_words(seen.status, seen.cancel_reason, lang)
    action, href = _next_step(seen, lang, now=now)
    return VisitCard(
        no=seen.no,
        when=wording.when(seen.starts_at, seen.ends_at, lang, now=now),
        title=wording.who_sees(seen, lang),
        who=say("就诊人 {name} · 第 {seq} 号", lang, name=seen.patient_name, seq=seen.seq),
        where=wording.place(seen.location, seen.room, lang),
        word=word,
        tone=tone,
        action=action,
        href=href,
    )


def patient_choice(view: PatientView, lang: str) -> PatientChoice:
    return PatientChoice(
        id=str(view.id),
        name=view.name,
        relation=wording.relation(view.relation, lang),
        document=view.document,
        missing=list(view.missing),
        missing_word=_missing_word(view, lang),
        lacks_details=bool(set(view.missing) - OF_GUARDIAN),
        insurance=_insurance_word(view, lang),
        certificate=view.document_kind == "birth-certificate" and view.document != "",
    )


def is_coming(seen: AppointmentView, *, now: datetime) -> bool:
    """Still to be paid, attended, or under way."""
    if seen.status in {Status.PENDING, Status.CHECKED_IN}:
        return True
    return seen.status == Status.BOOKED and clinic_day(seen.starts_at) >= clinic_day(now)


def _supply(card: Card, lang: str, *, now: datetime) -> tuple[str, str]:
    if card.next_free_at is None:
        return (say("暂未出诊", lang), "still") if card.fee_fen is None else (say("七天内约满", lang), "still")
    on = clinic_day(card.next_free_at)
    when = wording.weekday(on, lang, today=clinic_day(now))
    if card.next_left <= FEW_LEFT:
        return say("{day}余{left} 紧张", lang, day=when, left=card.next_left), "warn"
    return say("{day}余{left}", lang, day=when, left=card.next_left), "ok"


def _next_step(seen: AppointmentView, lang: str, *, now: datetime) -> tuple[str, str]:
    if seen.status == Status.PENDING:
        return say("去付款", lang), f"/pay/{seen.no}"
    if seen.status == Status.CHECKED_IN:
        return say("看候诊进度", lang), "/queue"
    if seen.status == Status.BOOKED and Action.CHECK_IN in seen.actions:
        if clinic_day(seen.starts_at) == clinic_day(now):
            return say("去签到", lang), f"/appointment/{seen.no}"
        return say("挂号单", lang), f"/slip/{seen.no}"
    return say("再次预约", lang), doctor_href(seen.provider)


def _insurance_word(view: PatientView, lang: str) -> str:
    if not view.insurance_number:
        return ""
    if not view.insurance_verified:
        return say("医保 {number} · 未核验", lang, number=view.insurance_number)
    region = view.insurance_region or say("其他统筹区", lang)
    return say("医保 {number} · {region} · 已核验", lang, number=view.insurance_number, region=region)


def _missing_word(view: PatientView, lang: str) -> str:
    if not view.missing:
        return ""
    if view.missing[0] == "guardian":
        return say("14 岁以下需先补全本人的证件", lang)
    if view.missing[0] == "consent":
        return say("14 岁以下需监护人同意", lang)
    return say("还缺证件信息，选中后补填", lang)
