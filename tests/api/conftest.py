"""These tests go through the API of a whole house, and pay at the WeChat sandbox."""

from tests.adapters.conftest import ear, merchant, wechat
from tests.support.house_fixtures import house, mariadb_house, sqlite_house

__all__ = ["ear", "house", "mariadb_house", "merchant", "sqlite_house", "wechat"]
