"""These tests build small hospitals in a whole house."""

from tests.support.house_fixtures import house, mariadb_house, sqlite_house

__all__ = ["house", "mariadb_house", "sqlite_house"]
