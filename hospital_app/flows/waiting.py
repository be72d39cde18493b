"""签到、叫号、候诊屏: the waiting room's doors to the outside. Each authorises in its service."""

from hospital_app.domain.identity import ANONYMOUS, SYSTEM, Actor
from hospital_app.domain.on_behalf import Reason
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import calling, closing, onsite, screens, waiting
from hospital_app.services import desk as desks
from hospital_app.services.desk import Desk
from hospital_app.services.screens import AreaScreen, AreaSummary
from hospital_app.services.waiting import Position


def check_in(
    actor: Actor,
    *,
    qr: str | None = None,
    code: str | None = None,
    no: str | None = None,
    area_code: str | None = None,
    reason: Reason | None = None,
) -> Position:
    """签到; see services.waiting.check_in."""
    return perform(actor, waiting.check_in, qr=qr, code=code, no=no, area_code=area_code, reason=reason)


def position(actor: Actor, *, no: str) -> Position:
    """候诊进度 of one's own appointment."""
    return look(actor, waiting.position, no=no)


def areas() -> list[AreaSummary]:
    """Every waiting area. Public."""
    return look(ANONYMOUS, screens.areas)


def area_screen(actor: Actor = ANONYMOUS, *, area_code: str) -> AreaScreen:
    """候诊屏. Public: masked names only."""
    return look(actor, screens.area_screen, area_code=area_code)


def desk(actor: Actor, *, schedule_id: int | None = None) -> Desk:
    """今日接诊 of a doctor."""
    return look(actor, desks.desk, schedule_id=schedule_id)


def next_patient(actor: Actor, *, after: int | None, schedule_id: int | None = None) -> Desk:
    """完成并叫下一位; `after` is the ticket seen as current, None for nobody."""
    return perform(actor, calling.next_patient, after=after, schedule_id=schedule_id)


def call(actor: Actor, *, ticket_id: int) -> Desk:
    return perform(actor, calling.call, ticket_id=ticket_id)


def recall(actor: Actor, *, ticket_id: int) -> Desk:
    return perform(actor, calling.recall, ticket_id=ticket_id)


def start(actor: Actor, *, ticket_id: int) -> Desk:
    return perform(actor, calling.start, ticket_id=ticket_id)


def skip(actor: Actor, *, ticket_id: int) -> Desk:
    return perform(actor, calling.skip, ticket_id=ticket_id)


def finish(actor: Actor, *, ticket_id: int) -> Desk:
    return perform(actor, calling.finish, ticket_id=ticket_id)


def miss_unpaid() -> int:
    """到院付：who has not paid by the end of their half hour has missed the visit; how many."""
    overdue = look(SYSTEM, onsite.overdue)
    return sum(perform(SYSTEM, closing.miss_unpaid, appointment_id=found) for found in overdue)


def close_ended() -> int:
    """Worker, every minute: close clinics that are over, each in a transaction of its own; how many patients."""
    ended = look(SYSTEM, closing.due)
    return sum(perform(SYSTEM, closing.close_session, schedule_id=schedule_id) for schedule_id in ended)
