"""python -m bench.payments [orders]: paying against the sandboxes, end to end, at both channels. A minute or two.

Open the order at the channel, pay at its cashier, hear the signed callback over HTTP, book; then cancel, and one worker
carries the refunds out. Each sandbox is a process of its own; the house is this process, on a MariaDB that flushes
every commit. Prints a table.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from statistics import quantiles
from time import perf_counter

from sqlalchemy import func, select
from sqlmodel import col

from bench import inprocess
from bench.stage import Stage, stage
from hospital_app import clock
from hospital_app import container as containers
from hospital_app.domain.identity import Actor
from hospital_app.flows import booking, payment
from hospital_app.models.booking import Appointment
from hospital_app.models.payment import Payment, Refund
from hospital_app.ports import Unreachable
from tests.support.house import patient_actor
from tests.support.outside import AlipaySandbox, Door, Outside, Sandbox
from tests.support.processes import running
from tests.support.race import race
from tests.support.waiting import wait_until

ORDERS = 400
THREADS = 16

Row = tuple[str, str, str]


@dataclass(frozen=True)
class Held:
    actor: Actor
    no: str


@dataclass(frozen=True)
class Scene:
    """Both channels and our own door for their callbacks."""

    stage: Stage
    door: Door
    wechat: Sandbox
    alipay: AlipaySandbox

    def held(self, count: int, label: str) -> list[Held]:
        wishes = self.stage.wishes(count, label=label)
        inprocess.holds(wishes, THREADS)
        whose = [wish.person.account_id for wish in wishes]
        with containers.container().sessions() as session:
            query = select(col(Appointment.account_id), col(Appointment.no))
            rows = session.execute(query.where(col(Appointment.account_id).in_(whose))).all()
        return [Held(patient_actor(row.account_id), row.no) for row in rows]

    def pay(self, channel: str) -> Callable[[Held], None]:
        def one(held: Held) -> None:
            opened = payment.start(held.actor, no=held.no, channel=channel)
            at = self.wechat
            if channel == "alipay":
                self.alipay.come(opened.cashier_url)
                at = self.alipay
            assert at.post(f"/sandbox/cashier/{opened.no}", json={"outcome": "success"}).status_code == 202

        return one


def end_to_end(scene: Scene, channel: str, orders: list[Held]) -> Row:
    begin = perf_counter()
    race(orders, scene.pay(channel), threads=THREADS)
    wait_until(lambda: captured(channel) >= len(orders), seconds=120, what="every payment captured")
    seconds = perf_counter() - begin
    return f"{channel}: open, pay, callback, booked", f"{len(orders) / seconds:.0f} payments/s", f"{THREADS} payers"


def callbacks(scene: Scene, orders: list[Held]) -> Row:
    """Signed notifications brought to the door: verified, decrypted, written, acknowledged."""
    outside = Outside(scene.stage.directory, scene.wechat, scene.wechat, scene.wechat)
    opened = [payment.start(held.actor, no=held.no, channel="wechat") for held in orders]
    messages = [outside.notice(each.no, amount_fen=each.cash_fen) for each in opened]
    taken: list[float] = []

    def knock(message: tuple[dict[str, str], bytes]) -> None:
        begin = perf_counter()
        assert scene.door.knock(*message) == 200
        taken.append(perf_counter() - begin)

    begin = perf_counter()
    race(messages, knock, threads=THREADS)
    rate = len(messages) / (perf_counter() - begin)
    cuts = [1000 * cut for cut in quantiles(taken, n=100)]
    return "wechat: callback over HTTP", f"{rate:.0f}/s", f"p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms"


def refunds(channel: str, orders: list[Held]) -> Row:
    """One worker: asks, orders, and asks again where the channel takes its time."""
    race(orders, lambda held: booking.cancel(held.actor, no=held.no), threads=THREADS)
    with containers.container().sessions() as session:
        query = select(col(Refund.no)).join(Payment, col(Refund.payment_id) == col(Payment.id))
        owed = session.scalars(query.where(col(Payment.channel) == channel, col(Refund.status) == "processing")).all()
    seconds, left = 0.0, list(owed)
    while left:
        begin, again = perf_counter(), []
        for number in left:
            done = False
            with suppress(Unreachable):
                payment.refund(refund_no=number)
                done = True
            if not done:
                again.append(number)
        seconds += perf_counter() - begin
        left = again
    return f"{channel}: refunds of one worker", f"{len(owed) / seconds:.0f} refunds/s", f"{len(owed)} refunds"


def captured(channel: str) -> int:
    with containers.container().sessions() as session:
        query = select(func.count()).where(col(Payment.channel) == channel, col(Payment.status) == "captured")
        return int(session.scalar(query.select_from(Payment)) or 0)


def measured(scene: Scene, count: int) -> Iterator[Row]:
    for channel in ("wechat", "alipay"):
        orders = scene.held(count, channel)
        yield end_to_end(scene, channel, orders)
        yield refunds(channel, orders)
    yield callbacks(scene, scene.held(count, "callback"))


def main(arguments: list[str]) -> None:
    count = int(arguments[0]) if arguments else ORDERS
    with stage() as here:
        wechat, alipay = Sandbox("wechat", here.directory), AlipaySandbox(here.directory)
        door = Door()
        known = {"wechat_gateway_url": wechat.url, "wechat_notify_url": f"{door.url}/callbacks/wechat"}
        settings = here.settings.model_validate(
            {**here.settings.model_dump(), **known, **alipay.settings(door=door.url)}
        )
        containers.use(containers.build(settings))
        with running(wechat, alipay):
            door.open()
            scene = Scene(here, door, wechat, alipay)
            print(f"{count} orders of each kind, {clock.now():%Y-%m-%d}\n\n| what | rate | |\n|---|---|---|")
            for row in measured(scene, count):
                print(f"| {' | '.join(row)} |", flush=True)
            door.close()


if __name__ == "__main__":
    main(sys.argv[1:])
