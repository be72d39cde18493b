"""工作量证明：asked only of whom the house takes for a machine, found by their browser, good once and for them."""

from datetime import timedelta
from typing import Any

from hospital_app import clock
from hospital_app.container import container
from hospital_app.domain.identity import Actor
from hospital_app.domain.proof_of_work import Flaw, heavy_from, needed, tries_asked
from hospital_app.flows import scalping
from hospital_app.vault import vault


def challenge(actor: Actor) -> dict[str, Any]:
    """What to solve, as hard as it is for this caller now. By the real clock: the library compares with it."""
    house = container()
    return house.proofs.challenge(
        _whose(actor),
        tries=_tries(actor),
        until=clock.now() + timedelta(minutes=house.rules.proof_of_work_minutes),
    )


def check_hold(actor: Actor, *, proof: str, schedule_id: int = 0) -> None:
    """Before whatever takes a number: nothing for whom no proof is wanted of; one that was brought stays unspent then.
    A light suspect has bought patience with it, a heavy one this one number.

    Raises Refusal proof_needed (428). Without a proof it waits for nobody; with one it
    asks whom other processes have marked, since a machine may be quicker than their news.
    """
    if not (scalping.proof_wanted(actor) or (proof and scalping.proof_wanted_elsewhere(actor))):
        return
    flaw = redeem(actor, proof) if proof else None
    if not proof or flaw is not None:
        scalping.turned_away(actor, schedule_id=schedule_id)
        raise needed(flaw)
    if scalping.points(actor) < heavy_from(container().rules):
        scalping.proved(actor)


def redeem(actor: Actor, proof: str) -> Flaw | None:
    """Use up a proof: None if it counts."""
    house = container()
    read = house.proofs.read(proof)
    if isinstance(read, Flaw):
        return read
    if read.whose != _whose(actor):
        return Flaw.FOREIGN
    if read.tries < _tries(actor):
        return Flaw.EASY
    seconds = house.rules.proof_of_work_minutes * 60 + 60
    if not house.spent_proofs.spend(read.name, _holder(actor), seconds=seconds):
        return Flaw.SPENT
    return None


def _tries(actor: Actor) -> int:
    house = container()
    return tries_asked(house.rules, solved=house.spent_proofs.solved(_holder(actor)), points=scalping.points(actor))


def _whose(actor: Actor) -> str:
    """The session that asked, or the address of whom is not signed in: what a proof is good for, and no word of who."""
    if actor.session_id is not None:
        return vault().blind_index("proof", f"session:{actor.session_id}")[:32]
    return vault().blind_index("proof", f"{actor.subject}:{actor.address}")[:32]


def _holder(actor: Actor) -> str:
    """Whose proofs are counted: all sessions of an account together."""
    who = actor.subject if actor.signed_in else f"address:{actor.address}"
    return vault().blind_index("proof-holder", who)[:32]
