"""审计链: sealed every few seconds, checked every day, cut off at the front when retention ends."""

import json
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from hospital_app.adapters import sheets
from hospital_app.container import container
from hospital_app.domain.chain import Fault, Walk
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import sealing, trail, trail_search
from hospital_app.services.trail import ChainState, Checked
from hospital_app.services.trail_search import AT_ONCE, Found, Page, Wanted
from hospital_app.vault import vault

BATCH = 500
READ_AT_ONCE = 2000
#: Another sealer may be quicker with the same link; then it is asked again what is left to do.
TRIES = 20
CHECKED_EVERY = timedelta(hours=24)


def seal_recent() -> int:
    """Links for what is new; how many."""
    return _seal(look(SYSTEM, sealing.recent_from))


def seal_everything() -> int:
    """Links for whatever has none, however old."""
    return _seal(0)


def _seal(above_id: int) -> int:
    count = lost = 0
    while lost < TRIES and look(SYSTEM, sealing.unsealed, above_id=above_id, limit=1):
        try:
            done, above_id = perform(SYSTEM, sealing.seal, above_id=above_id, limit=BATCH)
            count += done
        except IntegrityError:
            lost += 1
    return count


def retire() -> int:
    """Remove what is past its retention; how many."""
    count = 0
    while removed := perform(SYSTEM, sealing.retire, limit=BATCH):
        count += removed
    return count


class Inspection:
    """A look along the whole chain, some links at a time, so that whoever does it can do other things between."""

    def __init__(self) -> None:
        self.walk = Walk(vault().chain_key)

    def step(self) -> bool:
        """Take the next links; False at the end."""
        after = self.walk.last.seq if self.walk.last else 0
        links = look(SYSTEM, trail.links, after_seq=after, limit=READ_AT_ONCE)
        self.walk.take(links)
        return len(links) == READ_AT_ONCE

    def faults(self) -> list[Fault]:
        return self.walk.faults()

    def report(self) -> None:
        faults = self.faults()
        broken = max(self.walk.broken, len(faults))
        perform(SYSTEM, trail.report, links=self.walk.links, broken=broken, faults=faults)


def inspect() -> Inspection:
    """The whole chain at one go, written down."""
    inspection = Inspection()
    while inspection.step():
        pass
    inspection.report()
    return inspection


def overdue() -> int:
    """Entries that should have a link by now."""
    return look(SYSTEM, trail.overdue)


def state(actor: Actor) -> ChainState:
    return look(actor, trail.state)


def search(actor: Actor, *, wanted: Wanted, below: int | None = None, limit: int = AT_ONCE) -> Page:
    """Newest first; hospital admins only."""
    return look(actor, trail_search.search, wanted=wanted, below=below, limit=limit)


HEADS = ("编号", "时间", "操作者", "角色", "地址", "操作", "操作代码", "对象", "明细", "链")


def export(actor: Actor, *, wanted: Wanted) -> bytes:
    """The matching entries as .xlsx, the newest trail_search.EXPORTED at most."""
    found = perform(actor, trail_search.export, wanted=wanted)
    return sheets.write("审计日志", HEADS, map(_line, found))


def _line(e: Found) -> tuple[sheets.Value, ...]:
    detail = json.dumps(e.detail, ensure_ascii=False)
    return (e.id, e.at, e.actor, e.role, e.address, e.name, e.action, e.subject, detail, e.link)


_begun: list[Inspection] = []


def inspect_some() -> None:
    """One step of the daily inspection, if one is due; whoever runs it calls it again and again."""
    if not _begun:
        last: Checked | None = look(SYSTEM, trail.last_check)
        if last is not None and last.at > container().clock() - CHECKED_EVERY:
            return
        _begun.append(Inspection())
    if not _begun[0].step():
        _begun.pop().report()
