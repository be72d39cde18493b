"""A shift, a fee and a refund as the screens of clerks and of the finance office show them."""

from dataclasses import dataclass

from hospital_app.catalogue import say
from hospital_app.services.shift_views import Movement, ShiftView
from state import wording


@dataclass(frozen=True)
class ShiftRow:
    """`word` and `tone`: how it stands; amounts in yuan."""

    id: str
    name: str
    note: str
    word: str
    tone: str
    href: str
    collected: str
    refunded: str
    expected: str
    counted: str
    difference: str
    difference_tone: str
    receiver: str
    remark: str


@dataclass(frozen=True)
class MovementRow:
    no: str
    at: str
    appointment: str
    kind: str
    amount: str


def shift_row(shift: ShiftView, lang: str) -> ShiftRow:
    word, tone = _standing(shift)
    until = wording.moment(shift.closed_at) if shift.closed_at else say("至今", lang)
    return ShiftRow(
        id=str(shift.id),
        name=f"{wording.person(shift.clerk, lang)} {shift.staff_no}",
        note=f"{wording.moment(shift.opened_at)} – {until}",
        word=say(word, lang),
        tone=tone,
        href=f"/staff/shifts/{shift.id}",
        collected=_counted(shift.collected_fen, shift.collected_count, lang),
        refunded=_counted(shift.refunded_fen, shift.refunded_count, lang),
        expected=wording.money(shift.expected_fen),
        counted=wording.money(shift.counted_fen) if shift.counted_fen is not None else "—",
        difference=_difference(shift.difference_fen, lang),
        difference_tone="loss" if shift.difference_fen else "ok",
        receiver=_receiver(shift, lang),
        remark=shift.note,
    )


def movement_row(movement: Movement, lang: str) -> MovementRow:
    kind = "退现金" if movement.amount_fen < 0 else "收现金"
    return MovementRow(
        movement.no,
        wording.moment(movement.at),
        movement.appointment_no,
        say(kind, lang),
        wording.money(movement.amount_fen),
    )


def _standing(shift: ShiftView) -> tuple[str, str]:
    if shift.closed_at is None:
        return "当班", "brand"
    return ("已接收", "ok") if shift.received_at else ("待接收", "warn")


def _counted(fen: int, count: int, lang: str) -> str:
    return say("{amount}（{count} 笔）", lang, amount=wording.money(fen), count=count)


def _difference(fen: int | None, lang: str) -> str:
    if fen is None:
        return "—"
    if fen == 0:
        return say("相符", lang)
    return say("多 {amount}" if fen > 0 else "少 {amount}", lang, amount=wording.money(abs(fen)))


def _receiver(shift: ShiftView, lang: str) -> str:
    """Who has the cash, or is to have it."""
    if shift.closed_at is None:
        return "—"
    name = shift.receiver or say("财务科", lang)
    return f"{name} · {wording.moment(shift.received_at)}" if shift.received_at else name
