"""Who books where: the right people for each department, nobody more often than the rules allow."""

from collections.abc import Callable
from datetime import date
from random import Random

from hospital_app.domain.documents import CHILD_UNTIL_AGE
from hospital_app.seed.people import Person

_CHILDREN = frozenset({"07", "08", "09"})
_WOMEN = frozenset({"05.01"})
_MOTHERS = frozenset({"05.02", "05.03", "05.05"})
_OLD = frozenset({"03.10"})
_MIXED = frozenset({"10", "11", "12", "13"})
MISSED_MAX = 2
_TRIES = 60


class Crowd:
    """Draws people. `limit`: bookings per account and per person on one day."""

    def __init__(self, people: list[Person], chance: Random, *, limit: int) -> None:
        self.chance = chance
        self.limit = limit
        self.made_by_account: dict[tuple[int, date], int] = {}

        def those(fits: Callable[[Person], bool]) -> list[Person]:
            return [person for person in people if fits(person)] or people

        self.children = those(lambda p: p.age < CHILD_UNTIL_AGE)
        self.adults = those(lambda p: p.age >= CHILD_UNTIL_AGE)
        self.everybody = people
        self.women = those(lambda p: p.gender == "female" and 14 <= p.age < 75)
        self.mothers = those(lambda p: p.gender == "female" and 20 <= p.age < 44)
        self.old = those(lambda p: p.age >= 60)

    def draw(self, *, department_code: str, made_on: date, but_not: set[int]) -> Person | None:
        """Somebody who is not in `but_not` and has bookings left on `made_on`; None if nobody can be found."""
        choices = self._of(department_code)
        for _ in range(_TRIES):
            person = choices[int(self.chance.random() * len(choices))]
            if person.patient_id in but_not:
                continue
            key = (person.account_id, made_on)
            made = self.made_by_account.get(key, 0)
            if made < self.limit and person.made.get(made_on, 0) < self.limit:
                self.made_by_account[key] = made + 1
                person.made[made_on] = person.made.get(made_on, 0) + 1
                return person
        return None

    def _of(self, department_code: str) -> list[Person]:
        if department_code in _CHILDREN:
            return self.children
        if department_code in _WOMEN:
            return self.women
        if department_code in _MOTHERS:
            return self.mothers
        if department_code in _OLD:
            return self.old
        return self.everybody if department_code in _MIXED else self.adults
