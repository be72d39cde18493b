"""单独同意：what an account agreed to; without it nothing new is booked."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.errors import language_of
from hospital_app.api.shapes import Answer, Body, Id, Instant, PathId
from hospital_app.api.visitor import Caller
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.consent import WORDINGS, ConsentKind
from hospital_app.flows import privacy

router = APIRouter(prefix="/api/v1/consents", tags=["privacy"])


class NewConsent(Body):
    """`health-data` once an account, before its first booking; `guardian` for each child under 14 (`patient_id`)."""

    kind: Annotated[ConsentKind, Field(strict=False)]
    patient_id: Id | None = None


class Consent(Answer):
    id: int
    kind: str
    version: str
    patient_id: int | None
    patient_name: str
    given_at: Instant
    withdrawn_at: Instant | None


class Wording(Answer):
    """Show it before you ask."""

    kind: str
    version: str
    title: str
    text: str


class Consents(Answer):
    """The newest first. `wordings`: what is asked now; a consent to an older version does not count any more."""

    consents: list[Consent]
    wordings: list[Wording]


@router.get("", summary="我的同意")
@allows(Right.OWN_PRIVACY)
def listing(request: Request, caller: Caller) -> Consents:
    lang = language_of(request)
    return Consents(
        consents=[Consent.model_validate(found) for found in privacy.listing(caller.actor())],
        wordings=[
            Wording(kind=kind, version=asked.version, title=say(asked.title, lang), text=say(asked.text, lang))
            for kind, asked in WORDINGS.items()
        ],
    )


@router.post("", status_code=201, summary="同意")
@allows(Right.OWN_PRIVACY)
def give(given: NewConsent, caller: Caller) -> Consent:
    """To the wording that stands now. Agreeing again gives the same answer. 409 `no_guardian_needed`."""
    return Consent.model_validate(privacy.agree(caller.actor(), kind=given.kind, patient_id=given.patient_id))


@router.delete("/{consent_id}", status_code=204, summary="撤回同意")
@allows(Right.OWN_PRIVACY)
def withdraw(consent_id: PathId, caller: Caller) -> None:
    """Nothing new is booked without it; appointments that stand go on."""
    privacy.withdraw(caller.actor(), consent_id=consent_id)
