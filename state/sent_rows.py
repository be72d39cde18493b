"""One referred patient as a row of the doctor's list."""

from dataclasses import dataclass

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.appointment import Status
from hospital_app.domain.calendar import clinic_day
from hospital_app.services.sent_referrals import SentReferral
from state import wording
from state.change_words import SERVICES


@dataclass(frozen=True)
class SentRow:
    key: str
    patient: str
    where: str
    when: str
    word: str
    tone: str
    #: Until when it is to be paid, or when it was sent.
    note: str


def sent_row(sent: SentReferral, lang: str) -> SentRow:
    who = wording.doctor(sent.doctor_name, sent.doctor_title, lang)
    service = say(SERVICES.get(sent.service_type, "普通号"), lang)
    when = wording.when(sent.starts_at, sent.ends_at, lang, now=clock.now())
    word, tone = wording.status_words(sent.status, sent.cancel_reason, lang)
    note = say("转诊于 {at}", lang, at=wording.moment(sent.referred_at))
    if sent.status == Status.PENDING and sent.held_until is not None:
        until = f"{wording.day(clinic_day(sent.held_until), lang)} {wording.clock_time(sent.held_until)}"
        note = f"{say('患者须在 {until} 前付款', lang, until=until)} · {note}"
    return SentRow(
        key=sent.no,
        patient=sent.patient_name,
        where=f"{say(sent.department_name, lang)} · {who} · {service}",
        when=f"{when} · {wording.number(sent.seq, lang)} · {wording.room(sent.room, lang)}",
        word=word,
        tone=tone,
        note=note,
    )
