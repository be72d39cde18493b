"""防黄牛：what gives a scalper away, how much each sign weighs, and from what weight on the house asks, warns, freezes.

What many honest people have in common (one address, one tablet in the family, a tap that came too late) weighs little;
no sign freezes alone. All the numbers are rules.
"""

from dataclasses import asdict, dataclass
from enum import IntEnum, StrEnum

from hospital_app.domain.policy import Rules


class Kind(StrEnum):
    """What somebody did that is counted."""

    HELD = "held"
    REFUSED = "refused"  # somebody was quicker, or a proof was wanted
    EARLY = "early"  # refused, since the numbers were not released yet
    SUDDEN = "sudden"  # refused right after a release, since nobody had seen the caller before
    HANDED = "handed"  # 转手：a number given back, and taken by somebody else right after
    LINKED = "linked"  # the same between accounts of one device


#: Refusals that a machine collects. A double tap (duplicate_booking) and a limit are told to people.
REFUSALS = {"slot_taken": Kind.REFUSED, "unreleased": Kind.EARLY, "proof_needed": Kind.SUDDEN}


class Step(IntEnum):
    """What the house does about a score; each includes those before it."""

    NOTHING = 0
    PROOF = 1  # 工作量证明
    ALERT = 2
    FREEZE = 3


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that one account did. `device` and `address` are hashes, empty if unknown; `at` seconds since 1970."""

    kind: Kind
    at: float
    account_id: int
    patient_id: int = 0
    schedule_id: int = 0
    device: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """What the counters must know of the rules."""

    window_seconds: int
    dwell_seconds: int
    burst: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted of one account within the window."""

    unseen: int = 0  # tries without having looked at anything before
    early: int = 0  # of these, at numbers that were not released
    sudden: int = 0  # and at numbers that had just been
    refused: int = 0
    bursts: int = 0  # seconds with more refusals than a finger can collect
    devices: int = 0
    device_accounts: int = 0  # on the fullest of its devices
    device_patients: int = 0
    address_accounts: int = 0
    handed: int = 0
    linked: int = 0

    def as_dict(self) -> dict[str, int]:
        """Without what did not happen."""
        return {name: count for name, count in asdict(self).items() if count}


@dataclass(frozen=True, slots=True)
class Seen:
    """What the counters say of one account. `proved`: it solved a proof lately; `schedules`: what it was after."""

    counts: Counts
    schedules: tuple[int, ...] = ()
    proved: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that is too much, and what it weighs."""

    name: str
    count: int
    points: int


def watch_of(rules: Rules) -> Watch:
    return Watch(rules.scalping_window_minutes * 60, rules.scalping_dwell_seconds, rules.scalping_refusals_per_second)


def signs(rules: Rules, counts: Counts) -> tuple[Sign, ...]:
    """The heaviest first."""
    found = [Sign(name, getattr(counts, name), points) for name, points in _weigh(rules, counts)]
    return tuple(sorted(found, key=lambda sign: (-sign.points, sign.name)))


def score(rules: Rules, counts: Counts) -> int:
    return sum([points for _, points in _weigh(rules, counts)])


def _weigh(rules: Rules, counts: Counts) -> list[tuple[str, int]]:
    """Asked with every hold: most have at most one sign."""
    times = (
        ("unseen", 1 if counts.unseen else 0, rules.scalping_points_unseen),
        ("early", 1 if counts.early else 0, rules.scalping_points_early),
        ("sudden", 1 if counts.sudden else 0, rules.scalping_points_sudden),
        ("bursts", counts.bursts, rules.scalping_points_burst),
        ("devices", counts.devices - rules.scalping_devices, rules.scalping_points_device),
        (
            "device_accounts",
            counts.device_accounts - rules.scalping_accounts_per_device,
            rules.scalping_points_shared,
        ),
        (
            "device_patients",
            counts.device_patients - rules.scalping_patients_per_device,
            rules.scalping_points_patient,
        ),
        (
            "address_accounts",
            1 if counts.address_accounts > rules.scalping_accounts_per_address else 0,
            rules.scalping_points_address,
        ),
        ("handed", counts.handed - 1, rules.scalping_points_handed),
        ("linked", counts.linked, rules.scalping_points_linked),
    )
    most = rules.scalping_points_most
    return [(name, min(count * points, most)) for name, count, points in times if count > 0 and points > 0]


def step(rules: Rules, points: int) -> Step:
    """The farthest whose threshold is reached, however the thresholds are set."""
    if points >= rules.scalping_freeze_at:
        return Step.FREEZE
    if points >= rules.scalping_alert_at:
        return Step.ALERT
    return Step.PROOF if points >= rules.scalping_proof_at else Step.NOTHING


def needs_proof(rules: Rules, points: int, *, proved: bool) -> bool:
    """A proof buys the patience for as much again, not pardon: alerts and freezes go by the whole score."""
    bought = rules.scalping_proof_at if proved else 0
    return points - bought >= rules.scalping_proof_at
