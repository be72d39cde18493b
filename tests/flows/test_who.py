"""Patients' sessions in a real Redis: no database while nothing changes, and ended within a second whatever is lost."""

import time
from pathlib import Path

import redis
from sqlalchemy import select, update

from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import sandbox, signin, who
from hospital_app.models.identity import LoginSession
from hospital_app.services import freezing, sessions
from tests.support.house import House
from tests.support.people import signed_in
from tests.support.servers import start_redis
from tests.support.statements import statements

ADMIN = Actor(Role.HOSPITAL_ADMIN, staff_id=1)


def role_of(token: str) -> Role:
    return signin.actor_of_token(token).role


def revoke_behind_the_back(house: House, **values: object) -> None:
    """As if whoever ended it had died before saying so."""
    with house.sessions.begin() as session:
        session.execute(update(LoginSession).values(revoked_at=house.now, **values))


def test_who_was_asked_for_is_known_without_the_database(sqlite_house: House) -> None:
    token = signed_in(sqlite_house).token
    first = signin.actor_of_token(token, address="203.0.113.7", device="d")
    with statements(sqlite_house.engine) as seen:
        assert signin.actor_of_token(token, address="203.0.113.7", device="d") == first
    assert seen == []
    with redis.Redis.from_url(sqlite_house.container.settings.redis_url) as client:
        assert not [key for key in client.keys("*") if token.encode() in key]


def test_signing_out_and_a_freeze_end_what_is_kept_at_once(sqlite_house: House) -> None:
    house = sqlite_house
    token = signed_in(house).token
    who.compare()
    actor = signin.actor_of_token(token)
    house.do(freezing.freeze, actor=ADMIN, account_id=actor.account_id, reason="测试", hours=1, evidence={})
    assert signin.actor_of_token(token).frozen
    house.do(freezing.unfreeze, actor=ADMIN, account_id=actor.account_id)
    assert not signin.actor_of_token(token).frozen
    signin.sign_out(actor)
    assert role_of(token) is Role.ANONYMOUS


def test_what_nobody_told_ends_with_the_next_comparison(sqlite_house: House) -> None:
    house = sqlite_house
    token = signed_in(house).token
    who.compare()
    assert role_of(token) is Role.PATIENT
    revoke_behind_the_back(house)
    assert role_of(token) is Role.PATIENT
    who.compare()
    assert role_of(token) is Role.ANONYMOUS


def test_when_nobody_compares_it_ends_within_a_second(sqlite_house: House) -> None:
    house = sqlite_house
    token = signed_in(house).token
    who.compare()
    assert role_of(token) is Role.PATIENT
    revoke_behind_the_back(house)
    began = time.monotonic()
    while role_of(token) is Role.PATIENT:
        assert time.monotonic() - began < 1
        time.sleep(0.02)


def test_what_ends_while_it_is_read_is_not_kept(sqlite_house: House) -> None:
    house = sqlite_house
    token = signed_in(house).token
    kept = house.do(sessions.to_keep, token_hashes=[sessions.fingerprint(token)])
    assert len(kept) == 1
    signin.sign_out(signin.actor_of_token(token))
    house.container.sessions_kept.keep(kept, read_at=time.time())
    assert role_of(token) is Role.ANONYMOUS


def test_idle_and_old_sessions_end_by_the_clock(sqlite_house: House) -> None:
    house = sqlite_house
    token = signed_in(house).token
    role_of(token)
    who.compare()
    house.later(days=14)
    assert role_of(token) is Role.ANONYMOUS


def test_use_is_written_down_later(sqlite_house: House) -> None:
    house = sqlite_house
    token = signed_in(house).token
    role_of(token)
    who.compare()
    house.later(minutes=2)
    with statements(house.engine) as seen:
        assert role_of(token) is role_of(token) is Role.PATIENT
    assert seen == []
    assert who.write_down_use() == 1 and who.write_down_use() == 0
    with house.sessions() as session:
        assert session.scalars(select(LoginSession.seen_at)).one() == house.now


def test_accounts_for_a_load_test_are_known_from_the_beginning(sqlite_house: House) -> None:
    house = House(sqlite_house.engine, sqlite_house.container.settings.redis_url, sandbox_wechat_port=1)
    made = sandbox.accounts(count=3)
    with statements(house.engine) as seen:
        assert [signin.actor_of_token(one.token).account_id for one in made] == [one.account_id for one in made]
    assert seen == []


def test_without_redis_the_database_is_asked(sqlite_house: House, tmp_path: Path) -> None:
    server = start_redis(tmp_path)
    house = House(sqlite_house.engine, server.redis_url)
    try:
        token = signed_in(house).token
        assert role_of(token) is Role.PATIENT
        server.stop()
        assert role_of(token) is Role.PATIENT
        signin.sign_out(signin.actor_of_token(token))
        assert role_of(token) is Role.ANONYMOUS
    finally:
        server.stop()
