"""Asking the insurance bureau whose number it is: now if it answers, by a job if it does not."""

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import SYSTEM
from hospital_app.domain.insurance import Claim, Insured, is_this_person, judge
from hospital_app.flows.outside import place_at
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import Unreachable
from hospital_app.services import insurances


def ask(claim: Claim | None) -> Insured | None:
    """None: there is nothing to ask, no bureau to ask, or it does not answer. Raises Refusal as domain's `judge`."""
    registry = container().insurance
    if claim is None or registry is None:
        return None
    try:
        with place_at("insurance"):
            known = registry.person(claim)
    except Unreachable:
        return None
    return judge(claim, known)


def knows(claim: Claim | None) -> bool:
    """Whether the bureau knows this document as this name's; False as well if it does not answer, or there is none.

    Raises Refusal `document_mismatch` if it knows otherwise.
    """
    registry = container().insurance
    if claim is None or registry is None:
        return False
    try:
        with place_at("insurance"):
            known = registry.person(claim)
    except Unreachable:
        return False
    if not is_this_person(claim, known):
        raise Refusal(
            "document_mismatch", "医保局没有查到这个姓名和身份证号，请核对；确认无误请带户口簿、身份证到服务台更改。"
        )
    return True


def verify(*, patient_id: int) -> None:
    """The job: ask about a number that was kept while the bureau was away. Raises Unreachable, to be tried again."""
    registry = container().insurance
    claimed = look(SYSTEM, insurances.owed_claim, patient_id=patient_id)
    if claimed is None or registry is None:
        return
    known = registry.person(claimed)
    try:
        insured: Insured | None = judge(claimed, known)
    except Refusal:
        insured = None
    perform(SYSTEM, insurances.confirm, patient_id=patient_id, claimed=claimed, insured=insured)
