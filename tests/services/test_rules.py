import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.flows import rules as flow
from hospital_app.flows.unit import perform
from hospital_app.models.identity import Staff
from hospital_app.models.operation import AuditEntry
from hospital_app.services import rules
from hospital_app.work import Work
from tests.support.house import House


@pytest.fixture
def admin(house: House) -> Actor:
    with house.sessions.begin() as session:
        member = Staff(staff_no="M9", name="周海燕", role="hospital-admin", password_hash="x", created_at=house.now)
        session.add(member)
        session.flush()
        return Actor(Role.HOSPITAL_ADMIN, staff_id=member.id)


def hold_minutes(house: House) -> int:
    """As services see it."""

    def seen(work: Work) -> int:
        return work.rules.hold_minutes

    return house.do(seen)


def change(admin: Actor, house: House, value: str, **later: float) -> None:
    at = house.now + timedelta(**later) if later else None
    flow.change(admin, name="hold_minutes", value=value, effective_at=at, reason="试行")


def test_a_change_takes_effect_at_its_second_and_can_be_taken_back_before(house: House, admin: Actor) -> None:
    assert hold_minutes(house) == 15
    change(admin, house, "20")
    assert hold_minutes(house) == 20
    change(admin, house, "30", hours=1)
    house.later(minutes=59, seconds=59)
    assert hold_minutes(house) == 20
    house.later(seconds=1)
    assert hold_minutes(house) == 30
    change(admin, house, "40", days=2)
    view, history = flow.one(admin, name="hold_minutes")
    assert (view.value, view.source, view.next_value) == ("30", "changed", "40")
    assert [(c.value, c.standing) for c in history] == [("40", "planned"), ("30", "in_force"), ("20", "past")]
    assert flow.withdraw(admin, change_id=history[0].id) == "hold_minutes"
    house.later(days=3)
    assert hold_minutes(house) == 30
    for over in history:
        with pytest.raises(Refusal) as refused:
            flow.withdraw(admin, change_id=over.id)
        assert refused.value.code == "rule_in_force"


def test_the_later_effect_wins_whenever_it_was_written(house: House, admin: Actor) -> None:
    change(admin, house, "50", days=5)
    change(admin, house, "20", days=1)
    house.later(days=6)
    assert hold_minutes(house) == 50


def test_what_another_process_changed_is_known_within_two_seconds(
    house: House, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hold_minutes(house) == 15
    house.do(rules.change, actor=admin, name="hold_minutes", value="25", effective_at=None, reason="试行")
    assert hold_minutes(house) == 15  # remembered
    monkeypatch.setattr("hospital_app.rules_in_force.FRESH_SECONDS", -1.0)
    assert hold_minutes(house) == 25


def test_the_hot_path_asks_nothing(house: House, admin: Actor) -> None:
    hold_minutes(house)
    asked: list[str] = []
    event.listen(
        house.engine, "before_cursor_execute", lambda *a: asked.append(a[2]) if "rule_change" in a[2] else None
    )
    for _ in range(50):
        assert house.container.rules_known().hold_minutes == hold_minutes(house)
    assert asked == []


def test_the_database_away_the_rules_hold_that_were_read_last(house: House, admin: Actor) -> None:
    change(admin, house, "20")
    assert hold_minutes(house) == 20
    house.container.forget_rules()

    def away(*_: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    event.listen(house.engine, "before_cursor_execute", away)
    try:
        assert house.container.rules.hold_minutes == 20
    finally:
        event.remove(house.engine, "before_cursor_execute", away)


def test_screens_never_wait(house: House, admin: Actor) -> None:
    change(admin, house, "20")
    assert hold_minutes(house) == 20
    house.container.forget_rules()
    before = threading.active_count()
    assert house.container.rules_known().hold_minutes == 20
    assert threading.active_count() <= before + 1


def test_before_and_after_are_on_the_audit_trail(house: House, admin: Actor) -> None:
    change(admin, house, "20")
    with house.sessions() as session:
        entry = session.scalars(select(AuditEntry).where(col(AuditEntry.action) == "rule.change")).one()
    detail = json.loads(entry.detail)
    assert (entry.subject, detail["before"], detail["after"]) == (
        "rule:hold_minutes",
        {"hold_minutes": "15"},
        {"hold_minutes": "20"},
    )


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"value": "4"}, "bad_rule"),
        ({"value": "x"}, "bad_rule"),
        ({"name": "nothing"}, "not_found"),
        ({"reason": "  "}, "reason_missing"),
        ({"reason": "长" * 201}, "reason_missing"),
        ({"days": -1}, "bad_effective"),
        ({"days": 366}, "bad_effective"),
    ],
)
def test_what_cannot_be_is_refused(house: House, admin: Actor, given: dict[str, object], code: str) -> None:
    wanted = {"name": "hold_minutes", "value": "20", "reason": "试行", "effective_at": None, **given}
    if days := wanted.pop("days", None):
        wanted["effective_at"] = house.now + timedelta(days=float(str(days)))
    with pytest.raises(Refusal) as refused:
        perform(admin, rules.change, **wanted)  # type: ignore[arg-type]
    assert refused.value.code == code


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.HOSPITAL_ADMIN, Role.SYSTEM}])
def test_only_the_hospitals_admin_sees_and_sets_rules(house: House, role: Role) -> None:
    somebody = Actor(role, staff_id=1, account_id=1, department_code="03.01")
    for tried in (
        lambda: flow.listing(somebody),
        lambda: flow.one(somebody, name="hold_minutes"),
        lambda: flow.change(somebody, name="hold_minutes", value="20", effective_at=None, reason="试行"),
        lambda: flow.withdraw(somebody, change_id=1),
    ):
        with pytest.raises(Refusal) as refused:
            tried()
        assert refused.value.status in {401, 403}
