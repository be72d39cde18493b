"""One batch of holds: past the gate, through one transaction, and back to the gate with what became of it."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hospital_app.container import container
from hospital_app.domain import taking
from hospital_app.domain.errors import Refusal
from hospital_app.domain.gate import GateAnswer, Granted, Outcome, Passed, Refused, Wish
from hospital_app.domain.holding import Held, HoldRequest
from hospital_app.domain.identity import SYSTEM
from hospital_app.flows import scalping
from hospital_app.flows.unit import perform
from hospital_app.services import holding
from hospital_app.services.granting import Overtaken

#: A batch is tried so often as a whole; then each of it alone, so often.
REPLAYS = 2
REPLAYS_ALONE = 4

Answer = Held | Exception


def settle(requests: Sequence[HoldRequest]) -> list[Answer]:
    """An answer for each, in the order given: what it got, a Refusal, or what went wrong with it."""
    gate = container().gate
    wishes = [_wish(request) for request in requests]
    said = list(gate.reserve(wishes))
    passed = [place for place, answer in enumerate(said) if not isinstance(answer, Refused)]
    answers: dict[int, Answer] = {
        place: answer.refusal for place, answer in enumerate(said) if isinstance(answer, Refused)
    }
    if passed:
        decided = _decide([_with(requests[place], said[place]) for place in passed])
        answers |= dict(zip(passed, decided, strict=True))
        gate.report([outcome for place in passed if (outcome := _outcome(wishes[place], said[place], answers[place]))])
    told = [answers[place] for place in range(len(requests))]
    scalping.tried(requests, told)
    return told


def _decide(requests: Sequence[HoldRequest]) -> list[Answer]:
    """A duplicate that only a unique index saw is done again: then the kind words are found."""
    alone = len(requests) == 1
    for turn in range(REPLAYS_ALONE if alone else REPLAYS):
        try:
            return list(perform(SYSTEM, holding.hold_many, requests, again=turn > 0))
        except (IntegrityError, Overtaken):
            continue
        except Exception as fault:
            if alone or _is_everybodys(fault):
                return [fault] * len(requests)
            break
    if alone:
        return [taking.slot_taken()]
    return [answer for request in requests for answer in _decide([request])]


def _is_everybodys(fault: Exception) -> bool:
    """The database is away: asking it for each of them would only take longer."""
    return isinstance(fault, PoolTimeout) or (isinstance(fault, DBAPIError) and fault.connection_invalidated)


def _wish(request: HoldRequest) -> Wish:
    who = (request.account_id, request.patient_id, request.schedule_id, request.starts_at, request.key)
    return Wish(*who, traces=scalping.traces_of(request.actor))


def _with(request: HoldRequest, said: GateAnswer) -> HoldRequest:
    if isinstance(said, Passed) and said.slot_id is not None:
        return replace(request, set_aside=said.slot_id)
    return request


def _outcome(wish: Wish, said: GateAnswer, answer: Answer) -> Outcome | None:
    if isinstance(said, Refused):
        return None
    if isinstance(answer, Held):
        granted = Granted(answer.slot_id, answer.held_until) if answer.held_until is not None else None
        return Outcome(wish, said, granted)
    return Outcome(wish, said, None, answer.code if isinstance(answer, Refusal) else "")
