"""消息中心: what the account was told, the newest first; what was on the screen is read."""

import asyncio
from dataclasses import dataclass
from functools import partial

import reflex as rx

from hospital_app import clock
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.domain.calendar import clinic_day
from hospital_app.domain.errors import signed_out
from hospital_app.flows import messages
from hospital_app.services.messages import MessageView
from state import wording
from state.access import handles
from state.given import an_id
from state.live import hub
from state.session import Reader, reader_of, to_signin
from state.steady import attempt

#: Kinds that are about the account itself; where they lead.
OF_THE_ACCOUNT = ("login-", "password", "passkey_", "identity_")


@dataclass(frozen=True)
class MessageCard:
    """`href`: where to see or do something about it; empty for none."""

    id: str
    text: str
    when: str
    unread: bool
    href: str
    action: str
    warns: bool


class MessagesState(rx.State):
    loaded: bool = False
    cards: list[MessageCard] = []
    unread: int = 0
    _topic: str = ""

    @handles(Right.OWN_SCREEN)
    async def load(self):
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_read, reader)
        if seen is None:
            return to_signin(self)
        account_id, inbox = seen
        self._topic = f"account:{account_id}"
        self._show(inbox, reader.lang)
        self.loaded = True
        return MessagesState.follow

    @handles(Right.OWN_SCREEN, background=True)
    async def follow(self):
        async with self:
            reader, topic = await reader_of(self), self._topic
        last = None
        async for _ in hub.changes(topic):
            seen = await attempt(partial(_read_again, reader))
            if seen is None or seen == last:
                continue
            async with self:
                self._show(seen[1], reader.lang)
            last = seen

    @handles(Right.READ_MESSAGES)
    async def mark_read(self, up_to_id: str):
        """Everything up to this one was on the screen."""
        reader = await reader_of(self)
        seen = await asyncio.to_thread(_mark_read, reader, an_id(up_to_id))
        if seen is not None:
            self._show(seen[1], reader.lang)

    def _show(self, inbox: messages.Inbox, lang: str) -> None:
        self.cards = [_card(each, lang) for each in inbox.messages]
        self.unread = inbox.unread


def _read(reader: Reader) -> tuple[int, messages.Inbox] | None:
    """None for somebody who is not signed in as a patient."""
    actor = reader.actor()
    return (actor.account_id, messages.inbox(actor)) if actor.account_id is not None else None


def _read_again(reader: Reader) -> tuple[int, messages.Inbox]:
    """Raises Refusal signed_out."""
    seen = _read(reader)
    if seen is None:
        raise signed_out()
    return seen


def _mark_read(reader: Reader, up_to_id: int) -> tuple[int, messages.Inbox] | None:
    messages.mark_read(reader.actor(), up_to_id=up_to_id)
    return _read(reader)


def _card(message: MessageView, lang: str) -> MessageCard:
    on = clinic_day(message.created_at)
    href, action = "", ""
    if message.kind.startswith("waitlist-"):
        href, action = "/appointments", say("看我的候补", lang)
    elif message.appointment_no:
        href, action = f"/appointment/{message.appointment_no}", say("查看挂号", lang)
    elif message.kind.startswith(OF_THE_ACCOUNT):
        href, action = "/me/security", say("账号与安全", lang)
    day = wording.day_and_weekday(on, lang, today=clinic_day(clock.now()))
    return MessageCard(
        id=str(message.id),
        text=say(message.template, lang, **message.params),
        when=f"{day} {wording.clock_time(message.created_at)}",
        unread=message.unread,
        href=href,
        action=action,
        warns=message.kind.startswith("login-"),
    )
