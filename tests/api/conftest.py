"""These tests go through the API of a whole house, and pay at the WeChat sandbox."""

from tests.adapters.conftest import ear, merchant, wechat
from tests.support.house_fixtures import house, mariadb_house, sqlite_house
from tests.support.identity_fixtures import gate, identity_sandbox, sqlite_gate

__all__ = [
    "ear",
    "gate",
    "house",
    "identity_sandbox",
    "mariadb_house",
    "merchant",
    "sqlite_gate",
    "sqlite_house",
    "wechat",
]
