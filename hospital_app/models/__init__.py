"""All tables; importing this package fills SQLModel.metadata (Alembic and tests use it)."""

from hospital_app.models import booking, hospital, identity, operation, payment, waiting

__all__ = ["booking", "hospital", "identity", "operation", "payment", "waiting"]
