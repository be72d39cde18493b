"""kill -9 of every part of the house while patients pay in every way: all ends as promised, each effect once.

Worker, backend, channels, bureau and MariaDB die at the moments at which money could be lost or go twice: before the
call, after the call before the commit, after the commit before the enqueue, in the refund. Each is hit on purpose
(tests/recovery/moments.py), and after each of them everything must be final and stand. `make test` kills ten times,
`make soak` two hundred times (HOSPITAL_TEST_MONEY_KILLS). All parts die at any moment, one upon the other: four times,
and 120 times (HOSPITAL_TEST_KILLS). The first seed of a soak: HOSPITAL_TEST_SEED.
"""

import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from random import Random

import pytest
from sqlalchemy.orm import make_transient

from hospital_app import container as containers
from hospital_app.domain.exchange import RefundOrder
from hospital_app.flows import booking
from tests.recovery.both_books import broken_promises, differences
from tests.recovery.moments import Kill, at_moments_of_money, in_the_middle, strike
from tests.recovery.payers import Payers, payers
from tests.recovery.settlement import FINAL_WITHIN_SECONDS, Settlement, settled, trapped_settlement
from tests.support.builders import FEE_FEN
from tests.support.waiting import wait_until

__all__ = ["trapped_settlement"]

TEN = (
    [
        Kill("worker", "worker:bureau.settle.before"),
        Kill("insurance", "insurance:2207.after"),
        Kill("web", "web:payment.captured.committed"),
    ],
    [
        Kill("worker", "worker:bureau.settle.after"),
        Kill("web", "web:wechat.create.after"),
        Kill("mariadb", "worker:refund.done.uncommitted"),
    ],
    [
        Kill("worker", "worker:alipay.refund.after"),
        Kill("wechat", "wechat:refund.after"),
        Kill("mariadb", "web:cancel.committed"),
        Kill("worker", "worker:settlement.settled.committed"),
    ],
)


def survive(settlement: Settlement, seed: int, kills: list[Kill], *, one_by_one: bool) -> float:
    """Patients pay while these happen. Everything must become final and stand: before the next one, or after all.

    The longest time from a restart until then, in seconds.
    """
    containers.use(settlement.town.house.container)
    chance, crowd = Random(seed), payers(settlement, seed)
    took, restarted = [], 0.0
    with crowd.flowing():
        for number, kill in enumerate(kills):
            if number and one_by_one:
                crowd.rest()
                took.append(everything_stands(crowd, since=restarted))
                crowd.open.set()
            strike(crowd, kill, chance)
            restarted = time.monotonic()
    took.append(everything_stands(crowd, since=restarted))
    named, orders = "; ".join(map(str, kills)), len(crowd.promised)
    print(f"seed {seed}: {named}: {orders} orders, final after {max(took):.1f} s", flush=True)
    return max(took)


def everything_stands(crowd: Payers, *, since: float) -> float:
    """Everybody who came has been served, and no order is open two minutes after the restart; how long it took."""
    settlement = crowd.settlement
    settled(settlement, within_seconds=since + FINAL_WITHIN_SECONDS - time.monotonic())
    took = time.monotonic() - since
    assert broken_promises(crowd) == []
    assert differences(settlement) == []
    # A hold that was still alive above may end while we compare: then its news is on the way.
    wait_until(lambda: settlement.town.unlike_the_his() == [], seconds=FINAL_WITHIN_SECONDS, what="the HIS to be told")
    assert settlement.town.house.broken() == []
    return took


@pytest.mark.timeout(300)
@pytest.mark.parametrize("which", range(len(TEN)))
def test_killed_at_the_moments_of_money(trapped_settlement: Settlement, which: int) -> None:
    survive(trapped_settlement, 50 + which, TEN[which], one_by_one=True)


@pytest.mark.timeout(300)
def test_killed_in_the_middle(trapped_settlement: Settlement) -> None:
    """The parts that move no money themselves."""
    kills = [Kill(part, passes=4) for part in ("redis", "relay", "his", "schedule")]
    survive(trapped_settlement, 100, kills, one_by_one=False)


@pytest.mark.timeout(120)
def test_an_effect_that_was_lost_is_missed(trapped_settlement: Settlement) -> None:
    """The control: a refund whose outbox row is gone, as if it had been enqueued by hand after the commit."""
    town, relay = trapped_settlement.town, trapped_settlement.programs["relay"]
    containers.use(town.house.container)
    order = town.booked()
    settled(trapped_settlement)
    relay.pause()
    booking.cancel(order.actor, no=order.no)
    (lost,) = town.owed("refund.execute")
    with town.house.sessions.begin() as session:
        session.delete(lost)
    relay.resume()
    with pytest.raises(AssertionError, match="'refunds': 1"):
        settled(trapped_settlement, within_seconds=2)
    with town.house.sessions.begin() as session:
        make_transient(lost)
        session.add(lost)
    settled(trapped_settlement)
    assert differences(trapped_settlement) == []


def test_an_effect_that_happened_twice_is_seen(trapped_settlement: Settlement) -> None:
    """The control: a refund that is asked for again under another number, as without an idempotency key."""
    town = trapped_settlement.town
    containers.use(town.house.container)
    order = town.booked()
    (number,) = town.payments(order)
    settled(trapped_settlement)
    assert differences(trapped_settlement) == []
    again = RefundOrder("GR-again", number, 100, FEE_FEN, "cancel")
    town.house.container.payments["wechat"].refund(again)
    found = differences(trapped_settlement)
    with closing(sqlite3.connect(town.world.wechat.directory / "wechat.sqlite3", timeout=10)) as books, books:
        books.execute("DELETE FROM refunds WHERE out_refund_no = 'GR-again'")
    assert "wechat: theirs alone: Moved(kind='refunded', number='GR-again', fen=100)" in found
    assert any(line.startswith("ledger: channel:wechat") for line in found)


@pytest.mark.soak
@pytest.mark.timeout(14400)
def test_killed_at_the_moments_of_money_again_and_again(trapped_settlement: Settlement) -> None:
    again_and_again(trapped_settlement, at_moments_of_money, "HOSPITAL_TEST_MONEY_KILLS", 200, one_by_one=True)


@pytest.mark.soak
@pytest.mark.timeout(14400)
def test_killed_again_and_again(trapped_settlement: Settlement) -> None:
    again_and_again(trapped_settlement, in_the_middle, "HOSPITAL_TEST_KILLS", 120, one_by_one=False)


def again_and_again(
    settlement: Settlement, chosen: Callable[[int], list[Kill]], variable: str, usual: int, *, one_by_one: bool
) -> None:
    """One to three kills in each stream, each stream with its seed."""
    seed = int(os.environ.get("HOSPITAL_TEST_SEED", "1000"))
    wanted, struck, longest = int(os.environ.get(variable, usual)), Counter[str](), 0.0
    while struck.total() < wanted:
        kills = chosen(seed)
        longest = max(longest, survive(settlement, seed, kills, one_by_one=one_by_one))
        struck.update(f"{kill.part}, {kill.when}" for kill in kills)
        seed += 1
    print(f"{struck.total()} kills up to seed {seed - 1}, final after {longest:.1f} s at the longest")
    for what, times in sorted(struck.items()):
        print(f"{times} x {what}")
