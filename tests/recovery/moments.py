"""The moments at which a part is killed, and the killing.

Those of money are hit on purpose, at the n-th time that they come by; others are so many orders after the last.
"""

import time
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.recovery.payers import Payers
from tests.support.traps import DIE, WAIT
from tests.support.waiting import wait_until

REACHED_WITHIN_SECONDS = 100


class When(StrEnum):
    ANY = "in the middle"
    BEFORE = "before the call"
    AFTER = "after the call, before the commit"
    COMMITTED = "after the commit, before the enqueue"
    REFUND = "in the refund"


@dataclass(frozen=True)
class Kill:
    """`part` dies when `moment` (tests/support/trapped/) is reached for the `passes`-th time.

    Without a `moment`: once so many more patients have been served.
    """

    part: str
    moment: str = ""
    passes: int = 1

    @property
    def when(self) -> When:
        _, _, what = self.moment.partition(":")
        if not what:
            return When.ANY
        if any(word in what for word in ("refund", "reverse", "2208")):
            return When.REFUND
        if "commit" in what:
            return When.COMMITTED if what.endswith(".committed") else When.AFTER
        if what in ("enqueue.before", "pay.after"):  # a channel has the money, and its callback is not under way
            return When.COMMITTED
        return When.BEFORE if what.endswith(".before") else When.AFTER

    @property
    def by_itself(self) -> bool:
        """The process that reaches the moment is the one that dies; else it waits for the other's death."""
        return self.part == self.moment.partition(":")[0]

    def __str__(self) -> str:
        return f"{self.part} at {self.moment} ({self.passes})" if self.moment else f"{self.part} after {self.passes}"


def _around(role: str, *calls: str) -> list[str]:
    return [f"{role}:{call}.{when}" for call in calls for when in ("before", "after")]


def _deeds(role: str, *deeds: str) -> list[str]:
    return [f"{role}:{deed}.{when}" for deed in deeds for when in ("uncommitted", "committed")]


WORKER = [
    *_around("worker", "wechat.query", "alipay.query", "wechat.close", "alipay.close", "bureau.settle", "bureau.drop"),
    *_around("worker", "wechat.refund", "alipay.refund", "wechat.query_refund", "alipay.query_refund"),
    *_around("worker", "bureau.reverse"),
    *_deeds("worker", "payment.captured", "payment.closed", "settlement.settled", "refund.done"),
]
WEB = [
    *_around("web", "wechat.create", "alipay.create", "bureau.quote"),
    *_deeds("web", "payment.started", "payment.captured", "cancel", "refund.owed"),
]
RELAY = ["relay:enqueue.before"]
GATEWAYS = [
    *_around("wechat", "create", "pay", "query", "close", "refund", "query_refund"),
    *_around("alipay", "create", "pay", "query", "refund", "query_refund"),
    *_around("insurance", "2206", "2207", "2208", "2202"),
]
#: Where the caller waits while the other side is killed.
PARTNERS = {"wechat": "wechat", "alipay": "alipay", "bureau": "insurance"}

ANY_TIME = ("worker", "relay", "schedule", "web", "wechat", "alipay", "insurance", "his", "redis", "mariadb")

EVERY: list[Kill] = [
    *(Kill(moment.partition(":")[0], moment) for moment in (*WORKER, *WEB, *RELAY, *GATEWAYS)),
    *(
        Kill(PARTNERS[name], moment)
        for moment in (*WORKER, *WEB)
        if (name := moment.partition(":")[2].partition(".")[0]) in PARTNERS
    ),
    *(Kill("mariadb", moment) for moment in (*WORKER, *WEB, *RELAY)),
]


def in_the_middle(seed: int) -> list[Kill]:
    """One to three parts at any moment."""
    chance = Random(seed)
    parts = chance.sample(ANY_TIME, chance.choice([1, 1, 2, 3]))
    return [Kill(part, passes=chance.randint(2, 6)) for part in parts]


def at_moments_of_money(seed: int) -> list[Kill]:
    """One to three, each part and each moment as likely as another's."""
    chance = Random(seed)
    parts = sorted({kill.part for kill in EVERY})
    picked = []
    for _ in range(chance.choice([1, 2, 2, 3])):
        part = chance.choice(parts)
        when = chance.choice(sorted({kill.when for kill in EVERY if kill.part == part}))
        kill = chance.choice([kill for kill in EVERY if (kill.part, kill.when) == (part, when)])
        picked.append(Kill(kill.part, kill.moment, chance.randint(1, 3)))
    return picked


def strike(crowd: Payers, kill: Kill, chance: Random) -> None:
    """Wait for the moment, kill, and start again after a while, which the seed chooses."""

    def reached() -> bool:
        crowd.complain()
        ended = settlement.ended  # looked at first: whoever dies in the trap has sprung it before
        if traps.sprung if kill.moment else len(crowd.promised) >= served:
            return True
        if ended:
            settlement.programs[ended].launch()
        return False

    settlement, traps, away = crowd.settlement, crowd.settlement.traps, chance.uniform(0, 0.7)
    served = len(crowd.promised) + kill.passes
    if kill.moment:
        traps.set(kill.moment, passes=kill.passes, happens=DIE if kill.by_itself else WAIT)
    wait_until(reached, seconds=REACHED_WITHIN_SECONDS, what=f"{kill}")
    crowd.open.clear()
    if kill.by_itself:
        part = wait_until(lambda: settlement.ended, what=f"the end of {kill}")
        time.sleep(away)  # how long it is away; no condition to wait for
        traps.release()
        settlement.start(part)
    else:
        settlement.kill(kill.part)
        waits = kill.moment and chance.random() < 0.5
        if not waits:  # whoever waited finds nobody there
            traps.release()
        time.sleep(away)
        settlement.start(kill.part)
        if waits:
            traps.release()
    crowd.open.set()
