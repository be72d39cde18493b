"""These tests work on a whole town, with the house's background processes and private stores that they kill."""

from tests.support.town_fixtures import door, world

__all__ = ["door", "world"]
