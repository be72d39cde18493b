"""What all processes share at the insurance bureau: the serial of a msgid, and the number of today's sign-in (签到)."""

import logging
import secrets
import string
from threading import Lock

import redis

log = logging.getLogger(__name__)

_LETTERS, _SIGNS = string.ascii_uppercase, string.digits + string.ascii_uppercase
_OWN = len(_LETTERS) * len(_SIGNS) ** 3
SERIAL, SIGN_IN = "guahao:insurance:serial", "guahao:insurance:sign-in"
KEPT_SECONDS = 86_400


class InsuranceDesk:
    """Kept in Redis; while that is away, or there is none, each process counts and signs in for itself."""

    def __init__(self, client: redis.Redis | None = None) -> None:
        self._client = client
        self._lock = Lock()
        self._serial = secrets.randbelow(_OWN)
        self._signed_in = ("", "")

    def serial(self) -> str:
        """Four characters that nobody else in the house has in this second: digits from Redis, else led by a letter.

        Those of a process alone start at random among a million: two processes hardly ever meet.
        """
        if self._client is not None:
            try:
                return f"{int(self._client.incr(SERIAL)) % 10_000:04d}"  # type: ignore[arg-type]
            except redis.RedisError:
                log.warning("insurance: Redis is away, msgids are counted by this process alone")
        with self._lock:
            self._serial = number = (self._serial + 1) % _OWN
        signs = ""
        for _ in range(3):
            number, sign = divmod(number, len(_SIGNS))
            signs += _SIGNS[sign]
        return _LETTERS[number] + signs

    def sign_no(self, day: str) -> str:
        """Of this day; empty: nobody has signed in yet."""
        if self._client is not None:
            try:
                kept = self._client.get(f"{SIGN_IN}:{day}")
                return kept.decode() if isinstance(kept, bytes) else ""
            except redis.RedisError:
                pass
        return self._signed_in[1] if self._signed_in[0] == day else ""

    def keep_sign_no(self, day: str, sign_no: str) -> None:
        """Empty: it has ended, the next one signs in anew."""
        self._signed_in = (day, sign_no)
        if self._client is not None:
            try:
                self._client.set(f"{SIGN_IN}:{day}", sign_no, ex=KEPT_SECONDS)
            except redis.RedisError:
                log.warning("insurance: Redis is away, this process signs in for itself")
