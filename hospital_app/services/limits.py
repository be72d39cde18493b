"""How many bookings one account and one person may make in a day: counters that only the database changes."""

from datetime import date
from typing import Any, cast

from sqlalchemy import CursorResult, case, insert, select, update
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.models.booking import BookingCount
from hospital_app.work import Work


def subjects(*, account_id: int, patient_id: int) -> list[str]:
    """Whose counters a booking touches, in lock order."""
    return [f"a{account_id}", f"p{patient_id}"]


def count_booking(work: Work, *, subject: str, on: date) -> None:
    """One more booking made on day `on`; raises Refusal `limit_reached`."""
    # No row yet, or the limit: be the first (somebody else may be quicker), or ask once more.
    counted = (
        _raise(work, subject=subject, on=on)
        or _first(work, subject=subject, on=on)
        or _raise(work, subject=subject, on=on)
    )
    if not counted:
        raise Refusal(
            "limit_reached",
            "今天已经约满 {limit} 个号，请明天再约，或先看看“我的挂号”。",
            params={"limit": work.rules.bookings_per_day},
        )


def lock_counts(work: Work, *, subjects: list[str], on: date) -> None:
    """Take the counters' locks first, as the lock order wants, when they will be changed last."""
    work.session.execute(
        select(col(BookingCount.id))
        .where(col(BookingCount.subject).in_(subjects), col(BookingCount.on) == on)
        .order_by(col(BookingCount.subject))
        .with_for_update()
    ).all()


def count_lapse(work: Work, *, subjects: list[str], on: date) -> None:
    """A hold ended unpaid: the first one of a day gives its booking back, later ones count."""
    for subject in subjects:
        work.change(
            update(BookingCount)
            .where(col(BookingCount.subject) == subject, col(BookingCount.on) == on)
            # MySQL assigns from left to right: `bookings` must still see the old `lapses`.
            .ordered_values(
                (
                    col(BookingCount.bookings),
                    case(
                        (col(BookingCount.lapses) == 0, col(BookingCount.bookings) - 1),
                        else_=col(BookingCount.bookings),
                    ),
                ),
                (col(BookingCount.lapses), col(BookingCount.lapses) + 1),
            )
        )


def give_back(work: Work, *, subjects: list[str], on: date) -> None:
    """A hold ended by the hospital (停诊): its booking does not count, whatever lapsed before."""
    for subject in subjects:
        work.change(
            update(BookingCount)
            .where(col(BookingCount.subject) == subject, col(BookingCount.on) == on, col(BookingCount.bookings) > 0)
            .values(bookings=col(BookingCount.bookings) - 1)
        )


def _first(work: Work, *, subject: str, on: date) -> bool:
    """The first booking of the day makes the row."""
    if work.rules.bookings_per_day < 1:
        return False
    made = work.session.execute(
        insert(BookingCount)
        .prefix_with("IGNORE", dialect="mysql")
        .prefix_with("IGNORE", dialect="mariadb")
        .prefix_with("OR IGNORE", dialect="sqlite")
        .values(subject=subject, on=on, bookings=1, lapses=0)
    )
    return cast("CursorResult[Any]", made).rowcount == 1


def _raise(work: Work, *, subject: str, on: date) -> bool:
    done = work.change(
        update(BookingCount)
        .where(
            col(BookingCount.subject) == subject,
            col(BookingCount.on) == on,
            col(BookingCount.bookings) < work.rules.bookings_per_day,
        )
        .values(bookings=col(BookingCount.bookings) + 1)
    )
    return done == 1
