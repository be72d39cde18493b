"""All tables; importing this package fills SQLModel.metadata (Alembic and tests use it)."""

from hospital_app.models import booking, changing, hospital, identity, operation, payment, waiting

__all__ = ["booking", "changing", "hospital", "identity", "operation", "payment", "waiting"]
