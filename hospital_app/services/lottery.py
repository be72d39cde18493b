"""What nobody may foresee: digits of numbers and codes, moments."""

import secrets


def digits(count: int) -> str:
    return str(secrets.randbelow(10**count)).zfill(count)


def within(seconds: int) -> int:
    """A second from 1 to `seconds` that nobody can foresee."""
    return secrets.randbelow(max(1, seconds)) + 1
