"""可疑账号: evidence, freezes, appeals; for the hospital's admin."""

import asyncio
from dataclasses import dataclass

import reflex as rx

from hospital_app.catalogue import say
from hospital_app.domain.authority import Right, may
from hospital_app.domain.errors import malformed
from hospital_app.domain.identity import SYSTEM, Actor
from hospital_app.flows import alerts, misuse
from hospital_app.flows.rules import known as rules_known
from hospital_app.services.appeals import LIFTED
from hospital_app.services.freezing import FreezeView
from hospital_app.services.misuse import Suspect
from hospital_app.services.scalping import AlertView
from state import administering
from state.access import handles
from state.alert_rows import AlertRow, alert_row
from state.figures import Fact
from state.given import a_form, a_text, an_id
from state.session import Reader, reader_of
from state.staff_signin import to_staff_signin
from state.wording import moment

#: What each count of services/misuse.py is called.
COUNTED = {
    "bookings": "挂号次数",
    "cancels": "退号、放弃和超时",
    "rebooked": "退号后换人再约",
    "patients": "不同就诊人",
    "noshows": "爽约",
    "devices": "登录设备",
    "addresses": "登录地址",
    "shared_device": "同一设备上的账号",
}
SEVERE, GRAVE = 2.0, 4.0

Seen = tuple[list[AlertView], list[Suspect], list[FreezeView]]


@dataclass(frozen=True)
class SuspectRow:
    id: str
    title: str
    word: str
    tone: str
    signals: list[str]
    frozen: str


@dataclass(frozen=True)
class FreezeRow:
    """`open`: an appeal waits for its answer."""

    id: str
    account_id: str
    title: str
    word: str
    tone: str
    reason: str
    span: str
    appeal: str
    answer: str
    active: bool
    open: bool


class MisuseState(rx.State):
    loaded: bool = False
    who: str = ""
    note: str = ""
    alerts: list[AlertRow] = []
    suspects: list[SuspectRow] = []
    freezes: list[FreezeRow] = []
    #: The account that is looked at.
    chosen: str = ""
    chosen_title: str = ""
    chosen_frozen: bool = False
    #: Nobody froze it but the house itself, for an hour: an admin's freeze goes over that.
    chosen_by_itself: bool = False
    evidence: list[Fact] = []

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        actor = await asyncio.to_thread(reader.actor)
        if not may(actor, Right.SEE_MISUSE):
            self.reset()
            return to_staff_signin("/admin/misuse")
        self.who = administering.at_work(actor, reader.lang)
        days = rules_known().misuse_window_days
        self.note = say("近 {days} 日的账目，只有次数，不含个人信息", reader.lang, days=days)
        self._show(await asyncio.to_thread(_read, reader), reader.lang)
        self.chosen = ""
        self.loaded = True
        return None

    @handles(Right.SEE_MISUSE)
    async def choose(self, account_id: str):
        """One account with everything that was counted."""
        reader = await reader_of(self)
        found = await asyncio.to_thread(_one, reader, an_id(account_id))
        self._choose(found, reader.lang)

    @handles(Right.SEE_MISUSE)
    async def look_up(self, form: dict):
        """Any account by its number."""
        reader = await reader_of(self)
        found = await asyncio.to_thread(_one, reader, an_id(a_form(form).get("account_id")))
        self._choose(found, reader.lang)

    @handles(Right.SEE_MISUSE)
    async def leave(self):
        self.chosen = ""

    @handles(Right.SEE_MISUSE)
    async def freeze(self, form: dict):
        reader = await reader_of(self)
        form = a_form(form)
        wish = (an_id(form.get("account_id")), _long_text(form.get("reason")), an_id(form.get("hours")))
        self._show(await asyncio.to_thread(_freeze, reader, wish), reader.lang)
        self.chosen = ""

    @handles(Right.SEE_MISUSE)
    async def unfreeze(self, account_id: str, freeze_id: str):
        reader = await reader_of(self)
        self._show(await asyncio.to_thread(_unfreeze, reader, an_id(account_id), an_id(freeze_id)), reader.lang)
        self.chosen = ""

    @handles(Right.SEE_MISUSE)
    async def decide(self, form: dict):
        """Answer an appeal."""
        reader = await reader_of(self)
        form = a_form(form)
        wish = (an_id(form.get("freeze_id")), a_text(form.get("decision")), _long_text(form.get("answer")))
        self._show(await asyncio.to_thread(_decide, reader, wish), reader.lang)

    @handles(Right.SEE_MISUSE)
    async def answer_alert(self, form: dict):
        """It was no scalper, or it was dealt with."""
        reader = await reader_of(self)
        form = a_form(form)
        wish = (an_id(form.get("alert_id")), a_text(form.get("verdict")), _long_text(form.get("answer")))
        self._show(await asyncio.to_thread(_answer_alert, reader, wish), reader.lang)

    def _show(self, seen: Seen, lang: str) -> None:
        warned, suspects, freezes = seen
        self.alerts = [alert_row(alert, lang) for alert in warned]
        self.suspects = [_suspect_row(suspect, lang) for suspect in suspects]
        self.freezes = [_freeze_row(freeze, lang) for freeze in freezes]

    def _choose(self, suspect: Suspect, lang: str) -> None:
        over = {signal.name for signal in suspect.signals}
        self.chosen = str(suspect.account_id)
        self.chosen_title = _title(suspect.account_id, suspect.phone, lang)
        self.chosen_frozen, self.chosen_by_itself = suspect.frozen_until is not None, suspect.frozen_by_itself
        since = Fact(say("开户时间", lang), moment(suspect.created_at), "")
        self.evidence = [
            since,
            *(
                Fact(say(name, lang), f"{suspect.evidence.get(key, 0):,}", "loss" if key in over else "")
                for key, name in COUNTED.items()
            ),
        ]


def _title(account_id: int, phone: str, lang: str) -> str:
    return say("账号 {id} · {phone}", lang, id=account_id, phone=phone)


def _suspect_row(suspect: Suspect, lang: str) -> SuspectRow:
    grave, severe = suspect.severity >= GRAVE, suspect.severity >= SEVERE
    word = "严重" if grave else "明显" if severe else "轻微"
    return SuspectRow(
        id=str(suspect.account_id),
        title=_title(suspect.account_id, suspect.phone, lang),
        word=f"{say(word, lang)} {suspect.severity}",
        tone="loss" if grave else "warn" if severe else "still",
        signals=[
            say("{name} {count}（{threshold} 起提示）", lang, name=say(COUNTED[signal.name], lang), count=signal.count,
                threshold=signal.threshold)
            for signal in suspect.signals
        ],
        frozen=say("冻结到 {until}", lang, until=moment(suspect.frozen_until)) if suspect.frozen_until else "",
    )  # fmt: skip


def _freeze_row(freeze: FreezeView, lang: str) -> FreezeRow:
    waiting = bool(freeze.appeal and not freeze.decision)
    if waiting:
        word, tone = "有申诉", "warn"
    elif freeze.active:
        word, tone = "冻结中", "loss"
    else:
        word, tone = ("已解除" if freeze.lifted_at else "已到期"), "still"
    decided = {"": "", LIFTED: "解除冻结"}.get(freeze.decision, "维持冻结")
    return FreezeRow(
        id=str(freeze.id),
        account_id=str(freeze.account_id),
        title=_title(freeze.account_id, freeze.phone, lang),
        word=say(word, lang),
        tone=tone,
        reason=say(freeze.reason, lang),
        span=f"{moment(freeze.frozen_at)} – {moment(freeze.lifted_at or freeze.until)} · {_by_whom(freeze, lang)}",
        appeal=freeze.appeal,
        answer=" · ".join(part for part in (say(decided, lang) if decided else "", freeze.answer) if part),
        active=freeze.active,
        open=waiting,
    )


def _by_whom(freeze: FreezeView, lang: str) -> str:
    if freeze.frozen_by == SYSTEM.subject:
        return say("系统自动冻结", lang)
    return say("由 {who} 冻结", lang, who=freeze.frozen_by.replace("staff:", "#"))


def _long_text(value: object) -> str:
    """The services say what is too long or missing."""
    if not isinstance(value, str) or len(value) > 1000:
        raise malformed("输入")
    return value


def _lists(actor: Actor) -> Seen:
    return alerts.listing(actor), misuse.suspects(actor), misuse.freezes(actor)


def _read(reader: Reader) -> Seen:
    return _lists(reader.actor())


def _one(reader: Reader, account_id: int) -> Suspect:
    return misuse.suspect(reader.actor(), account_id=account_id)


def _freeze(reader: Reader, wish: tuple[int, str, int]) -> Seen:
    actor = reader.actor()
    misuse.freeze(actor, account_id=wish[0], reason=wish[1], hours=wish[2])
    return _lists(actor)


def _unfreeze(reader: Reader, account_id: int, freeze_id: int) -> Seen:
    actor = reader.actor()
    misuse.unfreeze(actor, account_id=account_id, freeze_id=freeze_id)
    return _lists(actor)


def _decide(reader: Reader, wish: tuple[int, str, str]) -> Seen:
    actor = reader.actor()
    misuse.decide(actor, freeze_id=wish[0], decision=wish[1], answer=wish[2])
    return _lists(actor)


def _answer_alert(reader: Reader, wish: tuple[int, str, str]) -> Seen:
    actor = reader.actor()
    verdicts = {"dismissed": alerts.dismiss, "confirmed": alerts.confirm}
    if wish[1] not in verdicts:
        raise malformed("处理结果")
    verdicts[wish[1]](actor, alert_id=wish[0], answer=wish[2])
    return _lists(actor)
