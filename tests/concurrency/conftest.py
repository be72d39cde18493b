"""These tests work on a whole house."""

from tests.support.house_fixtures import house, mariadb_house, sqlite_house

__all__ = ["house", "mariadb_house", "sqlite_house"]
