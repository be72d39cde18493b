"""电子票据: what is said between the house and the issuing platform, and the machine of an invoice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from hospital_app.domain.identity import Role
from hospital_app.domain.machine import Move


class InvoiceStatus(StrEnum):
    """开具中 / 已开具 / 已冲红 / 未开成."""

    REQUESTED = "requested"
    ISSUED = "issued"
    VOIDED = "voided"
    FAILED = "failed"


class InvoiceAction(StrEnum):
    ISSUE = "issue"
    FAIL = "fail"
    VOID = "void"
    REISSUE = "reissue"  # after a partial refund, or asked for again


_SYSTEM = frozenset({Role.SYSTEM})
_S = InvoiceStatus

INVOICE_MOVES: Mapping[InvoiceAction, Move[InvoiceStatus]] = MappingProxyType(
    {
        InvoiceAction.ISSUE: Move(frozenset({_S.REQUESTED}), _S.ISSUED, _SYSTEM),
        InvoiceAction.FAIL: Move(frozenset({_S.REQUESTED}), _S.FAILED, _SYSTEM),
        InvoiceAction.VOID: Move(frozenset({_S.ISSUED, _S.REQUESTED, _S.FAILED}), _S.VOIDED, _SYSTEM),
        InvoiceAction.REISSUE: Move(frozenset({_S.VOIDED, _S.FAILED, _S.REQUESTED}), _S.REQUESTED, _SYSTEM),
    }
)


@dataclass(frozen=True, slots=True)
class InvoiceOrder:
    """What is to be issued. `no` is our idempotency key at the platform (busNo)."""

    no: str
    payer: str
    amount_fen: int
    appointment_no: str
    department: str
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedInvoice:
    """票据代码、票据号码、校验码; `url`: where it can be seen."""

    batch_code: str
    number: str
    check_code: str
    url: str


def number_of(payment_no: str, generation: int) -> str:
    """The idempotency key of the first, second, ... invoice of a payment."""
    return f"{payment_no}-{generation}"


def generation_of(no: str) -> int:
    return int(no.rpartition("-")[2])
