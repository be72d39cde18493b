"""Too late, over REST: from the session to the refusal nothing reaches the database."""

from sqlalchemy import event

from hospital_app.flows import gate, sandbox, who
from tests.support.builders import a_schedule, first_period
from tests.support.house import House
from tests.support.terminal import Terminal, refusal


def test_who_comes_too_late_is_told_without_the_database(sqlite_house: House) -> None:
    house = House(sqlite_house.engine, sqlite_house.container.settings.redis_url, sandbox_wechat_port=1)
    schedule_id = a_schedule(house.sessions, per_period=1, period_count=1)
    first, second = sandbox.accounts(count=2)
    gate.rebuild([schedule_id])

    def want(person: sandbox.Invented) -> dict[str, object]:
        return {
            "schedule_id": schedule_id,
            "starts_at": first_period().isoformat(),
            "patient_id": person.patient_id,
        }

    got = Terminal(token=first.token, idempotency_key="1").post("/api/v1/appointments", want(first))
    assert got.status_code == 201, got.text
    gate.reconcile()
    who.compare()
    seen: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *said: seen.append(said[2]))
    late = Terminal(token=second.token, idempotency_key="2").post("/api/v1/appointments", want(second))
    assert refusal(late) == (409, "slot_taken")
    assert seen == []
    again = Terminal(token=first.token, idempotency_key="1").post("/api/v1/appointments", want(first))
    assert again.json()["no"] == got.json()["no"]
