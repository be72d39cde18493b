"""The stores that tests run on are the ones that production runs on."""

import socket

import pytest
import redis
from sqlalchemy import Engine, text

from tests.support.loopback import PastLoopback


def test_mariadb_is_as_strict_as_mysql(mariadb_engine: Engine) -> None:
    with mariadb_engine.connect() as connection:
        mode = connection.scalar(text("SELECT @@sql_mode"))
        collation = connection.scalar(text("SELECT @@collation_database"))
    assert "ONLY_FULL_GROUP_BY" in mode and "STRICT_TRANS_TABLES" in mode
    assert collation == "utf8mb4_bin"


def test_every_test_begins_with_empty_tables(engine: Engine) -> None:
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT COUNT(*) FROM department")) == 0


def test_redis_is_empty_and_private(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0


def test_no_test_reaches_past_loopback() -> None:
    with pytest.raises(PastLoopback), socket.socket() as outside:
        outside.connect(("192.0.2.1", 80))
