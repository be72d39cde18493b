"""Who comes to a release, when, and how they behave: the shape of shared demand models, drawn from one seed.

Honest people arrive by a Gamma distribution that peaks two seconds after the release and decays with τ = 20 s. They
have the calendar open for some seconds before their first try, look again after a refusal, think for 3 to 10 s and try
2 to 5 times. Bots are there at the release with five devices for each account, look at nothing, and try seven times a
second.
"""

import random
from dataclasses import dataclass
from enum import StrEnum

SHAPE, SCALE_SECONDS = 1.1, 20.0  # the peak is at (SHAPE - 1) * SCALE
THINK_SECONDS = (3.0, 10.0)
LOOK_SECONDS = (2.0, 8.0)
TRIES = (2, 5)
DEVICES_PER_BOT = 5
BOT_GAP_SECONDS = 1 / 7
BOT_TRIES = 40
BOT_EARLY_SECONDS = 0.5


class Kind(StrEnum):
    HONEST = "honest"
    BOT = "bot"


@dataclass(frozen=True, slots=True)
class Visitor:
    """One device of one account, with what the house sees of it. Times are seconds after the release."""

    kind: Kind
    account: int
    device: str
    address: str
    looks_at: float | None
    first_try_at: float
    tries: int
    seed: int


def crowd(*, accounts: int, bots: int, seed: int) -> list[Visitor]:
    """`bots` of the `accounts` are bots; the first ones."""
    draw = random.Random(seed)
    return [
        visitor
        for account in range(accounts)
        for visitor in (_bots(draw, account) if account < bots else [_honest(draw, account)])
    ]


def _honest(draw: random.Random, account: int) -> Visitor:
    arrives = draw.gammavariate(SHAPE, SCALE_SECONDS)
    return Visitor(
        kind=Kind.HONEST,
        account=account,
        device=f"honest-device-of-account-{account:08d}",
        address=f"10.{account // 65536 % 256}.{account // 256 % 256}.{account % 256}",
        looks_at=arrives - draw.uniform(*LOOK_SECONDS),
        first_try_at=arrives,
        tries=draw.randint(*TRIES),
        seed=draw.getrandbits(32),
    )


def _bots(draw: random.Random, account: int) -> list[Visitor]:
    """One address for all devices of an account, as from one cellar."""
    return [
        Visitor(
            kind=Kind.BOT,
            account=account,
            device=f"bot-device-{device}-of-account-{account:08d}",
            address=f"172.16.{account // 256 % 256}.{account % 256}",
            looks_at=None,
            first_try_at=draw.uniform(-BOT_EARLY_SECONDS, 0.0),
            tries=BOT_TRIES,
            seed=draw.getrandbits(32),
        )
        for device in range(DEVICES_PER_BOT)
    ]
