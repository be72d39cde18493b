"""What pages tell about their use when they are left: navigator.sendBeacon."""

from typing import Annotated

from fastapi import APIRouter, status
from pydantic import Field

from hospital_app.api.access import allows
from hospital_app.api.shapes import Body
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import behaviour

router = APIRouter(prefix="/api/v1", tags=["behaviour"])


class Beacon(Body):
    """One page view."""

    path: Annotated[str, Field(max_length=200)]
    dwell_ms: Annotated[int, Field(ge=0)]
    width: Annotated[int, Field(ge=0, le=20_000)]


@router.post("/beacons", status_code=status.HTTP_204_NO_CONTENT)
@allows(Right.LOOK)
def beacon(body: Beacon, caller: Caller) -> None:
    """A page view ended; anyone may say so."""
    behaviour.seen(caller.actor(), path=body.path, dwell_ms=body.dwell_ms, width=body.width)
