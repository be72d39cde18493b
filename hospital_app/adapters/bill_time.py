"""When a channel's bill (对账单) of a day is made: the next morning."""

from datetime import date, datetime, time, timedelta

from hospital_app.domain.calendar import instant

BILL_HOUR = time(10)  # both vendors promise theirs before


def made_by(on: date) -> datetime:
    """From then on a channel that has no bill of this day had nothing to put on it."""
    return instant(on + timedelta(days=1), BILL_HOUR)
