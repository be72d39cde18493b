"""医保移动支付授权: asked for by one session for one order, used up once; kept sealed, and not for long."""

from hospital_app.domain.settlement import Authorised, is_of
from hospital_app.models.identity import Patient
from hospital_app.services import ceremonies, payments, quoting, round_trips
from hospital_app.services.appointments import own
from hospital_app.work import Work

ASKING, GIVEN = "insurance-asking", "insurance-given"


def begin(work: Work, *, no: str) -> str:
    """The state that comes back from the platform's page. Raises Refusal as a quote would."""
    quoting.visit(work, no=no, use_account=False)
    return round_trips.begin(work, kind=ASKING, no=no)


def come_back(work: Work, *, no: str, state: str) -> None:
    """Use a state up. Raises Refusal `ceremony_over`; `other_browser`, which uses nothing up."""
    round_trips.come_back(work, kind=ASKING, no=no, state=state)


def keep(work: Work, *, no: str, given: Authorised, minutes: int) -> bool:
    """For this order alone; False if it is not the patient's own insurance."""
    appointment, _ = payments.payable(work, no=no)
    patient = work.session.get_one(Patient, appointment.patient_id)
    if not is_of(given, name=patient.name, document_number=patient.document_number or ""):
        work.record("insurance.authorised-other", f"appointment:{no}")
        return False
    ceremonies.remember(
        work,
        kind=GIVEN,
        name=no,
        payload={"pay_auth_no": given.pay_auth_no},
        account_id=appointment.account_id,
        minutes=minutes,
    )
    work.record("insurance.authorised", f"appointment:{no}")
    return True


def given(work: Work, *, no: str) -> str:
    """payAuthNo of an own order, while it is good; empty: there is none."""
    own(work, no=no)
    kept = ceremonies.recall(work, kind=GIVEN, name=no)
    return "" if kept is None else str(kept.payload["pay_auth_no"])
