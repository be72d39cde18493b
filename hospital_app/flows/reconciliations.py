"""对账的查看与处理, for finance: days, one day, a difference's history, its resolution, the sheet."""

from datetime import date

from hospital_app.adapters import sheets
from hospital_app.domain.differences import (
    CHANNEL_NAMES,
    KIND_NAMES,
    RESOLUTION_NAMES,
    STATE_NAMES,
    STATUS_NAMES,
    SUBJECT_NAMES,
)
from hospital_app.domain.identity import Actor
from hospital_app.domain.money import yuan
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import money_history, reconciliations
from hospital_app.services.money_history import History
from hospital_app.services.reconciliations import DayView, DifferenceView

HEADS = (
    "渠道",
    "账单日",
    "类型",
    "差异",
    "我方单号",
    "渠道单号",
    "挂号单",
    "我方金额（元）",
    "对方金额（元）",
    "我方状态",
    "对方状态",
    "处理状态",
    "处理方式",
    "说明",
    "处理人",
    "处理时间",
)


def days(actor: Actor) -> list[DayView]:
    """The last month, and every older day that is not settled."""
    return look(actor, reconciliations.listing)


def day(actor: Actor, *, channel: str, on: date) -> tuple[DayView, list[DifferenceView]]:
    return look(actor, reconciliations.day, channel=channel, on=on)


def history(actor: Actor, *, difference_id: int) -> History:
    return look(actor, money_history.of_difference, difference_id=difference_id)


def open_differences(actor: Actor) -> int:
    return look(actor, reconciliations.open_differences)


def resolve(actor: Actor, *, difference_id: int, resolution: str, note: str) -> DifferenceView:
    """Raises Refusal not_found (404), already_handled (409), note_needed (422)."""
    return perform(actor, reconciliations.resolve, difference_id=difference_id, resolution=resolution, note=note)


def run_again(actor: Actor, *, channel: str, on: date) -> None:
    perform(actor, reconciliations.run_again, channel=channel, on=on)


def export(actor: Actor, *, channel: str, on: date) -> bytes:
    """The differences of a day as .xlsx."""
    found, differences = perform(actor, reconciliations.export, channel=channel, on=on)
    return sheets.write("对账差异", HEADS, (_line(found, each) for each in differences))


def _line(found: DayView, each: DifferenceView) -> tuple[sheets.Value, ...]:
    return (
        CHANNEL_NAMES.get(found.channel, found.channel),
        found.on,
        SUBJECT_NAMES.get(each.subject, each.subject),
        KIND_NAMES.get(each.kind, each.kind),
        each.number,
        each.channel_number,
        each.appointment_no,
        _yuan(each.our_fen),
        _yuan(each.their_fen),
        STATE_NAMES.get(each.our_state, each.our_state),
        STATE_NAMES.get(each.their_state, each.their_state),
        STATUS_NAMES[each.status],
        RESOLUTION_NAMES.get(each.resolution, each.resolution),
        each.note,
        each.resolved_by,
        each.resolved_at,
    )


def _yuan(fen: int | None) -> str:
    return "" if fen is None else yuan(fen)
