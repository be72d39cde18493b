"""The one place where the house reads the time."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, aware UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
