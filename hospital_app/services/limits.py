"""How many bookings one account and one person may make in a day: counters that only the database changes."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from sqlalchemy import Insert, bindparam, case, select, tuple_, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.engine import Dialect
from sqlmodel import col

from hospital_app.domain.taking import limit_reached
from hospital_app.models.booking import BookingCount
from hospital_app.models.tables import table_of, write_rows
from hospital_app.work import Work


def subjects(*, account_id: int, patient_id: int) -> list[str]:
    """Whose counters a booking touches, in lock order."""
    return [f"a{account_id}", f"p{patient_id}"]


def count_bookings(work: Work, *, wanted: Mapping[str, int], on: date) -> dict[str, int]:
    """So many bookings more of each subject on day `on`; by how many a subject is now over the limit.

    The database counts and judges; whoever is over gives back what is not granted, before the commit.
    """
    rows = sorted(wanted.items())
    dialect = work.session.connection().dialect
    raising = _raising(dialect)
    names = ("subject", "bookings")
    touched = write_rows(work.session, BookingCount, rows, names=names, ending=raising, on=on, lapses=0)
    limit = work.rules.bookings_per_day
    if _all_first(dialect, touched, len(rows)) and max(wanted.values(), default=0) <= limit:
        return {}
    over = work.columns(_OVER, {"subjects": [subject for subject, _ in rows], "on": on, "limit": limit})
    return {subject: bookings - limit for subject, bookings in over}


def _all_first(dialect: Dialect, touched: int, rows: int) -> bool:
    """Whether nobody had booked on that day yet: MySQL counts a row that was raised twice, SQLite does not tell."""
    return dialect.name != "sqlite" and touched == rows


def count_booking(work: Work, *, subject: str, on: date) -> None:
    """One more booking; raises Refusal `limit_reached`, which must end the transaction."""
    if count_bookings(work, wanted={subject: 1}, on=on):
        raise limit_reached(work.rules.bookings_per_day)


def lock_person(work: Work, *, patient_id: int, on: date) -> None:
    """Until the commit nobody else books for this person: the counter, made if there is none, is raised by nothing."""
    count_bookings(work, wanted={f"p{patient_id}": 0}, on=on)


def give_back(work: Work, *, unused: Mapping[str, int], on: date) -> None:
    """Bookings that do not count: not granted after all, or ended by the hospital (停诊), whatever lapsed before."""
    for count in sorted(set(unused.values())):
        subjects = [subject for subject, each in unused.items() if each == count]
        work.change(
            update(BookingCount)
            .where(
                col(BookingCount.subject).in_(subjects), col(BookingCount.on) == on, col(BookingCount.bookings) >= count
            )
            .values(bookings=col(BookingCount.bookings) - count)
        )


def lock_counts(work: Work, counted: Iterable[tuple[str, date]]) -> None:
    """Take the counters' locks first, as the lock order wants, when they will be changed last."""
    work.session.execute(
        select(col(BookingCount.id))
        .where(tuple_(col(BookingCount.subject), col(BookingCount.on)).in_(sorted(set(counted))))
        .order_by(col(BookingCount.subject), col(BookingCount.on))
        .with_for_update()
    ).all()


def count_lapses(work: Work, lapsed: Iterable[tuple[str, date]]) -> None:
    """Holds that ended unpaid: a subject's first one of a day gives its booking back, later ones count."""
    counts = Counter(lapsed)
    for count in sorted(set(counts.values())):
        work.change(
            update(BookingCount)
            .where(
                tuple_(col(BookingCount.subject), col(BookingCount.on)).in_(
                    [counted for counted, each in counts.items() if each == count]
                )
            )
            # MySQL assigns from left to right: `bookings` must still see the old `lapses`.
            .ordered_values(
                (
                    col(BookingCount.bookings),
                    case(
                        (col(BookingCount.lapses) == 0, col(BookingCount.bookings) - 1),
                        else_=col(BookingCount.bookings),
                    ),
                ),
                (col(BookingCount.lapses), col(BookingCount.lapses) + count),
            )
        )


@lru_cache(maxsize=4)
def _raising(dialect: Dialect) -> str:
    """What an INSERT of counters ends with: the first booking of the day makes the row, each further one raises it."""
    if dialect.name == "sqlite":
        first = sqlite.insert(table_of(BookingCount))
        raised = first.excluded.bookings + col(BookingCount.bookings)
        counting: Insert = first.on_conflict_do_update(index_elements=["subject", "on"], set_={"bookings": raised})
    else:
        counted = mysql.insert(table_of(BookingCount))
        counting = counted.on_duplicate_key_update(bookings=col(BookingCount.bookings) + counted.inserted.bookings)
    return re.split(r"VALUES \((?:\?|%s|%\(\w+\)s|, )+\)", str(counting.compile(dialect=dialect)), maxsplit=1)[1]


_OVER = select(col(BookingCount.subject), col(BookingCount.bookings)).where(
    col(BookingCount.subject).in_(bindparam("subjects", expanding=True)),
    col(BookingCount.on) == bindparam("on"),
    col(BookingCount.bookings) > bindparam("limit"),
)
