"""防黄牛 at the door: who has to prove something before a hold, who never has to, and what that costs a hold."""

import time
from dataclasses import replace
from datetime import timedelta

from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import Actor, Role
from hospital_app.domain.policy import Rules
from hospital_app.flows import booking, gate, scalping
from hospital_app.flows.watchman import Watchman
from hospital_app.services.sessions import fingerprint
from tests.support.builders import a_patient, a_schedule, an_account, first_period
from tests.support.house import House
from tests.support.waiting import wait_until

RULES = Rules()


def somebody(house: House, *, device: str = "", address: str = "192.0.2.1") -> tuple[Actor, int]:
    """Of an account with one person, whose id comes with it."""
    account = an_account(house.sessions)
    actor = Actor(Role.PATIENT, account_id=account, device=device or f"device-of-{account}", address=address)
    return actor, a_patient(house.sessions, account_id=account)


def try_to_hold(actor: Actor, patient: int, schedule: int, *, times: int = 1) -> str:
    """The answer to the last one: the number of an appointment, or why not."""
    answer = ""
    for _ in range(times):
        key = f"{actor.subject}-{time.monotonic_ns()}"
        try:
            answer = booking.hold(actor, schedule_id=schedule, starts_at=first_period(), patient_id=patient, key=key).no
        except Refusal as refusal:
            answer = refusal.code
    return answer


def unreleased(house: House) -> int:
    return a_schedule(house.sessions, released_at=house.now + timedelta(hours=1))


def test_a_machine_that_looked_at_nothing_and_tries_before_the_release(sqlite_house: House) -> None:
    actor, patient = somebody(sqlite_house)
    assert not scalping.proof_wanted(actor)
    assert try_to_hold(actor, patient, unreleased(sqlite_house)) == "unreleased"
    wait_until(lambda: scalping.proof_wanted(actor), seconds=5, what="the mark, by the thread alone")
    accomplice, _ = somebody(sqlite_house, device=actor.device)
    assert scalping.proof_wanted(accomplice), "the same device"
    stranger, _ = somebody(sqlite_house)
    assert not scalping.proof_wanted(stranger), "the same address"


def test_the_honest_fast_finger(sqlite_house: House) -> None:
    """Looked at the calendar a while ago, is there before the release, and too late again and again afterwards."""
    actor, patient = somebody(sqlite_house)
    scalping.looked(address="", device=actor.device)
    scalping.settle()
    looked_long_ago(sqlite_house, actor)
    assert try_to_hold(actor, patient, unreleased(sqlite_house), times=2) == "unreleased"
    sold_out = a_schedule(sqlite_house.sessions, per_period=1, period_count=1)
    winner, other = somebody(sqlite_house)
    assert try_to_hold(winner, other, sold_out).isalnum()
    assert try_to_hold(actor, patient, sold_out) == "slot_taken"
    scalping.settle()
    assert not scalping.proof_wanted(actor)


def looked_long_ago(house: House, actor: Actor) -> None:
    """As if the page had been open for ten seconds."""
    name = f"guahao:scalping:seen:{fingerprint(actor.device)}"
    house.container.redis.set(name, int((time.time() - 10) * 1000), ex=60)


def others_came_before(house: House, *, seconds: int = 10) -> None:
    """So far back the memory of looks reaches."""
    house.container.redis.set("guahao:scalping:since", int((time.time() - seconds) * 1000), ex=60)


def test_hammering_is_seen_however_long_one_has_looked(sqlite_house: House) -> None:
    actor, patient = somebody(sqlite_house)
    looked_long_ago(sqlite_house, actor)
    sold_out = a_schedule(sqlite_house.sessions, per_period=1, period_count=1)
    try_to_hold(*somebody(sqlite_house), sold_out)
    began = time.monotonic()
    while not scalping.proof_wanted(actor):
        assert time.monotonic() - began < 10, "never asked for a proof"
        try_to_hold(actor, patient, sold_out)


def test_a_solved_proof_lets_through_for_a_while(sqlite_house: House) -> None:
    actor, patient = somebody(sqlite_house)
    try_to_hold(actor, patient, unreleased(sqlite_house))
    scalping.settle()
    assert scalping.proof_wanted(actor)
    scalping.proved(actor)
    assert not scalping.proof_wanted(actor)
    assert try_to_hold(actor, patient, a_schedule(sqlite_house.sessions)).isalnum()
    scalping.settle()
    assert not scalping.proof_wanted(actor)
    for _ in range(60):  # and goes on hammering
        scalping.turned_away(actor)
    scalping.settle()
    assert not scalping.proof_wanted(actor), "one second of it may be an accident"
    others = [replace(actor, device=f"another-{n}") for n in range(5)]
    for other in others:
        try_to_hold(other, patient, unreleased(sqlite_house))
    scalping.settle()
    assert scalping.proof_wanted(actor)


def test_another_process_learns_of_it(sqlite_house: House) -> None:
    actor, patient = somebody(sqlite_house)
    try_to_hold(actor, patient, unreleased(sqlite_house))
    scalping.settle()
    other = Watchman()
    assert not other.is_marked(scalping.names_of(actor))
    other.work_off()
    assert other.is_marked(scalping.names_of(actor))


def test_nobody_at_a_counter_is_ever_asked(sqlite_house: House) -> None:
    actor, patient = somebody(sqlite_house)
    try_to_hold(actor, patient, unreleased(sqlite_house))
    scalping.settle()
    clerk = Actor(Role.CLERK, staff_id=1, device=actor.device, address=actor.address)
    assert not scalping.proof_wanted(clerk)
    scalping.turned_away(clerk)
    scalping.proved(clerk)


def test_without_redis_booking_goes_on_and_this_process_still_sees_machines(sqlite_house: House) -> None:
    house = House(sqlite_house.engine, "redis://127.0.0.1:1/0")
    actor, patient = somebody(house)
    assert not scalping.proof_wanted(actor)
    assert try_to_hold(actor, patient, a_schedule(house.sessions)).isalnum()
    machine, other = somebody(house)
    try_to_hold(machine, other, unreleased(house))
    scalping.settle()
    assert scalping.proof_wanted(machine) and not scalping.proof_wanted(actor)


def just_released(house: House, *, seconds: int = 1) -> int:
    """A clinic that the gate knows, in a house that has seen people for a while."""
    others_came_before(house)
    schedule = a_schedule(house.sessions, released_at=house.now - timedelta(seconds=seconds))
    gate.rebuild([schedule])
    return schedule


def test_right_after_a_release_whom_nobody_has_seen_proves_something_before_the_first_number(
    sqlite_house: House,
) -> None:
    schedule = just_released(sqlite_house)
    machine, patient = somebody(sqlite_house, address="192.0.2.7")
    assert try_to_hold(machine, patient, schedule) == "proof_needed"
    scalping.settle()
    assert scalping.proof_wanted(machine)
    assert try_to_hold(machine, patient, schedule).isalnum(), "who is marked has proved something to come so far"
    honest, other = somebody(sqlite_house, address="192.0.2.8")
    looked_long_ago(sqlite_house, honest)
    assert try_to_hold(honest, other, schedule).isalnum()
    nameless, third = somebody(sqlite_house)
    assert try_to_hold(replace(nameless, device="", address=""), third, schedule).isalnum(), "of whom nothing is known"


def test_after_a_flush_nobody_is_asked_why_they_were_not_seen(sqlite_house: House) -> None:
    schedule = just_released(sqlite_house)
    others_came_before(sqlite_house, seconds=5)
    assert try_to_hold(*somebody(sqlite_house), schedule).isalnum()
    sqlite_house.container.redis.delete("guahao:scalping:since")
    assert try_to_hold(*somebody(sqlite_house), schedule).isalnum()


def test_a_proof_bought_before_counts_at_a_release(sqlite_house: House) -> None:
    actor, patient = somebody(sqlite_house)
    scalping.proved(actor)
    assert try_to_hold(actor, patient, just_released(sqlite_house)).isalnum()


def test_later_in_the_day_nobody_need_have_looked(sqlite_house: House) -> None:
    actor, patient = somebody(sqlite_house)
    long_ago = just_released(sqlite_house, seconds=RULES.scalping_release_minutes * 60)
    assert try_to_hold(actor, patient, long_ago).isalnum()


def test_too_late_is_told_before_anything_is_asked(sqlite_house: House) -> None:
    schedule = a_schedule(sqlite_house.sessions, per_period=1, released_at=sqlite_house.now - timedelta(seconds=1))
    winner, patient = somebody(sqlite_house)
    looked_long_ago(sqlite_house, winner)
    assert try_to_hold(winner, patient, schedule).isalnum()
    gate.rebuild([schedule])
    machine, other = somebody(sqlite_house)
    assert try_to_hold(machine, other, schedule) == "slot_taken"
