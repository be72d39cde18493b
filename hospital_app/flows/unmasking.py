"""Looking for one person, and at what is masked everywhere else."""

from hospital_app.domain.errors import malformed
from hospital_app.domain.identity import Actor
from hospital_app.flows.unit import perform
from hospital_app.services import unmasking
from hospital_app.services.unmasking import MaskedPerson, Reason, Unmasked


def find(actor: Actor, *, appointment_no: str = "", document_number: str = "", phone: str = "") -> list[MaskedPerson]:
    """Masked; on the audit trail without what was asked. Raises Refusal malformed, bad_phone (422)."""
    return perform(actor, unmasking.find, appointment_no=appointment_no, document_number=document_number, phone=phone)


def unmask(actor: Actor, *, patient_id: int, reason: str, note: str) -> Unmasked:
    """In full. Raises Refusal reason_needed (422), not_found (404), too_many_unmaskings (429)."""
    if reason not in set(Reason):
        raise malformed("查看原因")
    return perform(actor, unmasking.unmask, patient_id=patient_id, reason=Reason(reason), note=note)
