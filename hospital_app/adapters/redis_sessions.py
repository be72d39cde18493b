"""Patients' sessions in Redis, so that a rush does not ask the database ten thousand times who somebody is.

Whatever ends or changes a session says so after its commit. Since that can be lost, an entry is believed only while
somebody compares with the database all the time (`compared`), or for less than a second after it was read there: a
session that has ended is ended within a second. Only hashes of tokens stand here.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any, cast

import redis

from hospital_app.adapters.quick_redis import quick
from hospital_app.domain.ready import KeptSession

log = logging.getLogger(__name__)

PREFIX = "guahao:session"
COMPARED = f"{PREFIX}:compared"
SEEN = f"{PREFIX}:seen"
KEPT_SECONDS = 3600
#: Twice the scheduler's round for it: then nobody compares any more.
COMPARED_MILLISECONDS = 900
ALONE_MILLISECONDS = 700
#: Longer than any reading of the database takes.
MARKED_SECONDS = 10
PATIENCE_SECONDS = 0.3
LEAVE_ALONE_SECONDS = 1.0

#: ARGV: hash, account, entry, seconds, when it was read in milliseconds. Not what ended while it was read.
KEEP = """
if redis.call('EXISTS', 'guahao:session:gone:' .. ARGV[1], 'guahao:session:changed:' .. ARGV[2]) > 0 then return 0 end
redis.call('SET', 'guahao:session:' .. ARGV[1], ARGV[3] .. ' ' .. ARGV[5], 'EX', ARGV[4])
redis.call('SADD', 'guahao:session:of:' .. ARGV[2], ARGV[1])
redis.call('EXPIRE', 'guahao:session:of:' .. ARGV[2], ARGV[4])
return 1
"""

#: ARGV: how many hashes, the hashes, accounts.
FORGET = """
local hashes = tonumber(ARGV[1])
for i = 2, #ARGV do
  if i <= hashes + 1 then
    redis.call('SET', 'guahao:session:gone:' .. ARGV[i], 1, 'EX', 10)
    redis.call('DEL', 'guahao:session:' .. ARGV[i])
  else
    redis.call('SET', 'guahao:session:changed:' .. ARGV[i], 1, 'EX', 10)
    for _, hash in ipairs(redis.call('SMEMBERS', 'guahao:session:of:' .. ARGV[i])) do
      redis.call('DEL', 'guahao:session:' .. hash)
    end
  end
end
"""


class RedisSessions:
    """SessionShelf: never raises; a Redis that is away is an empty shelf."""

    def __init__(self, url: str) -> None:
        self._redis = quick(url, patience_seconds=PATIENCE_SECONDS)
        self._keep = self._redis.register_script(KEEP)
        self._forget = self._redis.register_script(FORGET)
        self._silent_until = 0.0

    def look(self, token_hashes: Sequence[str]) -> list[KeptSession | None]:
        if self._silent():
            return [None] * len(token_hashes)
        keys = [f"{PREFIX}:{token_hash}" for token_hash in token_hashes]
        try:
            *entries, compared = cast("list[bytes | None]", self._redis.mget(*keys, COMPARED))
        except redis.RedisError as fault:
            self._leave_alone(fault)
            return [None] * len(token_hashes)
        alone = compared is None
        return [_believed(each, entry, alone=alone) for each, entry in zip(token_hashes, entries, strict=True)]

    def keep(self, sessions: Sequence[KeptSession], *, read_at: float) -> None:
        if self._silent() or not sessions:
            return
        milliseconds = int(read_at * 1000)
        try:
            self._keep(args=_kept(sessions[0], milliseconds))  # loads the script
            pipe = self._redis.pipeline(transaction=False)
            for session in sessions[1:]:
                self._keep(args=_kept(session, milliseconds), client=pipe)
            if len(sessions) > 1:
                pipe.execute()
        except redis.RedisError as fault:
            self._leave_alone(fault)

    def forget(self, *, token_hashes: Iterable[str] = (), account_ids: Iterable[int] = ()) -> None:
        hashes, accounts = list(token_hashes), list(account_ids)
        if not (hashes or accounts) or self._silent():
            return
        try:
            self._forget(args=[len(hashes), *hashes, *accounts])
        except redis.RedisError as fault:
            self._leave_alone(fault)

    def compared(self) -> None:
        if self._silent():
            return
        try:
            self._redis.set(COMPARED, 1, px=COMPARED_MILLISECONDS)
        except redis.RedisError as fault:
            self._leave_alone(fault)

    def note_use(self, session: KeptSession, *, at: int) -> bool:
        if self._silent():
            return False
        try:
            entry = f"{session.session_id} {session.account_id} {at} {session.expires_at} 0"
            pipe = self._redis.pipeline()
            pipe.exists(COMPARED)
            pipe.sadd(SEEN, session.session_id)
            pipe.set(f"{PREFIX}:{session.token_hash}", entry, xx=True, keepttl=True)
            return bool(pipe.execute()[0])
        except redis.RedisError as fault:
            self._leave_alone(fault)
            return False

    def used(self, *, limit: int) -> list[int]:
        if self._silent():
            return []
        try:
            return [int(each) for each in cast("list[bytes]", self._redis.spop(SEEN, limit) or [])]
        except redis.RedisError as fault:
            self._leave_alone(fault)
            return []

    def _silent(self) -> bool:
        return time.monotonic() < self._silent_until

    def _leave_alone(self, fault: Exception) -> None:
        self._silent_until = time.monotonic() + LEAVE_ALONE_SECONDS
        log.warning("the database is asked who somebody is for a while: %s", type(fault).__name__)


def _kept(session: KeptSession, milliseconds: int) -> list[Any]:
    entry = f"{session.session_id} {session.account_id} {session.seen_at} {session.expires_at}"
    return [session.token_hash, session.account_id, entry, KEPT_SECONDS, milliseconds]


def _believed(token_hash: str, entry: bytes | None, *, alone: bool) -> KeptSession | None:
    numbers = (entry or b"").split(b" ")
    if len(numbers) != 5 or not all(number.isdigit() for number in numbers):
        return None
    session_id, account_id, seen_at, expires_at, read_at = map(int, numbers)
    if alone and time.time() * 1000 - read_at > ALONE_MILLISECONDS:
        return None
    return KeptSession(token_hash, session_id, account_id, seen_at, expires_at)
