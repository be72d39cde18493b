"""Random digits for numbers and codes."""

import secrets


def digits(count: int) -> str:
    return str(secrets.randbelow(10**count)).zfill(count)
