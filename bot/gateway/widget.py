"""The widget's interface under /widget/. docs/gateway.md describes it; so does /openapi.json."""

from __future__ import annotations

import re
from typing import Annotated, Optional

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sse_starlette import EventSourceResponse
from starlette.responses import Response

from bot.conversations import records
from bot.conversations.wakeups import PATIENT_TYPES
from bot.gateway import buttons, events, schemas, tickets
from bot.gateway.errors import Refusal, accepted_language, documented
from bot.gateway.intake import InvalidText
from bot.gateway.rates import PerMinute, TooFast
from bot.gateway.services import Parts
from bot.gateway.threads import in_thread
from bot.gateway.tokens import InvalidToken

router = APIRouter(prefix="/widget", tags=["widget"])
PAGE = 200
"""Messages in one reply."""
_bearer = HTTPBearer(auto_error=False, description="the token of POST /widget/conversations")
_EVERYWHERE = documented("too_large", "origin", "invalid", "unavailable")
_WITH_TOKEN = {**_EVERYWHERE, **documented("token", "gone")}


async def current(
    parts: Parts,
    bearer: Annotated[Optional[HTTPAuthorizationCredentials], Depends(_bearer)],  # noqa: UP045  # pydantic 1
) -> records.Conversation:
    """The conversation that a request's token is for.

    Raises:
        Refusal: "token" or "gone".
    """
    try:
        conversation_id = parts.tokens.read(bearer.credentials if bearer else "")
    except InvalidToken as error:
        raise Refusal("token") from error
    conversation = await in_thread(parts.store.conversation, conversation_id)
    if conversation is None or conversation.channel != "widget":
        raise Refusal("gone")
    return conversation


Current = Annotated[records.Conversation, Depends(current)]
"""The conversation that the request's token is for, as a parameter of a route."""
After = Annotated[int, Query(ge=0, description="seq of the last message known")]


def _slow_down(rate: PerMinute, key: str, language: str | None = None) -> None:
    try:
        rate.count(key)
    except TooFast as error:
        raise Refusal("too_fast", retry_after=error.seconds, language=language) from error


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


@router.post("/conversations", status_code=201, response_model=schemas.OpenedConversation,
             responses={**_EVERYWHERE, **documented("too_fast")})  # fmt: skip
async def open_conversation(request: Request, new: schemas.NewConversation, parts: Parts) -> schemas.OpenedConversation:
    """Open a conversation."""
    _slow_down(parts.rate_address, _address(request), new.language)
    conversation = await in_thread(
        parts.store.open, "widget", language=new.language, page=new.page, department=new.department
    )
    return schemas.OpenedConversation(conversation=conversation.id, token=parts.tokens.make(conversation.id))


@router.post("/messages", status_code=202, response_model=schemas.Message,
             responses={**_WITH_TOKEN, **documented("empty", "too_long", "not_offered", "invalid", "too_fast")})  # fmt: skip
async def send(
    request: Request,
    new: schemas.NewMessage,
    parts: Parts,
    conversation: Current,
) -> schemas.Message:
    """Send a text or press a button. It is stored once this answers; the reply comes as an event."""
    language = conversation.language
    _slow_down(parts.rate_conversation, conversation.id, language)
    _slow_down(parts.rate_address, _address(request), language)
    try:
        if new.button is None:
            message, _ = await in_thread(parts.intake.take, conversation, new.id, new.text)
        else:
            press = await in_thread(buttons.resolve, parts.store, conversation.id, new.button)
            message, _ = await in_thread(parts.intake.press, conversation, new.id, press)
    except InvalidText as error:
        raise Refusal(error.code, field="text", language=language) from error
    except buttons.NotOffered as error:
        raise Refusal("not_offered", field="button", language=language) from error
    except records.UnknownConversation as error:
        raise Refusal("gone", language=language) from error
    return schemas.Message.of(message)


@router.get("/messages", response_model=schemas.Thread, responses=_WITH_TOKEN)
async def read(parts: Parts, conversation: Current, after: After = 0) -> schemas.Thread:
    """Read a conversation after a message."""
    messages = await in_thread(parts.store.read, conversation.id, after, PAGE)
    return schemas.Thread(
        messages=[schemas.Message.of(message) for message in messages],
        mode=conversation.mode,
        ticket=conversation.ticket,
        place=await in_thread(events.place, parts, conversation),
    )


@router.get("/events", response_class=EventSourceResponse, responses={**_WITH_TOKEN, **documented("too_fast")})
async def follow(
    request: Request,
    parts: Parts,
    conversation: Current,
    after: After = 0,
    last_event_id: Annotated[str, Header(description="the same, as browsers send it")] = "",
) -> EventSourceResponse:
    """Follow a conversation: server-sent events, from the message after the last one known.

    `message` (with its seq as id), `typing`, `mode`, `staff`, `starting`, `erased`; a comment every 15 seconds.
    """
    _slow_down(parts.rate_address, _address(request), conversation.language)
    known = int(last_event_id) if re.fullmatch("[0-9]{1,9}", last_event_id) else after
    return EventSourceResponse(events.stream(parts, conversation.id, known), ping=events.HEARTBEAT)


@router.post("/feedback", status_code=204, responses=_WITH_TOKEN)
async def rate(
    given: schemas.Feedback,
    parts: Parts,
    conversation: Current,
) -> Response:
    """Say whether a message helped; saying it again replaces it."""
    try:
        await in_thread(parts.store.feedback, conversation.id, given.message, given.helpful)
    except records.UnknownMessage as error:
        raise Refusal("invalid", field="message", language=conversation.language) from error
    return Response(status_code=204)


@router.post("/typing", status_code=204, responses={**_WITH_TOKEN, **documented("too_fast")})
async def typing(request: Request, parts: Parts, conversation: Current) -> Response:
    """Say that the person is writing, every few seconds while they do; the front desk sees it if it has taken over."""
    _slow_down(parts.rate_address, _address(request), conversation.language)
    await in_thread(parts.wakeups.publish, events.topic(conversation.id), PATIENT_TYPES)
    return Response(status_code=204)


@router.post("/language", status_code=204, responses=_WITH_TOKEN)
async def pin_language(
    chosen: schemas.PinnedLanguage,
    parts: Parts,
    conversation: Current,
) -> Response:
    """Pin the language of the answers, or follow each message's own again."""
    await in_thread(parts.store.set_language, conversation.id, chosen.language)
    return Response(status_code=204)


@router.post("/ticket", status_code=201, response_model=schemas.Ticket, responses=_WITH_TOKEN)
async def ask_for_person(
    request: Request,
    parts: Parts,
    conversation: Current,
) -> schemas.Ticket:
    """Ask for a person: opens a ticket, and says in the conversation what happens next. One that is open stays."""
    accepted = accepted_language(request.headers.get("Accept-Language", ""))
    ticket = await in_thread(tickets.ask_for_person, parts.store, parts.waiting, conversation, accepted)
    parts.metrics.tickets.labels("opened").inc()
    place = await in_thread(parts.store.tickets.place, ticket.id)
    return schemas.Ticket(
        ticket=ticket.id, number=ticket.number, urgency=ticket.urgency, opened=ticket.opened_at, place=place
    )


@router.delete("/ticket", status_code=204, responses=_WITH_TOKEN)
async def withdraw(
    request: Request,
    parts: Parts,
    conversation: Current,
) -> Response:
    """Withdraw the wish for a person; nothing happens where there is none."""
    accepted = accepted_language(request.headers.get("Accept-Language", ""))
    if await in_thread(tickets.withdraw, parts.store, parts.words, conversation, accepted):
        parts.metrics.tickets.labels("withdrawn").inc()
    return Response(status_code=204)


@router.delete("/conversation", status_code=204, responses=_WITH_TOKEN)
async def erase(parts: Parts, conversation: Current) -> Response:
    """Erase the conversation with everything that belongs to it. Its token is worth nothing then."""
    await in_thread(parts.store.erase, conversation.id)
    return Response(status_code=204)
