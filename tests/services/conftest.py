"""These tests work on a whole house."""

import pytest

from hospital_app.services import passwords
from tests.support.house_fixtures import house, mariadb_house, sqlite_house

__all__ = ["compared", "house", "mariadb_house", "sqlite_house"]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords were compared with, in order; the comparing itself goes on as ever."""
    seen: list[str] = []
    hashes = passwords._hashes()
    verify = hashes.verify
    monkeypatch.setattr(hashes, "verify", lambda password, known: seen.append(known) or verify(password, known))
    return seen
