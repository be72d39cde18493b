"""转诊, for screens and for the API."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from hospital_app.domain.errors import malformed
from hospital_app.domain.identity import Actor
from hospital_app.domain.taking import slot_taken
from hospital_app.flows.booking import REPLAYS
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import referral_records, referring, sent_referrals
from hospital_app.services.referral_records import Page, Wanted
from hospital_app.services.referring import Referral, ReferralPeriod, Referred
from hospital_app.services.sent_referrals import SentReferral


def person(actor: Actor, *, document_number: str) -> Referred:
    return perform(actor, referring.person, document_number=document_number)


def periods(actor: Actor, *, department_code: str) -> list[ReferralPeriod]:
    return look(actor, referring.periods, department_code=department_code)


def sent(actor: Actor) -> list[SentReferral]:
    """Whom this doctor has referred, and what became of it; the newest first."""
    return look(actor, sent_referrals.listing)


def records(actor: Actor, *, wanted: Wanted, below: int | None = None) -> Page:
    """For administrators: their department's, in both directions, or the whole hospital's."""
    return look(actor, referral_records.page, wanted=wanted, below=below)


def refer(actor: Actor, *, patient_id: int, schedule_id: int, starts_at: datetime) -> Referral:
    """What only a unique index saw is replayed: then the kind words are found."""
    if starts_at.tzinfo is None:
        raise malformed("就诊时段")
    for _ in range(REPLAYS):
        try:
            return perform(actor, referring.refer, patient_id=patient_id, schedule_id=schedule_id, starts_at=starts_at)
        except IntegrityError:
            continue
    raise slot_taken()
