"""The line in front of booking, in Redis: one call takes a place, lets in whose turn it is, tells where one stands."""

import logging
import time

import redis

from hospital_app.adapters.quick_redis import quick
from hospital_app.domain.lobby import Line, Pace, Standing

log = logging.getLogger(__name__)
PATIENCE_SECONDS = 0.3
#: For so long nobody asks a Redis that did not answer: meanwhile there is no lobby.
LEAVE_ALONE_SECONDS = 2.0
#: Whose turn has come has so long to be there; who has left the page makes room for the next.
CLAIM_SECONDS = 90
#: A line that nobody has looked at for so long is forgotten.
FORGOTTEN_SECONDS = 7200

#: Places are let in from the front of `line` while there are tokens (so many a second) and room inside. Nothing has to
#: run for it: whoever asks moves the line on. A place that is found inside keeps its pass from now on.
STEP = """
local line, inside, clock, owners = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local place, rate, burst, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local pass, claim, forgotten, owner = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', inside, '-inf', now)
local kept = redis.call('HMGET', clock, 'tokens', 'at', 'turn')
local tokens = math.min(burst, (tonumber(kept[1]) or burst) + (now - (tonumber(kept[2]) or now)) * rate / 1000)
local turn = tonumber(kept[3]) or 0
local mine = 0
if place ~= '' and not redis.call('ZSCORE', inside, place) then
  mine = tonumber(redis.call('ZSCORE', line, place) or 0)
  if mine == 0 then
    turn = turn + 1
    mine = turn
    redis.call('ZADD', line, turn, place)
  end
end
local free = math.min(math.floor(tokens), most - redis.call('ZCARD', inside), redis.call('ZCARD', line))
if free > 0 then
  local admitted = redis.call('ZPOPMIN', line, free)
  for i = 1, #admitted, 2 do
    redis.call('ZADD', inside, now + claim, admitted[i])
  end
  tokens = tokens - free
end
redis.call('HSET', clock, 'tokens', tokens, 'at', now, 'turn', turn)
local entered, theirs = 0, 1
if place ~= '' and redis.call('ZSCORE', inside, place) then
  entered = 1
  redis.call('ZADD', inside, now + pass, place)
  if owner ~= '' then
    redis.call('SET', owners .. place, owner, 'NX', 'PX', pass)
    if redis.call('GET', owners .. place) ~= owner then theirs = 0 end
  end
end
for i = 1, 3 do redis.call('EXPIRE', KEYS[i], forgotten) end
local first = redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')
local waiting = redis.call('ZCARD', line)
local ahead = 0
if entered == 0 and place ~= '' then ahead = redis.call('ZRANK', line, place) end
return {entered, mine, ahead, tonumber(first[2]) or (turn + 1), waiting, theirs}
"""
PREFIX = "guahao:{lobby}:"
KEYS = [f"{PREFIX}{name}" for name in ("line", "inside", "clock", "owner:")]
NO_LINE = (Standing(inside=True), Line(next_turn=0, waiting=0))


class RedisLobby:
    """Lobby: never raises; without Redis everybody is inside, since only fairness depends on it."""

    def __init__(self, redis_url: str) -> None:
        client = quick(redis_url, patience_seconds=PATIENCE_SECONDS)
        self._step = client.register_script(STEP)
        self._ask_again_at = 0.0

    def enter(self, place: str, pace: Pace, *, owner: str = "") -> Standing:
        """Where this place stands; one that is new joins the end.

        Inside, a place serves the first `owner` that uses it; for another one it is nobody's, and not inside.
        """
        return self._ask(place, pace, owner)[0]

    def line(self, pace: Pace) -> Line:
        """Moves the line on, and tells of it as a whole."""
        return self._ask("", pace, "")[1]

    def _ask(self, place: str, pace: Pace, owner: str) -> tuple[Standing, Line]:
        if time.monotonic() < self._ask_again_at:
            return NO_LINE
        arguments: list[str | int] = [
            place, pace.per_second, pace.burst, pace.inside, pace.pass_seconds * 1000, CLAIM_SECONDS * 1000,
            FORGOTTEN_SECONDS, owner,
        ]  # fmt: skip
        try:
            inside, turn, ahead, next_turn, waiting, theirs = self._step(keys=KEYS, args=arguments)
        except redis.RedisError as fault:
            log.warning("no lobby for a while: %s", type(fault).__name__)
            self._ask_again_at = time.monotonic() + LEAVE_ALONE_SECONDS
            return NO_LINE
        return Standing(bool(inside and theirs), turn, ahead), Line(next_turn, waiting)
