"""What the hospital information system is told of at once, and which version of a payment or refund that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hospital_app.domain.payment import PaymentStatus, RefundStatus

Snapshot = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HisChange:
    """One change as of one transaction: snapshots with versions, no personal data."""

    appointment: Snapshot | None = None
    slots: Sequence[Snapshot] = ()
    payments: Sequence[Snapshot] = ()
    refunds: Sequence[Snapshot] = ()


def payment_version(*, status: str, cash_captured_at: datetime | None) -> int:
    """0: no money came, nothing to tell. 1: the cash leg is in, insurance still works. 2: captured. 3: came to nothing.

    Rows of money are moved by many hands; what they say only ever goes forward, so it is its own version.
    """
    if status == PaymentStatus.CAPTURED:
        return 2
    if cash_captured_at is None:
        return 0
    return 1 if status == PaymentStatus.SETTLING else 3


def refund_version(*, status: str) -> int:
    """1: owed, however often the channel was asked. 2: arrived."""
    return 2 if status == RefundStatus.DONE else 1
