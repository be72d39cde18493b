"""Names of people who do not exist: common ones mostly, some of two characters, some rare."""

from functools import cache
from random import Random

from hospital_app.seed.tables import rows


def surname(chance: Random) -> str:
    """Common ones by far the most often; one in forty is rare or double."""
    if chance.random() < 0.025:
        return chance.choice(_names("rare"))
    common = _names("surname")
    return common[min(int(chance.expovariate(1 / 24)), len(common) - 1)]


def given(chance: Random, *, gender: str, born: int) -> str:
    """A given name that fits gender and year of birth."""
    kind = "man" if gender == "male" else "woman"
    return chance.choice(_names(f"old_{kind}" if born < 1960 and chance.random() < 0.7 else kind))


@cache
def _names(kind: str) -> tuple[str, ...]:
    return tuple(next(row["names"] for row in rows("names") if row["kind"] == kind).split())
