"""电子票据 at the issuing platform: issued, red-lettered and issued anew as the money goes."""

from dataclasses import dataclass

from hospital_app.container import container
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import Rejected
from hospital_app.services import bills, invoices, receipts
from hospital_app.services.bills import Bill
from hospital_app.services.invoices import InvoiceView


@dataclass(frozen=True, slots=True)
class Paper:
    """An invoice as a file. `name`: what the browser calls it, without anything of a person."""

    name: str
    content: bytes


def follow(*, payment_no: str) -> None:
    """The job: errand after errand until the invoice is of what is kept. Raises Unreachable to be called again."""
    issuer = container().invoices
    if issuer is None:
        return
    while errand := perform(SYSTEM, invoices.next_errand, payment_no=payment_no):
        if errand.void is not None:
            issuer.void(errand.no, errand.void, reason="退款")
            perform(SYSTEM, invoices.voided, no=errand.no)
            continue
        if errand.issue is None:
            raise AssertionError("an errand is one of the two")
        try:
            answer = issuer.issue(errand.issue)
        except Rejected as refusal:
            perform(SYSTEM, invoices.refused, no=errand.no, error=str(refusal))
            raise
        perform(SYSTEM, invoices.issued, no=errand.no, answer=answer)


def request(actor: Actor, *, payment_no: str) -> InvoiceView:
    if container().invoices is None:
        look(actor, bills.one, payment_no=payment_no)  # whose it is comes before what is wrong with the wish
        raise Refusal("invoices_unavailable", "医院尚未开通电子票据，请到窗口开具。", 409)
    return perform(actor, invoices.request, payment_no=payment_no)


def one(actor: Actor, *, payment_no: str) -> InvoiceView:
    return look(actor, invoices.one, payment_no=payment_no)


def printed(actor: Actor, *, payment_no: str) -> Paper:
    """The invoice as a PDF to hand in for reimbursement. Raises Refusal `invoice_pending`, not_found."""
    from hospital_app.adapters import receipt_pdf  # 20 MB of every process, for what few ask for

    receipt, settings = look(actor, receipts.one, payment_no=payment_no), container().settings
    url = receipt.invoice.url
    verify_url = f"{settings.public_url}{url}" if receipt.of_sandbox else url
    content = receipt_pdf.draw(receipt, hospital=settings.hospital_name, verify_url=verify_url)
    return Paper(f"医疗收费电子票据-{receipt.payment_no}.pdf", content)


def listing(actor: Actor) -> list[Bill]:
    """The account's bills, the newest first."""
    return look(actor, bills.listing)
