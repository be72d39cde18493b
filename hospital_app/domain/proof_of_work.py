"""工作量证明：how much work is asked of whom behaves like a machine, and what may be wrong with a proof.

A browser finds the proof by itself within seconds; for thousands of tries a second it costs a scalper whole computers.
"""

from dataclasses import dataclass
from enum import StrEnum

from hospital_app.domain.errors import Refusal
from hospital_app.domain.policy import Rules

#: What one try costs: rounds of PBKDF2. A challenge costs the house one try.
ROUNDS = 2_000
#: Where challenges are had.
CHALLENGES = "/api/v1/proofs"


class Flaw(StrEnum):
    """Why a proof does not count. `EASY`: since it was asked, its holder solved others, and more is asked now."""

    FORGED = "forged"
    EXPIRED = "expired"
    FOREIGN = "foreign"
    EASY = "easy"
    WRONG = "wrong"
    SPENT = "spent"


@dataclass(frozen=True, slots=True)
class Solved:
    """A proof whose work was done. `name`: of its challenge, for spending it once."""

    name: str
    whose: str
    tries: int


def tries_asked(rules: Rules, *, solved: int, points: int) -> int:
    """At most so many tries, half of them on average: twice as many with each proof that was solved of late, and with
    each few points that somebody's behaviour weighs beyond those from which a proof is asked at all."""
    beyond = max(0, points - rules.scalping_proof_at) // rules.proof_of_work_points
    return int(rules.proof_of_work_tries) << min(solved + beyond, rules.proof_of_work_doublings)


def heavy_from(rules: Rules) -> int:
    """From so many points on each number wants a proof of its own: else one proof would serve five devices."""
    return rules.scalping_proof_at + rules.proof_of_work_points


def needed(flaw: Flaw | None = None) -> Refusal:
    """The next step is the machine's, not the person's: whoever shows this to people says that it goes on by itself."""
    extra: dict[str, object] = {"challenge": CHALLENGES}
    if flaw is not None:
        extra["reason"] = flaw.value
    return Refusal("proof_needed", "正在确认不是机器抢号，请保持页面打开，几秒后会自动继续。", 428, extra=extra)


def unlucky() -> Refusal:
    """A browser whose proofs never count: an old one, or no browser."""
    return Refusal("proof_failed", "自动验证没有通过，请刷新页面或换一个浏览器再试，也可以到医院窗口挂号。", 403)
