"""FHIR for machines that hold one of our tokens: reading only."""

from hmac import compare_digest

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import ANONYMOUS
from hospital_app.flows.reading import look
from hospital_app.services import fhir_reading
from hospital_app.services.fhir_reading import Page, Resource, Wanted


def admit(token: str | None) -> None:
    """Raises Refusal `no_token` (401) unless this is one of the configured tokens."""
    known = [secret.get_secret_value().encode() for secret in container().settings.fhir_tokens]
    given = (token or "").encode()
    if not given or True not in [compare_digest(given, one) for one in known]:
        raise Refusal("no_token", "需要有效的机器令牌，请联系医院信息科。", 401)


def schedules(token: str | None, *, wanted: Wanted, after: int, count: int) -> Page:
    admit(token)
    return look(ANONYMOUS, fhir_reading.schedules, wanted=wanted, after=after, count=count)


def slots(token: str | None, *, wanted: Wanted, after: int, count: int) -> Page:
    admit(token)
    return look(ANONYMOUS, fhir_reading.slots, wanted=wanted, after=after, count=count)


def appointments(token: str | None, *, wanted: Wanted, after: int, count: int) -> Page:
    admit(token)
    return look(ANONYMOUS, fhir_reading.appointments, wanted=wanted, after=after, count=count)


def schedule(token: str | None, *, schedule_id: int) -> Resource:
    admit(token)
    return look(ANONYMOUS, fhir_reading.schedule, schedule_id=schedule_id)


def slot(token: str | None, *, slot_id: int) -> Resource:
    admit(token)
    return look(ANONYMOUS, fhir_reading.slot, slot_id=slot_id)


def appointment(token: str | None, *, no: str) -> Resource:
    admit(token)
    return look(ANONYMOUS, fhir_reading.appointment, no=no)
