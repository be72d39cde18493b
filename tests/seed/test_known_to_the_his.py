"""A fresh demonstration hospital is known to its HIS soon after it has opened."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine, select

from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import his_comparison
from hospital_app.models.booking import Appointment
from hospital_app.seed import seed
from hospital_app.seed.plan import Plan
from tests.support.house import House
from tests.support.outside import Sandbox
from tests.support.processes import running

TINY = Plan(past_days=0, days_ahead=1, accounts=200, departments=frozenset({"02", "03.01", "07"}))


def test_the_comparison_that_the_seed_begins_tells_the_his_of_all(
    sqlite_url: str, engine_of: Callable[[str], Engine], redis_url: str, tmp_path: Path
) -> None:
    his = Sandbox("his", tmp_path)
    with running(his):
        house = House(engine_of(sqlite_url), redis_url, his_url=f"{his.url}/fhir/R4", his_token=his.keys.his_token)
        seed(TINY)
        house.work_off()
        while his_comparison.nightly():
            pass
        told = his_comparison.report(SYSTEM)
        assert told is not None and told.finished_at is not None
        assert told.repaired == told.differences > 100
        assert (told.open, told.waiting) == (0, 0)
        with house.sessions() as session:
            ours = {row.no: row.status for row in session.scalars(select(Appointment))}
        rows = his.books("SELECT id, status FROM resources WHERE kind = 'Appointment'")
        assert {row["id"]: row["status"] for row in rows} == ours
        assert his_comparison.run().differences == 0
