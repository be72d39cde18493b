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


@dataclass(frozen=True, slots=True)
class KeptSession:
    """登录会话 of a patient whose account is not frozen. Seconds since 1970; the token itself is nowhere."""

    token_hash: str
    session_id: int
    account_id: int
    seen_at: int
    expires_at: int
