"""What these tests ask a house for is in its container."""

from tests.support.house_fixtures import house, mariadb_house, sqlite_house

__all__ = ["house", "mariadb_house", "sqlite_house"]
