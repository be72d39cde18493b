"""站内消息 of one's own account."""

from hospital_app.domain.identity import Actor
from hospital_app.flows.reading import look
from hospital_app.flows.unit import perform
from hospital_app.services import messages
from hospital_app.services.messages import Inbox


def inbox(actor: Actor) -> Inbox:
    return look(actor, messages.inbox)


def unread(actor: Actor) -> int:
    return look(actor, messages.unread)


def mark_read(actor: Actor, *, up_to_id: int) -> None:
    perform(actor, messages.mark_read, up_to_id=up_to_id)
