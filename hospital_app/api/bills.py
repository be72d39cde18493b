"""我的账单：what was paid, what came back, and the invoice of each payment."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path
from fastapi.responses import Response

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer, Instant
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import invoices
from hospital_app.services.bills import Bill as BillOfOurs
from hospital_app.services.invoices import InvoiceView

router = APIRouter(prefix="/api/v1/bills", tags=["payments"])

PaymentNo = Annotated[str, Path(pattern=r"^GP[0-9]{8,20}$", description="GP + day + 10 digits")]


class Invoice(Answer):
    """`status`: requested, issued, voided, failed. `url`: where the invoice can be seen, once it is issued."""

    payment_no: str
    status: str
    amount_fen: int
    batch_code: str
    number: str
    check_code: str
    url: str
    issued_at: Instant | None


class BillRefund(Answer):
    """`status`: processing, done, failed (the hospital sees to it)."""

    refund_no: str
    status: str
    leg: str
    amount_fen: int
    created_at: Instant
    done_at: Instant | None


class Bill(Answer):
    payment_no: str
    appointment_no: str
    patient: str
    department: str
    visit_at: Instant
    channel: str
    status: str
    amount_fen: int
    fund_fen: int
    account_fen: int
    cash_fen: int
    kept_fen: int
    paid_at: Instant
    refunds: list[BillRefund]
    invoice: Invoice | None


@router.get("", summary="我的账单")
@allows(Right.SEE_APPOINTMENT)
def bills(caller: Caller) -> list[Bill]:
    """Payments of the account that money came for, the newest first, at most 100."""
    return [_bill(each) for each in invoices.listing(caller.actor())]


@router.get("/{payment_no}/invoice", summary="电子票据")
@allows(Right.SEE_APPOINTMENT)
def invoice(payment_no: PaymentNo, caller: Caller) -> Invoice:
    """404 while nobody has asked for one."""
    return _invoice(invoices.one(caller.actor(), payment_no=payment_no))


@router.post("/{payment_no}/invoice", status_code=202, summary="申请电子票据")
@allows(Right.SEE_APPOINTMENT)
def request(payment_no: PaymentNo, caller: Caller) -> Invoice:
    """Issued within seconds; asking again is the same invoice. After a refund it is issued anew by itself, of what is
    kept. 409 `nothing_kept`, `invoices_unavailable`.
    """
    return _invoice(invoices.request(caller.actor(), payment_no=payment_no))


@router.get(
    "/{payment_no}/invoice.pdf",
    summary="下载电子票据",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}},
)
@allows(Right.SEE_APPOINTMENT)
def printed(payment_no: PaymentNo, caller: Caller) -> Response:
    """The invoice as a PDF, to hand in for reimbursement; of own bills alone. It says so if it was red-lettered.

    404 while nobody has asked for one, 409 `invoice_pending` until it is issued.
    """
    paper = invoices.printed(caller.actor(), payment_no=payment_no)
    disposition = f"attachment; filename=\"{payment_no}.pdf\"; filename*=UTF-8''{quote(paper.name)}"
    headers = {"content-disposition": disposition, "cache-control": "no-store"}
    return Response(paper.content, media_type="application/pdf", headers=headers)


def _bill(bill: BillOfOurs) -> Bill:
    return Bill(
        payment_no=bill.payment_no,
        appointment_no=bill.appointment_no,
        patient=bill.patient,
        department=bill.department,
        visit_at=bill.visit_at,
        channel=bill.channel,
        status=bill.status,
        amount_fen=bill.amount_fen,
        fund_fen=bill.fund_fen,
        account_fen=bill.account_fen,
        cash_fen=bill.cash_fen,
        kept_fen=bill.kept_fen,
        paid_at=bill.paid_at,
        refunds=[
            BillRefund(
                refund_no=each.no,
                status=each.status,
                leg=each.leg,
                amount_fen=each.amount_fen,
                created_at=each.created_at,
                done_at=each.done_at,
            )
            for each in bill.refunds
        ],
        invoice=None if bill.invoice is None else _invoice(bill.invoice),
    )


def _invoice(found: InvoiceView) -> Invoice:
    return Invoice(
        payment_no=found.payment_no,
        status=found.status,
        amount_fen=found.amount_fen,
        batch_code=found.batch_code,
        number=found.number,
        check_code=found.check_code,
        url=found.url,
        issued_at=found.issued_at,
    )
