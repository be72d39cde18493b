"""我的账单 over REST: the invoice as a file, by the account that paid and by nobody else."""

import re
from urllib.parse import quote

from pypdfium2 import PdfDocument
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.identity import Role
from hospital_app.domain.money import yuan
from hospital_app.models.booking import Appointment
from hospital_app.models.finance import Invoice
from hospital_app.models.insurance import InsuranceSettlement
from hospital_app.models.payment import Payment
from hospital_app.vault import vault
from tests.api.test_main_job import Scene, scene, staff_terminal
from tests.support.people import signed_in
from tests.support.terminal import Terminal, refusal

__all__ = ["scene"]

FUND, ACCOUNT, CASH = 2250, 1000, 1750


def insured_and_issued(scene: Scene, no: str) -> str:
    """The books as they are once insurance has paid two parts and the platform has issued; the payment's number."""
    with scene.house.sessions.begin() as session:
        appointment = session.scalars(select(Appointment).where(col(Appointment.no) == no)).one()
        payment = session.scalars(select(Payment).where(col(Payment.appointment_id) == appointment.id)).one()
        payment.fund_fen, payment.insurance_account_fen, payment.cash_fen = FUND, ACCOUNT, CASH
        assert payment.id is not None and appointment.id is not None and appointment.account_id is not None
        ours = {"payment_id": payment.id, "appointment_id": appointment.id}
        session.add(
            InsuranceSettlement(
                no="MI1",
                status="settled",
                person_no=vault().encrypt("P1"),
                insured_region="110100",
                kind="310",
                settlement_id="S2611260001",
                pay_token="",
                total_fen=FUND + ACCOUNT + CASH,
                fund_fen=FUND,
                account_fen=ACCOUNT,
                cash_fen=CASH,
                quoted_at=scene.house.now,
                **ours,
            )
        )
        session.add(
            Invoice(
                no=f"{payment.no}-1",
                account_id=appointment.account_id,
                status="issued",
                amount_fen=payment.amount_fen,
                batch_code="00060126",
                number="0000000042",
                check_code="a1b2c3",
                url="https://invoices.example.gov.cn/b/0000000042",
                requested_at=scene.house.now,
                issued_at=scene.house.now,
                **ours,
            )
        )
        return payment.no


def test_the_invoice_is_downloaded_with_every_part_of_it(scene: Scene) -> None:
    number = insured_and_issued(scene, scene.booked())
    answer = scene.patient.get(f"/api/v1/bills/{number}/invoice.pdf")
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"{number}.pdf\"; filename*=UTF-8''{quote(f'医疗收费电子票据-{number}.pdf')}"
    )
    with PdfDocument(answer.content) as paper:
        (page,) = paper
        text = "".join(page.get_textpage().get_text_bounded().split())
    for said in ("王秀芳", "0000000042", "a1b2c3", "呼吸内科", "职工基本医疗保险", "S2611260001", "微信支付"):
        assert said in text
    shown = {
        name: re.findall(rf"{name}：?([0-9.]+)", text)
        for name in ("医保统筹基金支付", "个人账户支付", "个人现金支付", "（小写）")
    }
    assert [found for (found,) in shown.values()] == [yuan(fen) for fen in (FUND, ACCOUNT, CASH, FUND + ACCOUNT + CASH)]
    assert "演示" not in text and "冲红" not in text


def test_nobody_else_downloads_it(scene: Scene) -> None:
    number = insured_and_issued(scene, scene.booked())
    path = f"/api/v1/bills/{number}/invoice.pdf"
    assert refusal(Terminal().get(path)) == (401, "signed_out")
    assert refusal(Terminal(token=signed_in(scene.house, "13800138001").token).get(path)) == (404, "not_found")
    for turn, role in enumerate((Role.CLERK, Role.HOSPITAL_ADMIN)):
        staff = staff_terminal(scene.house, staff_no=f"W{turn}", role=role)
        assert refusal(staff.get(path)) == (403, "forbidden")
    with scene.house.sessions.begin() as session:
        session.scalars(select(Invoice)).one().number = ""
    assert refusal(scene.patient.get(path)) == (409, "invoice_pending")
