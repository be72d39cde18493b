"""What load tests need of the house itself. Nothing of this answers outside a sandbox."""

from hospital_app.container import container
from hospital_app.domain.errors import not_found
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import who
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import payments, sandbox_people
from hospital_app.services.sandbox_people import Invented

BATCH = 500


def accounts(*, count: int) -> list[Invented]:
    """Fresh accounts with a complete patient and a session each; Refusal `not_found` without a sandbox."""
    if not container().settings.sandboxed:
        raise not_found("页面")
    made: list[Invented] = []
    while len(made) < count:
        some = perform(SYSTEM, sandbox_people.create, number=min(BATCH, count - len(made)))
        who.keep_fresh(*(one.token for one in some))
        made += some
    return made


def cashier_of(*, payment_no: str) -> str:
    """Where the payer of this payment goes; empty if there is none."""
    return look(SYSTEM, payments.cashier_of, payment_no=payment_no)
