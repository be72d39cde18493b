"""冻结 against what the account does in the same moment; one freeze, one appeal, one answer, whoever else tries."""

import time
from itertools import count

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from hospital_app.domain.authority import Right, check
from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import HoldRequest
from hospital_app.flows import booking, misuse
from hospital_app.models.booking import Appointment
from hospital_app.models.identity import Account, AccountFreeze
from hospital_app.services import freezing
from tests.support.booked import HOSPITAL_ADMIN
from tests.support.builders import a_doctor, a_patient, a_schedule, an_account, first_period, people
from tests.support.house import House, patient_actor
from tests.support.race import codes, granted, race

pytestmark = pytest.mark.timeout(120)


def freeze(account_id: int) -> int:
    return misuse.freeze(HOSPITAL_ADMIN, account_id=account_id, reason="倒号", hours=24).id


def test_nothing_that_begins_after_a_freeze_is_granted(mariadb_house: House) -> None:
    """Twenty threads book for twenty accounts, each frozen by another thread somewhere in between."""
    house = mariadb_house
    pairs = people(house.sessions, 20)
    schedules = [a_schedule(house.sessions, doctor_id=a_doctor(house.sessions), per_period=20) for _ in range(3)]
    frozen_at: dict[int, float] = {}
    began: list[tuple[float, int, bool]] = []
    keys = count()

    def turn(number: int) -> None:
        account, patient = pairs[number // 2]
        if number % 2:
            freeze(account)
            frozen_at[account] = time.monotonic()
            return
        for schedule in schedules * 3:
            begin = time.monotonic()
            request = HoldRequest(account, patient, schedule, first_period(), key=f"k{next(keys)}")
            try:
                booking.hold_one(patient_actor(account), request)
            except Refusal as refusal:
                began.append((begin, account, False))
                assert refusal.code in {"account_frozen", "duplicate_booking", "limit_reached"}
            else:
                began.append((begin, account, True))

    assert codes(race(range(40), turn)) == set()
    assert [each for each in began if each[2] and each[0] > frozen_at[each[1]]] == []
    assert [each for each in began if each[0] > frozen_at[each[1]]], "the race must reach behind the freeze"
    assert house.broken() == []


def test_the_door_alone_would_let_through(mariadb_house: House) -> None:
    """Negative control: who was let in before the freeze passes every look at that actor; only the books stop it."""
    house = mariadb_house
    account = an_account(house.sessions)
    patient = a_patient(house.sessions, account_id=account)
    schedule = a_schedule(house.sessions)
    actor = patient_actor(account)
    freeze(account)
    assert check(actor, Right.BOOK)
    with pytest.raises(Refusal, match="冻结"):
        booking.hold(actor, schedule_id=schedule, starts_at=first_period(), patient_id=patient, key="k")
    with house.sessions() as session:
        assert session.scalar(select(func.count(col(Appointment.id)))) == 0


def test_many_admins_freeze_once(mariadb_house: House) -> None:
    house = mariadb_house
    account = an_account(house.sessions)
    answers = race([account] * 16, freeze)
    assert len(granted(answers)) == 1
    assert codes(answers) == {"already_frozen"}


def test_freeze_and_unfreeze_leave_both_tables_agreed(mariadb_house: House) -> None:
    """Whatever the order: an account is frozen if and only if its newest freeze runs."""
    house = mariadb_house
    account = an_account(house.sessions)

    def turn(number: int) -> None:
        if number % 2:
            misuse.unfreeze(HOSPITAL_ADMIN, account_id=account)
        else:
            freeze(account)

    assert codes(race(range(60), turn, threads=12)) <= {"already_frozen", "not_frozen"}
    with house.sessions() as session:
        until = session.get_one(Account, account).frozen_until
        running = session.scalars(select(AccountFreeze).where(col(AccountFreeze.lifted_at).is_(None))).all()
    assert len(running) == (0 if until is None else 1)


def test_admins_over_an_automatic_freeze_while_it_is_lifted(mariadb_house: House) -> None:
    """One admin's freeze at most goes over it; the account's end is always that of what is left."""
    house = mariadb_house
    account = an_account(house.sessions)
    house.do(freezing.freeze, account_id=account, reason="自动", hours=1, evidence={})
    (automatic,) = misuse.freezes(HOSPITAL_ADMIN)

    def turn(number: int) -> None:
        if number % 3 == 2:
            misuse.unfreeze(HOSPITAL_ADMIN, account_id=account, freeze_id=automatic.id)
        else:
            freeze(account)

    answers = race(range(18), turn, threads=12)
    assert codes(answers) == {"already_frozen", "not_frozen"}
    running = [each for each in misuse.freezes(HOSPITAL_ADMIN) if each.active]
    assert [each.frozen_by for each in running] == [HOSPITAL_ADMIN.subject]
    with house.sessions() as session:
        assert session.get_one(Account, account).frozen_until == running[0].until


def test_an_appeal_and_its_answer_count_once(mariadb_house: House) -> None:
    house = mariadb_house
    account = an_account(house.sessions)
    freeze_id = freeze(account)
    answers = race(["请核实"] * 12, lambda text: misuse.appeal(patient_actor(account), text=text))
    assert (len(granted(answers)), codes(answers)) == (1, {"already_appealed"})
    decided = race(
        ["lifted", "kept"] * 6,
        lambda word: misuse.decide(HOSPITAL_ADMIN, freeze_id=freeze_id, decision=word, answer=word),
    )
    assert (len(granted(decided)), codes(decided)) == (1, {"not_appealed"})
    with house.sessions() as session:
        frozen = session.get_one(Account, account).frozen_until is not None
        assert session.get_one(AccountFreeze, freeze_id).decision == ("kept" if frozen else "lifted")
