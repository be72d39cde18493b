"""站内消息."""

from fastapi import APIRouter, Request

from hospital_app.api.access import allows
from hospital_app.api.errors import language_of
from hospital_app.api.shapes import Answer, Body, Id, Instant
from hospital_app.api.visitor import Caller
from hospital_app.catalogue import say
from hospital_app.domain.authority import Right
from hospital_app.flows import messages

router = APIRouter(prefix="/api/v1/messages", tags=["messages"])


class Message(Answer):
    id: int
    kind: str
    text: str
    appointment_no: str | None
    created_at: Instant
    unread: bool


class Inbox(Answer):
    """The newest first; `unread` counts all."""

    messages: list[Message]
    unread: int


class Read(Body):
    up_to_id: Id


@router.get("", summary="消息")
@allows(Right.READ_MESSAGES)
def inbox(request: Request, caller: Caller) -> Inbox:
    found = messages.inbox(caller.actor())
    lang = language_of(request)
    return Inbox(
        messages=[
            Message(
                id=message.id,
                kind=message.kind,
                text=say(message.template, lang, **message.params),
                appointment_no=message.appointment_no,
                created_at=message.created_at,
                unread=message.unread,
            )
            for message in found.messages
        ],
        unread=found.unread,
    )


@router.post("/read", status_code=204, summary="标为已读")
@allows(Right.READ_MESSAGES)
def mark_read(read: Read, caller: Caller) -> None:
    """Everything up to this message was on the screen."""
    messages.mark_read(caller.actor(), up_to_id=read.up_to_id)
