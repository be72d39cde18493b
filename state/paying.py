"""What the cashier asks of the house: an order with or without insurance, and whose insurance may be used."""

from dataclasses import dataclass

from hospital_app.domain.exchange import Method
from hospital_app.domain.on_behalf import Reason
from hospital_app.flows import cashier, family, payment
from hospital_app.services.appointments import AppointmentView
from hospital_app.services.payment_views import PaymentView
from state import wording
from state.session import Reader


@dataclass(frozen=True)
class Wish:
    """How the payer wants to pay; `channel` None agrees to a split that leaves nothing to be paid."""

    channel: str | None
    method: Method | None
    insurance: bool
    use_account: bool


def open_payment(reader: Reader, no: str, wish: Wish, reason: Reason | None) -> PaymentView:
    return payment.start(
        reader.actor(),
        no=no,
        channel=wish.channel,
        method=wish.method,
        insurance=wish.insurance,
        use_account=wish.use_account,
        reason=reason,
    )


def insurance_of(reader: Reader, seen: AppointmentView) -> str:
    """absent, unverified or ready; empty where it is not offered: no bureau, a difference, somebody else acts."""
    actor = reader.actor()
    if not cashier.insures() or seen.rescheduling or actor.account_id is None:
        return ""
    person = next((each for each in family.listing(actor) if each.id == seen.patient_id), None)
    if person is None:
        return ""
    if person.insurance_verified:
        return "ready"
    return "unverified" if person.insurance_number else "absent"


def split_words(paying: PaymentView) -> tuple[str, str, str]:
    """统筹、个账、自付."""
    money = wording.money
    return money(paying.fund_fen), money(paying.insurance_account_fen), money(paying.cash_fen)
