"""The house's own two transactions, called by threads of one process."""

from bench.stage import Bill, Wish
from bench.threads import per_second
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.flows import booking
from hospital_app.flows.unit import perform
from hospital_app.services import payments


def holds(wishes: list[Wish], threads: int) -> float:
    """flows.booking.hold_one: limits, checks, number, appointment, idempotency key, HIS snapshot, audit, outbox."""

    def hold(_: None, wish: Wish) -> None:
        actor = Actor(Role.PATIENT, account_id=wish.person.account_id, address="127.0.0.1")
        request = HoldRequest(
            wish.person.account_id, wish.person.patient_id, wish.schedule_id, wish.starts_at, key=wish.key
        )
        booking.hold_one(actor, request)

    return per_second(wishes, threads, hold, equip=lambda: None, leave=lambda _: None)


def captures(bills: list[Bill], threads: int) -> float:
    """services.payments.record_notice in its transaction: what a verified callback does."""

    def capture(_: None, bill: Bill) -> None:
        notice = PaymentNotice(bill.no, "captured", bill.amount_fen, transaction_id=f"t{bill.no}")
        assert perform(SYSTEM, payments.record_notice, notice=notice)

    return per_second(bills, threads, capture, equip=lambda: None, leave=lambda _: None)
