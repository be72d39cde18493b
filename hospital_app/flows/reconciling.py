"""对账 from end to end: the bill is fetched, our side read, both compared, and what is safe repaired."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain

from hospital_app.container import container
from hospital_app.domain import fund_flow
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.differences import Answer
from hospital_app.domain.errors import Refusal
from hospital_app.domain.identity import SYSTEM
from hospital_app.domain.reconciling import (
    INSURANCE,
    MOVED,
    Comparison,
    Entry,
    compare,
    earlier_days,
    of_bill,
    of_statement,
)
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.ports import Movement, Rejected, StatementLine, Unreachable
from hospital_app.services import capturing, our_movements, reconciling, refunds
from hospital_app.services.reconciling import ToAnswer

log = logging.getLogger(__name__)

#: What a job could not finish is tried again; a person reads why.
_AGAIN = (Unreachable, Rejected)


def begin() -> int:
    """The round: days whose bill should be there by now; how many are new."""
    return perform(SYSTEM, reconciling.open_days, channels=channels())


def channels() -> list[str]:
    """Who sends bills to this house."""
    return [*container().payments, *([INSURANCE] if container().bureau is not None else [])]


def run(*, channel: str, on: str, attempt: int) -> None:
    """One try of one day: may be repeated at any time, and by several at once."""
    day = date.fromisoformat(on)
    if channel not in channels() or not look(SYSTEM, reconciling.is_due, channel=channel, on=day, attempt=attempt):
        return
    try:
        compared = _compared(channel, day)
    except _AGAIN as error:
        log.warning("no bill of %s for %s yet: %s", channel, on, error)
        perform(SYSTEM, reconciling.put_off, channel=channel, on=day, attempt=attempt, error=str(error))
        return
    refunded = [each.theirs.payment_no for each in compared.found if each.theirs]
    about = look(SYSTEM, our_movements.appointments, payment_nos=refunded)
    answers = perform(SYSTEM, reconciling.write, channel=channel, on=day, compared=compared, appointments=about)
    unsaid = [each for each in answers if not _answer(channel, each)]
    if unsaid:
        said = f"{len(unsaid)} questions were not answered"
        perform(SYSTEM, reconciling.put_off, channel=channel, on=day, attempt=attempt, error=said)


def _compared(channel: str, on: date) -> Comparison:
    theirs = _lines(channel, on)
    earlier = _lines(channel, on - timedelta(days=1))
    bill = [*earlier, *theirs]
    flow, before = _flow(channel, on, bill), _flow(channel, on - timedelta(days=1), earlier)
    keys = dict.fromkeys([*(entry.key for entry in theirs), *fund_flow.unnamed(flow or [], bill)])
    ours = look(SYSTEM, our_movements.against, channel=channel, on=on, keys=list(keys))
    compared = compare(on, theirs=theirs, ours=ours, earlier=earlier)
    further = earlier_days(on, compared.absent)[1:]
    if further:
        earlier.extend(chain.from_iterable(_lines(channel, day) for day in further))
        compared = compare(on, theirs=theirs, ours=ours, earlier=earlier)
    if flow is not None:
        fund_flow.judge(compared, on, flow=flow, before=before or [], bill=bill, ours=ours)
    return compared


def _flow(channel: str, on: date, bill: Sequence[Entry]) -> Sequence[Movement] | None:
    """None where there is none, or the channel does not let us see it: the trade bill is compared all the same."""
    if channel == INSURANCE:
        return None
    try:
        found = container().payments[channel].fund_flow(on)
    except Rejected as error:
        log.error("no fund-flow bill of %s for %s: %s", channel, on, error)
        return None
    if found is not None and not found and any(entry.state in MOVED and clinic_day(entry.at) == on for entry in bill):
        raise Unreachable(f"the fund-flow bill of {on} is not ready")
    return found


def _lines(channel: str, on: date) -> list[Entry]:
    bureau = container().bureau
    if channel == INSURANCE and bureau is not None:
        return of_statement(_numbered(bureau.statement(on)))
    return of_bill(container().payments[channel].bill(on))


def _numbered(lines: Sequence[StatementLine]) -> list[StatementLine]:
    """Some regions' files do not repeat our number; theirs then leads to it, or stands in its place."""
    unnamed = [line.settlement_id for line in lines if not line.number]
    known = look(SYSTEM, our_movements.numbers_of, settlement_ids=unnamed) if unnamed else {}
    return [
        line if line.number else replace(line, number=known.get(line.settlement_id, line.settlement_id))
        for line in lines
    ]


def _answer(channel: str, difference: ToAnswer) -> bool:
    """False: the other side did not answer, so it is asked again later. Whatever it says goes its usual way."""
    try:
        if difference.answer is Answer.REFUND_AGAIN:
            perform(SYSTEM, reconciling.refund_again, difference_id=difference.id)
            return True
        _ask(channel, difference)
    except Unreachable as error:
        log.warning("%s was not answered: %s", difference.number, error)
        return False
    except (Rejected, Refusal) as error:
        log.error("%s is left to a person: %s", difference.number, error)
        return True
    perform(SYSTEM, reconciling.answered, difference_id=difference.id, answer=difference.answer)
    return True


def _ask(channel: str, difference: ToAnswer) -> None:
    gateway = container().payments[channel]
    if difference.answer is Answer.ASK_PAYMENT:
        paid = gateway.query(difference.number)
        if paid is not None:
            perform(SYSTEM, capturing.record_notice, notice=paid)
        return
    back = gateway.query_refund(difference.number, difference.payment_no)
    if back is not None:
        perform(SYSTEM, refunds.record_notice, notice=back)
