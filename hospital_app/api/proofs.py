"""工作量证明：what a client solves before it goes on, when a call was refused with `proof_needed`."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from starlette.concurrency import run_in_threadpool

from hospital_app.api.access import allows
from hospital_app.api.shapes import Answer
from hospital_app.api.visitor import Caller
from hospital_app.domain.authority import Right
from hospital_app.flows import proof_of_work, scalping

router = APIRouter(prefix="/api/v1", tags=["proofs"])

GivenProof = Annotated[
    str,
    Header(
        alias="X-Guahao-Proof",
        max_length=4000,
        description="Only after 428 `proof_needed`: the solution of a challenge from POST /api/v1/proofs.",
    ),
]


class Challenge(Answer):
    """In altcha's form (version 2)."""

    parameters: dict[str, Any]
    signature: str


@router.post("/proofs", status_code=201, summary="工作量证明的题目")
@allows(Right.LOOK)
def ask(caller: Caller) -> Challenge:
    """A challenge for this caller, in the form of altcha, version 2: its own clients and libraries solve it.

    Nobody needs one who was not refused with 428 `proof_needed`. By hand: for `counter` = 0, 1, 2, … below
    `parameters.data.tries`, derive 32 bytes by PBKDF2-HMAC-SHA-256 (`password` = `nonce` and `counter` as four bytes,
    big end first; `salt`; `cost` rounds; both hexadecimal) until the key's hexadecimal digits begin with `keyPrefix`.
    A phone takes one to three seconds. Then send the refused call again with the header
    `X-Guahao-Proof`: base64 of `{"challenge": <this answer>, "solution": {"counter": …, "derivedKey": "<hex>"}}`.

    A proof is good until `parameters.expiresAt`, once, in the session that asked for the challenge. One that does not
    count is answered with `proof_needed` again and its `reason`: `expired`, `foreign`, `spent`, `wrong`, `forged`, or
    `easy` (more is asked by now). With each solved proof the next one is twice as hard for an hour, and the
    more so the more a caller behaves like a machine, up to a limit.
    """
    return Challenge.model_validate(proof_of_work.challenge(caller.actor()))


async def proven(caller: Caller, given: GivenProof = "") -> None:
    """Dependency of what takes numbers: raises Refusal proof_needed (428). In memory for whom no proof is wanted of."""
    actor = caller.actor()  # known: the guard looked it up
    if given:
        await run_in_threadpool(proof_of_work.check_hold, actor, proof=given)
    elif scalping.proof_wanted(actor):
        proof_of_work.check_hold(actor, proof="")


PROVEN = Depends(proven)
