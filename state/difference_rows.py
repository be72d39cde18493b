"""Days and differences of the reconciliation, in the reader's words."""

from dataclasses import dataclass
from datetime import date

from hospital_app.catalogue import say
from hospital_app.domain.actions import name_of
from hospital_app.domain.differences import (
    CHANNEL_NAMES,
    DAY_NAMES,
    KIND_NAMES,
    RESOLUTION_NAMES,
    STATE_NAMES,
    STATUS_NAMES,
    SUBJECT_NAMES,
)
from hospital_app.domain.ledger import account_name
from hospital_app.domain.reconciling import INSURANCE
from hospital_app.services.money_history import History, Step
from hospital_app.services.reconciliations import DayView, DifferenceView
from state import wording

DAY_TONES = {"waiting": "still", "clean": "ok", "differences": "loss", "resolved": "ok"}
STATUS_TONES = {"open": "loss", "repaired": "ok", "resolved": "still"}
NOTHING = "—"


@dataclass(frozen=True)
class DayRow:
    """One channel's day; `differs`: the sums of both sides are not the same."""

    key: str
    href: str
    day: str
    channel: str
    word: str
    tone: str
    lines: str
    their_in: str
    our_in: str
    in_differs: bool
    their_back: str
    our_back: str
    back_differs: bool
    fee: str
    flow: str
    differences: str
    note: str


@dataclass(frozen=True)
class DifferenceRow:
    """`open`: nobody has settled it. `money_differs`, `state_differs`: what to look at."""

    id: str
    title: str
    kind: str
    number: str
    channel_number: str
    appointment: str
    our_money: str
    their_money: str
    money_differs: bool
    our_state: str
    their_state: str
    state_differs: bool
    word: str
    tone: str
    settled: str
    note: str
    open: bool


@dataclass(frozen=True)
class StepRow:
    """One line of a difference's history; a payment or refund as it stands now has no time of its own doing."""

    key: str
    at: str
    what: str
    about: str
    detail: str


def day_row(day: DayView, lang: str, *, today: date) -> DayRow:
    fetched = day.fetched_at is not None
    open_ones = say("{count} 条待处理", lang, count=day.still_open) if day.still_open else ""
    settled = say("{count} 条已处理", lang, count=day.total - day.still_open) if day.total > day.still_open else ""
    return DayRow(
        key=f"{day.channel}-{day.on}",
        href=f"/admin/reconciliation/day?channel={day.channel}&on={day.on}",
        day=wording.day_and_weekday(day.on, lang, today=today),
        channel=say(CHANNEL_NAMES.get(day.channel, day.channel), lang),
        word=say(DAY_NAMES[day.status], lang),
        tone=DAY_TONES[day.status],
        lines=f"{day.bill_lines:,}" if fetched else NOTHING,
        their_in=wording.money(day.bill_fen) if fetched else NOTHING,
        our_in=wording.money(day.our_fen) if fetched else NOTHING,
        in_differs=day.bill_fen != day.our_fen,
        their_back=wording.money(day.bill_refund_fen) if fetched else NOTHING,
        our_back=wording.money(day.our_refund_fen) if fetched else NOTHING,
        back_differs=day.bill_refund_fen != day.our_refund_fen,
        fee=wording.money(day.fee_fen) if fetched and day.channel != INSURANCE else NOTHING,
        flow=_flow(day, lang) if day.flow_lines is not None else "",
        differences=" · ".join(part for part in (open_ones, settled) if part)
        or (say("无", lang) if fetched else NOTHING),
        note=_note(day, lang),
    )


def difference_row(each: DifferenceView, lang: str) -> DifferenceRow:
    how = say(RESOLUTION_NAMES.get(each.resolution, each.resolution), lang) if each.resolution else ""
    who = each.resolved_by or (say("系统", lang) if each.resolution else "")
    at = wording.moment(each.resolved_at) if each.resolved_at else ""
    return DifferenceRow(
        id=str(each.id),
        title=say(SUBJECT_NAMES.get(each.subject, each.subject), lang),
        kind=say(KIND_NAMES.get(each.kind, each.kind), lang),
        number=each.number,
        channel_number=each.channel_number or NOTHING,
        appointment=each.appointment_no or NOTHING,
        our_money=_money(each.our_fen),
        their_money=_money(each.their_fen),
        money_differs=each.our_fen != each.their_fen,
        our_state=_state(each.our_state, lang),
        their_state=_state(each.their_state, lang),
        state_differs=each.our_state != each.their_state,
        word=say(STATUS_NAMES[each.status], lang),
        tone=STATUS_TONES[each.status],
        settled=" · ".join(part for part in (how, who, at) if part),
        note=each.note,
        open=each.status == "open",
    )


def step_rows(history: History, lang: str) -> list[StepRow]:
    """What was done, oldest first; then how everything stands now."""
    done = [_step(place, step, lang) for place, step in enumerate(history.steps)]
    now = [
        StepRow(
            key=f"now-{piece.number}",
            at=say("现在", lang),
            what=f"{say(SUBJECT_NAMES[piece.subject], lang)} {_state(piece.status, lang)}",
            about=piece.number,
            detail=_kept(piece.amount_fen, piece.kept_fen, lang),
        )
        for piece in history.pieces
    ]
    return [*done, *now]


def _step(place: int, step: Step, lang: str) -> StepRow:
    lines = "；".join(
        f"{say('借' if fen > 0 else '贷', lang)} {say(account_name(account), lang)} {wording.money(abs(fen))}"
        for account, fen in step.lines
    )
    amount = wording.money(step.amount_fen) if step.amount_fen is not None else ""
    return StepRow(
        key=f"{place}",
        at=wording.moment(step.at),
        what=say("记账", lang) if step.source == "ledger" else say(name_of(step.code), lang),
        about=" · ".join(part for part in (step.subject.rpartition(":")[2], _who(step.actor, lang)) if part),
        detail=lines or amount,
    )


def _who(actor: str, lang: str) -> str:
    """`staff:12` and the like, as the audit trail has it."""
    kind, _, number = actor.partition(":")
    name = {"system": "系统", "staff": "员工", "account": "账号"}.get(kind, kind)
    return f"{say(name, lang)} {number}".strip()


def _note(day: DayView, lang: str) -> str:
    if not day.last_error:
        return say("取账单 {at}", lang, at=wording.moment(day.fetched_at)) if day.fetched_at else ""
    return say("已尝试 {count} 次，会自动再取：{error}", lang, count=day.attempts, error=day.last_error)


def _flow(day: DayView, lang: str) -> str:
    """What moved on the merchant's own account."""
    net = say("资金账单 {count} 行，净额 {sum}", lang, count=f"{day.flow_lines:,}", sum=wording.money(day.flow_fen))
    other = say("提现等其他收支 {sum}", lang, sum=wording.money(day.other_fen)) if day.other_fen else ""
    return " · ".join(part for part in (net, other) if part)


def _kept(amount_fen: int, kept_fen: int | None, lang: str) -> str:
    amount = wording.money(amount_fen)
    return (
        amount if kept_fen is None else say("{amount}，留存 {kept}", lang, amount=amount, kept=wording.money(kept_fen))
    )


def _money(fen: int | None) -> str:
    return NOTHING if fen is None else wording.money(fen)


def _state(state: str, lang: str) -> str:
    return say(STATE_NAMES.get(state, state), lang) if state else NOTHING
