"""科室、医生、号源日历、导诊：public reads for every terminal; nobody needs to be signed in."""

from datetime import datetime

from hospital_app.domain.errors import malformed
from hospital_app.domain.identity import ANONYMOUS
from hospital_app.domain.ready import KeptCalendar
from hospital_app.domain.schedule import Provider
from hospital_app.flows import calendars as ready
from hospital_app.flows.reading import look
from hospital_app.services import calendars, cards, catalog
from hospital_app.services.calendars import Calendar
from hospital_app.services.cards import Card
from hospital_app.services.catalog import DepartmentInfo, HotDepartment, SearchResult, TriageResult
from hospital_app.services.grid import FreePeriod


def departments() -> list[DepartmentInfo]:
    """Open departments and the groups that they stand in."""
    return look(ANONYMOUS, catalog.departments)


def departments_home() -> list[HotDepartment]:
    """热门科室 with what is left today and tomorrow, the hottest first."""
    return look(ANONYMOUS, catalog.departments_home)


def doctors(*, department: str | None = None, q: str | None = None, symptom: str | None = None) -> list[Card]:
    """Cards of doctors and pooled clinics, the best match first; the conditions are all met."""
    return look(ANONYMOUS, catalog.doctors, department=department, q=q, symptom=symptom)


def search(q: str) -> SearchResult:
    """What one search box finds: advice first, then departments and doctors."""
    return look(ANONYMOUS, catalog.search, q=q)


def triage(q: str) -> TriageResult:
    """导诊 for free text."""
    return look(ANONYMOUS, catalog.triage, q=q)


def doctor(doctor_id: int) -> Card:
    """One doctor's card; Refusal `not_found`."""
    return look(ANONYMOUS, cards.one, provider=Provider(doctor_id).key)


def provider(key: str) -> Card:
    """The card of `doctor:<id>` or `pool:<department>:<room>`."""
    return look(ANONYMOUS, cards.one, provider=key)


def calendar(*, provider: str | None = None, doctor_id: int | None = None, days: int | None = None) -> Calendar:
    """号源日历 of `provider` or of a doctor; `days` defaults to the horizon of the rules."""
    return ready.shown(_provider(provider, doctor_id), days)


def kept_calendar(*, provider: str | None = None, doctor_id: int | None = None, days: int) -> KeptCalendar:
    """The same as the API answers it."""
    return ready.current(_provider(provider, doctor_id), days)


def _provider(key: str | None, doctor_id: int | None) -> str:
    if key is None:
        if doctor_id is None:
            raise malformed("医生")
        return Provider(doctor_id).key
    return key


def nearest_free(*, provider: str, starts_at: datetime, limit: int = 3) -> list[FreePeriod]:
    """The nearest bookable periods of this provider or, if there are none, of its equals."""
    return look(ANONYMOUS, calendars.nearest_free, provider=provider, starts_at=starts_at, limit=limit)
