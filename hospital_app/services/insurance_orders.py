"""What our books tell the bureau of a settlement, and the end of one that it never made."""

from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.money import Split
from hospital_app.domain.settlement import SETTLEMENT_MOVES, BureauOrder, SettlementAction
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Patient
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment
from hospital_app.vault import vault
from hospital_app.work import Work


def of_payment(work: Work, *, payment_no: str) -> BureauOrder | None:
    """None: insurance is no part of it."""
    settlement = work.session.scalar(
        select(InsuranceSettlement)
        .join(Payment, col(Payment.id) == col(InsuranceSettlement.payment_id))
        .where(col(Payment.no) == payment_no)
        .execution_options(populate_existing=True)
    )
    return None if settlement is None else order_of(work, settlement)


def order_of(work: Work, settlement: InsuranceSettlement) -> BureauOrder:
    patient = work.session.scalars(
        select(Patient)
        .join(Appointment, col(Appointment.patient_id) == col(Patient.id))
        .where(col(Appointment.id) == settlement.appointment_id)
    ).one()
    return BureauOrder(
        no=settlement.no,
        person_no=vault().decrypt(settlement.person_no),
        insured_region=settlement.insured_region,
        kind=settlement.kind,
        visit_id=settlement.visit_id,
        batch_no=settlement.batch_no,
        use_account=settlement.use_account,
        split=Split(settlement.total_fen, settlement.fund_fen, settlement.account_fen, settlement.cash_fen),
        document_number=patient.document_number or "",
        settlement_id=settlement.settlement_id,
        message_id=settlement.message_id,
        pay_order_id=settlement.pay_order_id,
        pay_token=vault().decrypt(settlement.pay_token) if settlement.pay_token else "",
    )


def fail(work: Work, settlement: InsuranceSettlement) -> None:
    """It will not be settled: its registration at the bureau is dropped (2202)."""
    settlement.status = SETTLEMENT_MOVES[SettlementAction.FAIL].to
    number = work.session.scalars(select(col(Payment.no)).where(col(Payment.id) == settlement.payment_id)).one()
    work.later("settlement.drop", payment_no=number)
    work.record("settlement.failed", f"settlement:{settlement.no}")


def forget_quote(work: Work, *, payment_id: int) -> None:
    """Nobody has paid for it, and nobody can any more."""
    settlement = work.session.scalar(
        select(InsuranceSettlement)
        .where(col(InsuranceSettlement.payment_id) == payment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if settlement is not None and settlement.status in SETTLEMENT_MOVES[SettlementAction.FAIL].sources:
        fail(work, settlement)
