"""These tests work on a whole house, and those that ask for `town` on the sandboxes around it."""

from tests.support.house_fixtures import house, mariadb_house, sqlite_house
from tests.support.town_fixtures import door, mariadb_town, town, world

__all__ = ["door", "house", "mariadb_house", "mariadb_town", "sqlite_house", "town", "world"]
