"""Authenticator apps of tests: every administrator that a test hires has the same key."""

import time

import pyotp

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP_SECONDS = 30
#: The last step whose code was given, by staff number: the house takes none twice.
_given: dict[str, int] = {}


def code_at(now: float, *, secret: str = SECRET) -> str:
    """What the app shows at this instant."""
    return pyotp.TOTP(secret).at(int(now))


def next_code(staff_no: str, *, secret: str = SECRET) -> str:
    """A code that the house takes now and has not taken yet; three in a minute and a half at most."""
    step = int(time.time()) // STEP_SECONDS
    step = max(step, _given.get(staff_no, 0) + 1)
    _given[staff_no] = step
    return code_at(step * STEP_SECONDS, secret=secret)
