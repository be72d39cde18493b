"""一笔支付: all that the books and the trail say of it."""

import asyncio
from dataclasses import dataclass
from typing import Any

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.identity import Role
from hospital_app.flows import money_desk
from hospital_app.services.payment_history import History, RefundView, SettlementView, Trace
from state import administering, money_words, wording
from state.access import handles
from state.audit import ROLES
from state.figures import Fact
from state.session import Reader

HERE = "/admin/payments"


@dataclass(frozen=True)
class RefundRow:
    no: str
    title: str
    facts: list[Fact]
    word: str
    tone: str
    why: str


@dataclass(frozen=True)
class DeedRow:
    key: str
    at: str
    who: str
    what: str
    subject: str
    detail: str


class PaymentState(rx.State):
    loaded: bool = False
    who: str = ""
    whole: bool = True
    title: str = ""
    word: str = ""
    tone: str = "still"
    facts: list[Fact] = []
    settlement: list[Fact] = []
    refunds: list[RefundRow] = []
    trail: list[DeedRow] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        number = str(self.payment_no)[:32]
        came = await administering.entered(self, Right.SEE_FINANCE, f"{HERE}/{number}")
        self.reset()
        if came.away:
            return came.away
        self.who = administering.at_work(came.actor, came.reader.lang)
        self._show(await asyncio.to_thread(_read, came.reader, number), came.reader.lang)
        self.loaded = True
        return None

    def _show(self, seen: History, lang: str) -> None:
        self.title = seen.no
        self.word, self.tone = money_words.payment_words(seen.status, lang)
        self.facts = _facts(seen, lang)
        self.settlement = _settlement(seen.settlement, lang) if seen.settlement else []
        self.refunds = [_refund(each, seen.channel, lang) for each in seen.refunds]
        self.trail = [_deed(turn, each, lang) for turn, each in enumerate(seen.trail)]


def _read(reader: Reader, number: str) -> History:
    return money_desk.history(reader.actor(), payment_no=number)


def _named(pairs: list[tuple[str, str]], lang: str) -> list[Fact]:
    """Those that say something."""
    return [Fact(say(name, lang), value, "") for name, value in pairs if value]


def _facts(seen: History, lang: str) -> list[Fact]:
    word, _ = wording.status_words(seen.appointment_status, seen.cancel_reason, lang)
    way = money_words.METHODS.get(seen.method, "")
    channel = money_words.channel(seen.channel, lang)
    return _named(
        [
            ("挂号单号", f"{seen.appointment_no} · {word}"),
            ("就诊人", seen.patient),
            ("渠道", f"{channel} · {say(way, lang)}" if way else channel),
            ("金额", wording.money(seen.amount_fen)),
            ("医保统筹支付", wording.money(seen.fund_fen) if seen.fund_fen else ""),
            ("医保个人账户", wording.money(seen.insurance_account_fen) if seen.insurance_account_fen else ""),
            ("自付现金", wording.money(seen.cash_fen)),
            ("医院留存", wording.money(seen.kept_fen)),
            ("渠道流水号", seen.transaction_id),
            ("下单时间", wording.moment(seen.created_at)),
            ("付款截止", wording.moment(seen.expires_at)),
            ("现金到账", wording.moment(seen.cash_captured_at) if seen.cash_fen and seen.cash_captured_at else ""),
            ("收款完成", wording.moment(seen.captured_at) if seen.captured_at else ""),
            ("关闭时间", wording.moment(seen.closed_at) if seen.closed_at else ""),
        ],
        lang,
    )


def _settlement(seen: SettlementView, lang: str) -> list[Fact]:
    word, tone = money_words.settlement_words(seen.status, lang)
    return [
        Fact(say("状态", lang), word, tone),
        *_named(
            [
                ("结算单号", seen.no),
                ("医保结算号", seen.settlement_id),
                ("医保统筹支付", wording.money(seen.fund_fen)),
                ("医保个人账户", wording.money(seen.account_fen)),
                ("自付现金", wording.money(seen.cash_fen)),
                ("试算时间", wording.moment(seen.quoted_at)),
                ("结算时间", wording.moment(seen.settled_at) if seen.settled_at else ""),
                ("撤销时间", wording.moment(seen.reversed_at) if seen.reversed_at else ""),
                ("最近的错误", money_words.trouble(seen.last_error, lang)),
            ],
            lang,
        ),
    ]


def _refund(seen: RefundView, channel: str, lang: str) -> RefundRow:
    word, tone = money_words.refund_words(seen.status, lang)
    way = money_words.channel("insurance" if seen.leg == "insurance" else channel, lang)
    facts = _named(
        [
            ("原因", money_words.reason(seen.reason, lang)),
            ("渠道退款号", seen.channel_refund_id),
            ("已提交", wording.moment(seen.created_at)),
            ("渠道受理", wording.moment(seen.sent_at) if seen.sent_at else ""),
            ("到账", wording.moment(seen.done_at) if seen.done_at else ""),
            ("已试次数", f"{seen.attempts}" if seen.attempts else ""),
        ],
        lang,
    )
    return RefundRow(
        seen.no,
        f"{way} {wording.money(seen.amount_fen)}",
        facts,
        word,
        tone,
        money_words.trouble(seen.last_error, lang),
    )


def _deed(turn: int, deed: Trace, lang: str) -> DeedRow:
    detail = "；".join(_said(name, value, lang) for name, value in deed.detail.items())
    kind, _, number = deed.subject.partition(":")
    about = f"{say(_SUBJECTS.get(kind, kind), lang)} {number}".strip()
    return DeedRow(f"{turn}", wording.moment(deed.at), _who(deed, lang), say(deed.name, lang), about, detail)


def _who(deed: Trace, lang: str) -> str:
    """The role, and the number by which staff and accounts are found in the trail."""
    number = deed.actor.partition(":")[2]
    role = say(ROLES.get(Role(deed.role), deed.role), lang)
    return f"{role} {number}" if number else role


_SUBJECTS = {
    "appointment": "挂号单",
    "payment": "支付单",
    "refund": "退款单",
    "settlement": "医保结算单",
    "invoice": "电子票据",
}


#: What the trail calls these things, as people do.
_NAMES = {
    "amount_fen": "金额",
    "channel": "渠道",
    "leg": "哪一部分",
    "reason": "原因",
    "appointment": "挂号单号",
    "payment": "支付单号",
    "purpose": "用途",
    "error": "最近的错误",
    "schedule_id": "排班",
    "doctor": "医生",
    "department": "科室",
    "seq": "就诊序号",
}
_PURPOSES = {"booking": "挂号", "reschedule": "改签补差价"}


def _said(name: str, value: Any, lang: str) -> str:
    """One detail of a deed in words."""
    return f"{say(_NAMES.get(name, name), lang)} {_plain(name, value, lang)}"


def _plain(name: str, value: Any, lang: str) -> str:
    if value in (None, ""):
        return "—"
    if name == "amount_fen" and isinstance(value, int):
        return wording.money(value)
    text = str(value)
    words = {
        "channel": money_words.CHANNELS,
        "leg": money_words.LEGS,
        "reason": money_words.REASONS,
        "purpose": _PURPOSES,
    }.get(name, {})
    return say(words.get(text, text), lang)
