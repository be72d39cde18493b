"""What is kept ready, so that asking for it costs no database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptCalendar:
    """号源日历 as the API answers it. `version`: the provider's when it was built; `until`: from this second on it is
    another one, whatever nobody does."""

    version: int
    until: int
    etag: str
    body: bytes


@dataclass(frozen=True, slots=True)
class SeenCalendar:
    """What is kept, if anything, and which version it should have."""

    kept: KeptCalendar | None
    version: int

    @property
    def fresh(self) -> bool:
        """Nothing has changed since it was built."""
        return self.kept is not None and self.kept.version == self.version
