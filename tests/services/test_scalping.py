"""黄牛预警: what is written down of whom, what is frozen by itself and for how long, and what an admin answers."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.domain.scalping import Counts
from hospital_app.flows import alerts, booking, messages, misuse
from hospital_app.models.changing import ScalpingAlert
from hospital_app.models.identity import Account, AccountFreeze
from hospital_app.models.operation import AuditEntry
from hospital_app.services import scalping
from tests.support.booked import CLERK, department_admin, doctor_actor
from tests.support.builders import a_patient, a_schedule, an_account, first_period
from tests.support.house import House, patient_actor
from tests.support.people import a_member_of_staff

SUSPICIOUS = Counts(unseen=9, refused=12, bursts=4)  # 80
BLATANT = Counts(unseen=40, early=12, refused=60, bursts=4, devices=5)  # 135


@pytest.fixture
def admin(house: House) -> Actor:
    return Actor(Role.HOSPITAL_ADMIN, staff_id=a_member_of_staff(house))


def seen(house: House, account: int, counts: Counts, *schedules: int) -> int | None:
    return house.do(scalping.raise_alert, account_id=account, counts=counts, schedules=schedules)


def rows(house: House) -> list[ScalpingAlert]:
    with house.sessions() as session:
        return list(session.scalars(select(ScalpingAlert).order_by(col(ScalpingAlert.id))))


def frozen_until(house: House, account: int) -> object:
    with house.sessions() as session:
        return session.get_one(Account, account).frozen_until


def code_of(refusal: pytest.ExceptionInfo[Refusal]) -> str:
    return refusal.value.code


def test_an_alert_holds_its_evidence_and_nothing_personal(house: House, admin: Actor) -> None:
    account = an_account(house.sessions)
    person = a_patient(house.sessions, account_id=account)
    schedule = a_schedule(house.sessions)
    held = booking.hold(
        patient_actor(account), schedule_id=schedule, starts_at=first_period(), patient_id=person, key="k"
    )
    assert seen(house, account, SUSPICIOUS, schedule) is not None
    (alert,) = alerts.listing(admin)
    assert (alert.account_id, alert.score, alert.open) == (account, 80, True)
    assert [(sign.name, sign.count, sign.points) for sign in alert.signs] == [("bursts", 4, 60), ("unseen", 9, 20)]
    assert alert.counts == {"unseen": 9, "refused": 12, "bursts": 4}
    assert (alert.schedules, alert.appointments) == ((schedule,), (held.no,))
    assert "****" in alert.phone
    assert frozen_until(house, account) is None and alert.frozen_until is None
    text = rows(house)[0].evidence
    assert "王" not in text and "139" not in json.loads(text)["last_at"]
    with house.sessions() as session:
        (entry,) = session.scalars(select(AuditEntry).where(col(AuditEntry.action) == "scalping.alert"))
        assert (entry.actor, entry.subject) == ("system", f"account:{account}")


def test_once_within_a_window_and_it_grows(house: House) -> None:
    account = an_account(house.sessions)
    first = seen(house, account, SUSPICIOUS)
    assert seen(house, account, SUSPICIOUS) is None
    assert seen(house, account, Counts(unseen=9, bursts=5)) == first
    assert [row.score for row in rows(house)] == [95]
    house.later(minutes=11)
    assert seen(house, account, SUSPICIOUS) != first
    assert len(rows(house)) == 2


def test_what_is_too_little_is_not_written(house: House) -> None:
    assert seen(house, an_account(house.sessions), Counts(unseen=9, early=3)) is None
    assert seen(house, 999_999, BLATANT) is None
    assert rows(house) == []


def test_a_freeze_by_itself_lasts_an_hour_and_can_be_appealed(house: House) -> None:
    account = an_account(house.sessions)
    person, schedule = a_patient(house.sessions, account_id=account), a_schedule(house.sessions)
    seen(house, account, SUSPICIOUS)
    seen(house, account, BLATANT)
    (alert,) = rows(house)
    assert frozen_until(house, account) == alert.frozen_until == house.now + timedelta(hours=1)
    with pytest.raises(Refusal) as refusal:
        booking.hold(patient_actor(account), schedule_id=schedule, starts_at=first_period(), patient_id=person, key="k")
    assert code_of(refusal) == "account_frozen"
    own = misuse.own_freeze(patient_actor(account))
    assert own is not None and own.reason == scalping.REASON and own.may_appeal
    assert misuse.appeal(patient_actor(account), text="给父母各挂一个号").appeal
    assert seen(house, account, BLATANT) is None, "frozen once"
    house.later(hours=1)
    assert booking.hold(
        patient_actor(account), schedule_id=schedule, starts_at=first_period(), patient_id=person, key="k"
    ).no
    with house.sessions() as session:
        (freeze,) = session.scalars(select(AccountFreeze))
        assert freeze.frozen_by == SYSTEM.subject and json.loads(freeze.evidence)["devices"] == 5


def test_who_is_frozen_already_is_only_reported(house: House, admin: Actor) -> None:
    account = an_account(house.sessions)
    misuse.freeze(admin, account_id=account, reason="倒号", hours=24)
    assert seen(house, account, BLATANT) is not None
    assert frozen_until(house, account) == house.now + timedelta(hours=24)
    assert rows(house)[0].frozen_until is None


def test_a_false_alarm_is_dismissed_with_a_reason_and_its_freeze_ends(house: House, admin: Actor) -> None:
    account = an_account(house.sessions)
    alert_id = seen(house, account, BLATANT) or 0
    with pytest.raises(Refusal) as refusal:
        alerts.dismiss(admin, alert_id=alert_id, answer=" ")
    assert code_of(refusal) == "bad_answer"
    done = alerts.dismiss(admin, alert_id=alert_id, answer="养老院护工，已电话核实")
    assert (done.open, done.answer, done.handled_by) == (False, "养老院护工，已电话核实", admin.staff_id)
    assert frozen_until(house, account) is None
    assert seen(house, account, BLATANT) is None, "nobody is accused again of the same minutes"
    for call in (alerts.dismiss, alerts.confirm):
        with pytest.raises(Refusal) as refusal:
            call(admin, alert_id=alert_id, answer="再看")
        assert code_of(refusal) == "already_handled"


def test_an_admins_own_freeze_stays_and_answers_the_alert(house: House, admin: Actor) -> None:
    account = an_account(house.sessions)
    alert_id = seen(house, account, SUSPICIOUS) or 0
    misuse.freeze(admin, account_id=account, reason="多设备抢号", hours=48)
    (alert,) = alerts.listing(admin)
    assert (alert.id, alert.open, alert.answer) == (alert_id, False, "多设备抢号")
    house.later(minutes=11)
    other = seen(house, account, SUSPICIOUS) or 0
    alerts.dismiss(admin, alert_id=other, answer="重复")
    assert frozen_until(house, account) is not None


def test_an_admins_freeze_goes_over_the_automatic_one_and_each_is_lifted_by_itself(house: House, admin: Actor) -> None:
    account = an_account(house.sessions)
    alert_id = seen(house, account, BLATANT) or 0
    automatic = house.now + timedelta(hours=1)
    house.later(minutes=5)
    assert misuse.suspect(admin, account_id=account).frozen_by_itself
    over = misuse.freeze(admin, account_id=account, reason="多设备抢号", hours=48)
    assert frozen_until(house, account) == over.until == house.now + timedelta(hours=48)
    assert not misuse.suspect(admin, account_id=account).frozen_by_itself
    own = misuse.own_freeze(patient_actor(account))
    assert own is not None and (own.reason, own.until) == ("多设备抢号", over.until)
    (alert,) = alerts.listing(admin)
    assert (alert.id, alert.open) == (alert_id, False)
    with pytest.raises(Refusal) as refusal:
        misuse.freeze(admin, account_id=account, reason="再冻", hours=72)
    assert code_of(refusal) == "already_frozen"
    misuse.unfreeze(admin, account_id=account)
    assert frozen_until(house, account) == automatic, "what began by itself goes on"
    assert [message.kind for message in messages.inbox(patient_actor(account)).messages] == ["frozen", "frozen"]
    own = misuse.own_freeze(patient_actor(account))
    assert own is not None and own.reason == scalping.REASON and own.active
    misuse.unfreeze(admin, account_id=account)
    assert frozen_until(house, account) is None
    with pytest.raises(Refusal) as refusal:
        misuse.unfreeze(admin, account_id=account)
    assert code_of(refusal) == "not_frozen"


def test_the_automatic_freeze_is_lifted_and_the_admins_own_stays(house: House, admin: Actor) -> None:
    account = an_account(house.sessions)
    seen(house, account, BLATANT)
    misuse.freeze(admin, account_id=account, reason="先停一小时", hours=1)
    freezes = misuse.freezes(admin)
    by_itself = next(each for each in freezes if each.frozen_by == SYSTEM.subject)
    misuse.unfreeze(admin, account_id=account, freeze_id=by_itself.id)
    (left,) = [each for each in misuse.freezes(admin) if each.active]
    assert left.reason == "先停一小时" and frozen_until(house, account) == left.until


def test_only_the_hospitals_admin_sees_and_answers(house: House, admin: Actor) -> None:
    account = an_account(house.sessions)
    alert_id = seen(house, account, SUSPICIOUS) or 0
    everybody_else: tuple[Actor, ...] = (CLERK, department_admin(), doctor_actor(1), patient_actor(account))
    for actor in everybody_else:
        for call in (
            lambda actor=actor: alerts.listing(actor),
            lambda actor=actor: alerts.dismiss(actor, alert_id=alert_id, answer="x"),
            lambda actor=actor: alerts.confirm(actor, alert_id=alert_id, answer="x"),
        ):
            with pytest.raises(Refusal) as refusal:
                call()
            assert code_of(refusal) == "forbidden"
    for unknown in (0, -1, 10**6, 2**40):
        with pytest.raises(Refusal) as refusal:
            alerts.dismiss(admin, alert_id=unknown, answer="x")
        assert code_of(refusal) == "not_found"
