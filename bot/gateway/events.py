"""A conversation as a stream of server-sent events. It reads the store, so it misses nothing: wake-ups only say when."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic
from typing import Any

from sse_starlette import JSONServerSentEvent, ServerSentEvent

from bot.conversations.records import Conversation, Message, UnknownConversation, UnknownTicket
from bot.conversations.wakeups import PATIENT_TYPES, STAFF_TYPES, TYPING_LASTS, TYPING_OFF, TYPING_ON
from bot.gateway import schemas
from bot.gateway.services import Services
from bot.gateway.threads import in_thread

HEARTBEAT = 15
"""Seconds between two comments that keep the connection alive."""
LOOK_AGAIN = 10.0
"""Seconds after which a stream looks at the store without a wake-up."""
PAGE = 200


def topic(conversation_id: str) -> str:
    """The topic of a conversation's wake-ups."""
    return f"conversation:{conversation_id}"


async def stream(parts: Services, conversation_id: str, known: int) -> AsyncIterator[ServerSentEvent]:
    """The events of a conversation from after the message `known` on, until it is erased or nobody listens any more."""
    with (
        parts.wakeups.subscribe(topic(conversation_id)) as subscription,
        parts.status.telling(subscription),
        parts.metrics.streams.track_inprogress(),
    ):
        view = _View(known)
        event: str | None = None
        while True:
            for typing in view.typing(event):
                yield typing
            if event not in (TYPING_ON, TYPING_OFF, STAFF_TYPES, PATIENT_TYPES):
                conversation = await in_thread(parts.store.conversation, conversation_id)
                if conversation is None:
                    yield _event("erased")
                    return
                known = view.known
                while messages := await in_thread(parts.store.read, conversation_id, view.known, PAGE):
                    for message in messages:
                        yield view.message(message)
                if view.known != known:
                    await _acknowledge(parts, conversation_id, view.known)
                standing = await in_thread(place, parts, conversation)
                for changed in view.changes(conversation, standing, not parts.status.ready):
                    yield changed
            event = await subscription.wait(view.patience)


def place(parts: Services, conversation: Conversation) -> int | None:
    """A conversation's place in the front desk's queue; None where it is not in it. Blocks."""
    try:
        return parts.store.tickets.place(conversation.ticket) if conversation.ticket else None
    except UnknownTicket:  # erased just now
        return None


async def _acknowledge(parts: Services, conversation_id: str, seq: int) -> None:
    """Note what has been sent; where the conversation has just been erased there is nothing to note."""
    with suppress(UnknownConversation):
        await in_thread(parts.store.acknowledge, conversation_id, seq)


class _View:
    """What a stream's reader has been told."""

    def __init__(self, known: int) -> None:
        self.known = known
        self._state: tuple[str, str | None, int | None] | None = None
        self._starting = False
        self._staff_type_until: float | None = None
        self._author: str | None = None

    @property
    def patience(self) -> float:
        """Seconds after which to look again."""
        return LOOK_AGAIN if self._staff_type_until is None else max(0.0, self._staff_type_until - monotonic())

    def typing(self, event: str | None) -> list[ServerSentEvent]:
        """The events of whether an answer is being written: by the bot until it says so, by staff for some seconds."""
        if event in (TYPING_ON, TYPING_OFF):
            return [_event("typing", on=event == TYPING_ON)]
        if event == STAFF_TYPES:
            self._staff_type_until = monotonic() + TYPING_LASTS
            return [_event("typing", on=True)]
        if self._staff_type_until is not None and monotonic() >= self._staff_type_until:
            self._staff_type_until = None
            return [_event("typing", on=False)]
        return []

    def message(self, message: Message) -> ServerSentEvent:
        """The event of a message."""
        self.known = message.seq
        self._author = message.author or self._author
        data = schemas.Message.of(message).json(ensure_ascii=False)
        return ServerSentEvent(data, event="message", id=str(message.seq))

    def changes(self, conversation: Conversation, place: int | None, starting: bool) -> list[ServerSentEvent]:
        """The events of what else is new."""
        found = []
        state = (conversation.mode, conversation.ticket, place)
        if state != self._state:
            found.append(_event("mode", mode=conversation.mode, ticket=conversation.ticket, place=place))
            if conversation.mode == "person" and (self._state is None or self._state[0] != "person"):
                found.append(_event("staff", name=self._author))
            self._state = state
        if starting != self._starting:
            found.append(_event("starting", on=starting))
            self._starting = starting
        return found


def _event(event: str, **data: Any) -> ServerSentEvent:
    return JSONServerSentEvent(data, event=event)
