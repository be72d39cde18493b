"""All tables; importing this package fills SQLModel.metadata (Alembic and tests use it)."""

from hospital_app.models import (
    booking,
    changing,
    finance,
    hospital,
    identity,
    insurance,
    ledger,
    operation,
    payment,
    waiting,
)

__all__ = [
    "booking",
    "changing",
    "finance",
    "hospital",
    "identity",
    "insurance",
    "ledger",
    "operation",
    "payment",
    "waiting",
]
