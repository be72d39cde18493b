"""What all processes share at the insurance bureau: the serial of a msgid, and the number of today's sign-in (签到)."""

import logging
import secrets
from threading import Lock

import redis

log = logging.getLogger(__name__)

SERIAL, SIGN_IN = "guahao:insurance:serial", "guahao:insurance:sign-in"
KEPT_SECONDS = 86_400


class InsuranceDesk:
    """Kept in Redis; while that is away, or there is none, each process counts and signs in for itself."""

    def __init__(self, client: redis.Redis | None = None) -> None:
        self._client = client
        self._lock = Lock()
        self._serial = secrets.randbelow(10_000)
        self._signed_in = ("", "")

    def serial(self) -> int:
        """The next one of the house; a msgid has room for its last four digits, within one second."""
        if self._client is not None:
            try:
                return int(self._client.incr(SERIAL))  # type: ignore[arg-type]
            except redis.RedisError:
                log.warning("insurance: Redis is away, msgids are counted by this process alone")
        with self._lock:
            self._serial += 1
            return self._serial

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
