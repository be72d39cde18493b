"""防黄牛：who behaves like a scalper, known without asking anybody at the moment of a hold.

Holds, refusals and looks at numbers are noted in this process and carried to the counters a few hundredths of a second
later, by one thread; what it learns, also from other processes, stands here in memory. So a hold waits for none of it.
"""

from collections.abc import Sequence

from hospital_app.container import container
from hospital_app.domain import scalping
from hospital_app.domain.errors import Refusal
from hospital_app.domain.holding import Held, HoldRequest
from hospital_app.domain.identity import Actor, Role
from hospital_app.domain.scalping import Kind
from hospital_app.flows.watchman import watchman
from hospital_app.services.sessions import fingerprint


def proof_wanted(actor: Actor) -> bool:
    """Whether this account must solve a proof of work (工作量证明) before its next hold.

    Ask before each hold that brings no fresh proof; it only looks into memory: no waiting, no Redis, also on the event
    loop. It is True from the moment that the account's score, or that of another account on the same device
    (`actor.device`), has reached `scalping_proof_at`, for as long as the window lasts, in every process within half a
    second. Patients only: nobody at a counter is asked. Redis away: what this process counted itself.

    Whoever refuses because of it says so with `turned_away`, and `proved` after a solved one, before going on.
    """
    return _is_watched(actor) and watchman.is_marked(names_of(actor))


def traces_of(actor: Actor | None) -> tuple[str, ...]:
    """By what the gate knows whether a caller was seen before. Empty for whom nobody asks: staff, callers of whom
    nothing is known, and who is marked, since without a proof for this very number they had not come so far.
    """
    if actor is None or not _is_watched(actor) or not (actor.device or actor.address) or proof_wanted(actor):
        return ()
    return fingerprint(actor.device) if actor.device else "", fingerprint(actor.address) if actor.address else ""


def proof_wanted_elsewhere(actor: Actor) -> bool:
    """The same as `proof_wanted`, after asking what other processes learned within the last half second. Blocks."""
    if _is_watched(actor):
        watchman.learn()
    return proof_wanted(actor)


def proved(actor: Actor) -> None:
    """This account solved a proof: no other one is wanted at once, and later only when its score has reached double
    of `scalping_proof_at`, for `scalping_proof_minutes`. Alerts and freezes go by the whole score as before.

    Blocks for one round trip to Redis. Here it holds at once, in other processes within half a second: let the proof
    come with the hold itself.
    """
    if not _is_watched(actor) or actor.account_id is None:
        return
    names = names_of(actor)
    house = container()
    house.scalping.prove(actor.account_id, names, seconds=house.rules.scalping_proof_minutes * 60)
    watchman.unmark(names)


def points(actor: Actor) -> int:
    """What this account's behaviour weighs now. Asks Redis."""
    if not _is_watched(actor) or actor.account_id is None:
        return 0
    house = container()
    return scalping.score(house.rules, house.scalping.counts(actor.account_id))


def turned_away(actor: Actor, *, schedule_id: int = 0) -> None:
    """A hold was refused because a proof is wanted: a machine that goes on trying is counted."""
    if _is_watched(actor):
        watchman.note(Kind.REFUSED, actor, 0, schedule_id)


def tried(requests: Sequence[HoldRequest], answers: Sequence[Held | Exception]) -> None:
    """What became of holds. Costs next to nothing: the counting comes later."""
    for request, answer in zip(requests, answers, strict=True):
        kind = _kind_of(answer)
        if kind is not None and request.actor is not None and _is_watched(request.actor):
            watchman.note(kind, request.actor, request.patient_id, request.schedule_id)


def looked(*, address: str, device: str) -> None:
    """Somebody looked at numbers, or waits in the lobby: whoever books later did not come out of nowhere."""
    watchman.look(address, device)


def settle() -> None:
    """Carry to the counters what was noted so far; the thread does it by itself."""
    watchman.work_off()


def names_of(actor: Actor) -> list[str]:
    """How the counters know a caller."""
    device = [f"device:{fingerprint(actor.device)}"] if actor.device else []
    return [f"account:{actor.account_id}", *device]


def _is_watched(actor: Actor) -> bool:
    return actor.role is Role.PATIENT and actor.account_id is not None


def _kind_of(answer: Held | Exception) -> Kind | None:
    if isinstance(answer, Held):
        return Kind.HELD if answer.written is not None else None  # else its key was granted before
    return scalping.REFUSALS.get(answer.code) if isinstance(answer, Refusal) else None
