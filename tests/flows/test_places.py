"""Where new holds are, asked for together by all who wait."""

import asyncio

import pytest
from sqlalchemy import event

from hospital_app.domain.errors import Refusal
from hospital_app.flows import places
from tests.support.builders import a_schedule
from tests.support.house import House


def test_a_crowd_at_many_clinics_asks_twice_at_most(house: House) -> None:
    """Whoever comes first asks alone; everybody who came meanwhile is asked for together."""
    schedules = [a_schedule(house.sessions) for _ in range(6)]
    asked: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    async def everybody() -> list[int | None]:
        found = await asyncio.gather(*(places.find_soon(each) for each in schedules * 5))
        return [place.schedule.id for place in found]

    assert asyncio.run(everybody()) == schedules * 5
    assert 1 <= len([statement for statement in asked if "FROM schedule" in statement]) <= 2
    asked.clear()
    assert asyncio.run(everybody()) == schedules * 5 and asked == [], "remembered"


def test_a_clinic_that_does_not_exist(house: House) -> None:
    schedule = a_schedule(house.sessions)

    async def both() -> list[object]:
        return await asyncio.gather(places.find_soon(schedule), places.find_soon(987_654), return_exceptions=True)

    there, nowhere = asyncio.run(both())
    assert isinstance(there, places.Place) and there.schedule.id == schedule
    assert isinstance(nowhere, Refusal) and nowhere.status == 404
    with pytest.raises(Refusal, match="门诊"):
        places.find(987_655)
