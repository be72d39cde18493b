"""kill -9 of every part of the house in the middle of a stream of patients: everything ends as it was promised.

`make test` kills each part once, `make soak` many more times at other moments.
"""

import os
import time
from random import Random

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from hospital_app import container as containers
from hospital_app.models.booking import Appointment, Slip
from hospital_app.models.identity import Message
from hospital_app.models.payment import Payment, Refund
from tests.recovery.settlement import FINAL_WITHIN_SECONDS, Settlement, settled, settlement
from tests.recovery.stream import Stream
from tests.support.town import Town
from tests.support.waiting import wait_until

__all__ = ["settlement"]

PARTS = ("worker", "relay", "schedule", "wechat", "his", "redis", "mariadb")


def survive(settlement: Settlement, seed: int, parts: list[str]) -> None:
    """A stream with these parts killed at moments that the seed chooses; then everything must become final."""
    town, chance = settlement.town, Random(seed)
    containers.use(town.house.container)
    clinic = town.clinic(numbers=40)
    with Stream(town, clinic, seed).flowing() as stream:
        for part in parts:
            served = min(len(stream.promised) + chance.randrange(2, 7), stream.total - 1)
            wait_until(lambda: len(stream.promised) >= served, seconds=60, what="patients")  # noqa: B023
            settlement.supervise()
            settlement.kill(part)
            time.sleep(chance.uniform(0, 1))  # how long it is away; no condition to wait for
            settlement.start(part)
    print(f"seed {seed}: {'+'.join(parts)} final after {settled(settlement):.1f} s")
    check_promises(town, stream)
    check_the_channel(town)
    # A hold that was still alive above may end while we compare: then its news is on the way.
    wait_until(lambda: town.unlike_the_his() == [], seconds=FINAL_WITHIN_SECONDS, what="the HIS to be told")
    assert town.house.broken() == []


def check_promises(town: Town, stream: Stream) -> None:
    with town.house.sessions() as session:
        for no, fate in stream.promised.items():
            row = session.scalars(select(Appointment).where(col(Appointment.no) == no)).one()
            ended = row.status if row.status != "cancelled" else row.cancel_reason
            assert ended == fate, f"{no} was promised to be {fate} and is {ended}"
            if fate == "booked":
                slip = session.get(Slip, row.id)
                assert slip is not None and slip.version == row.version, f"{no} has no slip"
        lives = session.scalar(
            select(func.count()).where(
                col(Appointment.schedule_id) == stream.clinic.schedule_id, col(Appointment.status) != "cancelled"
            )
        )
        assert lives == list(stream.promised.values()).count("booked"), "nobody holds a number without knowing it"
        repeated = session.execute(
            select(col(Message.appointment_no), col(Message.kind))
            .group_by(col(Message.appointment_no), col(Message.kind))
            .having(func.count() > 1)
        ).all()
        assert repeated == [], "everybody is told everything once"


def check_the_channel(town: Town) -> None:
    """Our books of money and the channel's say the same."""
    with town.house.sessions() as session:
        ours = {row.no: row for row in session.scalars(select(Payment))}
        owed = session.execute(
            select(col(Payment.no), func.sum(col(Refund.amount_fen)).label("fen"))
            .join(Refund, col(Refund.payment_id) == col(Payment.id))
            .group_by(col(Payment.no))
        )
        back = {row.no: int(row.fen) for row in owed}
    theirs = {row["out_trade_no"]: row for row in town.world.wechat.books("SELECT * FROM orders")}
    returned = town.world.wechat.books("SELECT out_trade_no, SUM(amount_fen) AS fen FROM refunds GROUP BY out_trade_no")
    for no, order in theirs.items():
        assert (order["state"] == "SUCCESS") == (ours[no].status == "captured"), f"{no}: {tuple(order)}"
        assert order["amount_fen"] == ours[no].cash_fen
    assert {row["out_trade_no"]: row["fen"] for row in returned} == back


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", PARTS)
def test_killed_in_the_middle(settlement: Settlement, part: str) -> None:
    survive(settlement, 100 + PARTS.index(part), [part])


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_again_and_again(settlement: Settlement) -> None:
    """HOSPITAL_TEST_KILLS times, one to three parts each; the seed of the first is HOSPITAL_TEST_SEED."""
    first = int(os.environ.get("HOSPITAL_TEST_SEED", "1000"))
    kills, seed = 0, first
    while kills < int(os.environ.get("HOSPITAL_TEST_KILLS", "120")):
        parts = Random(seed).sample(PARTS, Random(seed).choice([1, 1, 2, 3]))
        survive(settlement, seed, parts)
        kills += len(parts)
        seed += 1
