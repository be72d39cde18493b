"""What all bodies and answers of the API have in common."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Header, Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from hospital_app.domain.calendar import local
from hospital_app.domain.numbers import ID_MAX

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Body(BaseModel):
    """What a client sends: exact types, no field that we don't know."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Answer(BaseModel):
    """What we send: made from the frozen dataclasses of the services, field by field of the same name."""

    model_config = ConfigDict(from_attributes=True)


def _text_only(value: object) -> object:
    """Pydantic would also take numbers for times: seconds since 1970, which nobody means."""
    if not isinstance(value, str):
        raise ValueError("a text in RFC 3339 is needed")
    return value


def _sane(at: datetime) -> datetime:
    if not EARLIEST <= at <= LATEST:
        raise ValueError("out of range")
    return at


# RFC 3339 with offset. In: any offset. Out: the hospital's own, since people read it.
GivenInstant = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_text_only), AfterValidator(_sane)]
GivenDay = Annotated[date, Field(strict=False), BeforeValidator(_text_only)]
Instant = Annotated[
    datetime, PlainSerializer(lambda at: local(at).isoformat(), return_type=str, when_used="json-unless-none")
]

Id = Annotated[int, Field(ge=1, le=ID_MAX)]
#: Which address of ours the page has; clients that are no browser send none.
Origin = Annotated[str | None, Header(include_in_schema=False)]
PathId = Annotated[int, Path(ge=1, le=ID_MAX)]
AppointmentNo = Annotated[str, Path(pattern=r"^[0-9A-Za-z]{1,20}$", examples=["GH26112400051298"])]
