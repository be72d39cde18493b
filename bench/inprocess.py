"""The house's own two transactions, called by threads and tasks of one process."""

import asyncio
import time

from bench.stage import Bill, Wish
from bench.threads import per_second
from hospital_app.domain.exchange import PaymentNotice
from hospital_app.domain.holding import HoldRequest
from hospital_app.domain.identity import SYSTEM, Actor, Role
from hospital_app.flows import booking, gate
from hospital_app.flows.committer import committer
from hospital_app.flows.unit import perform
from hospital_app.services import capturing


def holds(wishes: list[Wish], threads: int) -> float:
    """flows.booking.hold_one: gate, limits, checks, number, appointment, key, HIS snapshot, audit, outbox, hints."""

    def hold(_: None, request: HoldRequest) -> None:
        assert request.actor is not None
        booking.hold_one(request.actor, request)

    return per_second(_requests(wishes), threads, hold, equip=lambda: None, leave=lambda _: None)


def holds_of_tasks(wishes: list[Wish], tasks: int) -> float:
    """The same by so many asyncio tasks, as REST does it."""
    requests = _requests(wishes)

    async def lane(mine: list[HoldRequest]) -> None:
        for request in mine:
            await committer.hold_soon(request)

    async def everybody() -> float:
        began = time.perf_counter()
        await asyncio.gather(*(lane(requests[i::tasks]) for i in range(tasks)))
        return len(requests) / (time.perf_counter() - began)

    return asyncio.run(everybody())


def know(wishes: list[Wish]) -> None:
    """The gate is built before the rush, as the scheduler does it."""
    gate.rebuild(sorted({wish.schedule_id for wish in wishes}))


def _requests(wishes: list[Wish]) -> list[HoldRequest]:
    return [
        HoldRequest(
            wish.person.account_id,
            wish.person.patient_id,
            wish.schedule_id,
            wish.starts_at,
            key=wish.key,
            actor=Actor(Role.PATIENT, account_id=wish.person.account_id, address="127.0.0.1"),
        )
        for wish in wishes
    ]


def captures(bills: list[Bill], threads: int) -> float:
    """services.capturing.record_notice in its transaction: what a verified callback does."""

    def capture(_: None, bill: Bill) -> None:
        notice = PaymentNotice(bill.no, "captured", bill.amount_fen, transaction_id=f"t{bill.no}")
        assert perform(SYSTEM, capturing.record_notice, notice=notice)

    return per_second(bills, threads, capture, equip=lambda: None, leave=lambda _: None)
