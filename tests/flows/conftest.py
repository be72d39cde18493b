"""These tests work on a whole house, and those that ask for `town` on the sandboxes around it."""

from tests.support.house_fixtures import house, mariadb_house, sqlite_house
from tests.support.identity_fixtures import gate, identity_sandbox, mariadb_gate, sqlite_gate
from tests.support.town_fixtures import alipay, alipay_town, bureau, door, insured_town, mariadb_town, town, world

__all__ = [
    "alipay",
    "alipay_town",
    "bureau",
    "door",
    "gate",
    "house",
    "identity_sandbox",
    "insured_town",
    "mariadb_gate",
    "mariadb_house",
    "mariadb_town",
    "sqlite_gate",
    "sqlite_house",
    "town",
    "world",
]
