"""改号源数：what becomes of the numbers of one half hour when it shall have others. Nobody loses one."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from hospital_app.domain.schedule import Channel


class Standing(IntEnum):
    """How easily a number can go: closed ones first, then free ones, never what somebody has."""

    CLOSED = 0
    FREE = 1
    TAKEN = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A number as it is now; overbooked ones are not among them."""

    id: int
    seq: int
    standing: Standing
    channel: Channel


@dataclass(frozen=True, slots=True)
class Refit:
    """`stuck`: how many should go but are somebody's. `recast`: free numbers that are kept for another channel now."""

    add: tuple[Channel, ...]
    remove: tuple[int, ...]
    recast: tuple[tuple[int, Channel], ...]
    stuck: int


def refit(places: Sequence[Place], wanted: Sequence[Channel]) -> Refit:
    """From the numbers that there are to those that are wanted, one channel each; the last ones go first."""
    surplus = max(0, len(places) - len(wanted))
    loose = sorted(
        (place for place in places if place.standing is not Standing.TAKEN), key=lambda p: (p.standing, -p.seq)
    )
    remove = tuple(place.id for place in loose[:surplus])
    staying = [place for place in places if place.id not in remove]
    open_channels = list(wanted)
    for place in staying:
        if place.standing is not Standing.FREE and open_channels:
            open_channels.remove(place.channel if place.channel in open_channels else open_channels[0])
    free = sorted((place for place in staying if place.standing is Standing.FREE), key=lambda p: p.seq)
    recast = tuple(
        (place.id, channel) for place, channel in zip(free, open_channels, strict=False) if place.channel != channel
    )
    return Refit(tuple(open_channels[len(free) :]), remove, recast, surplus - len(remove))
