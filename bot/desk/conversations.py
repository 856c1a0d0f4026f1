"""Past conversations: what a search finds, one to read, one to take away, one to erase. Each look stands in the audit."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from bot.conversations.records import Conversation, Inbox, TicketState
from bot.desk import schemas
from bot.desk.access import Lead, Staff
from bot.desk.errors import DeskRefusal, documented
from bot.desk.pages import page
from bot.desk.services import Desk, Parts
from bot.desk.tickets import messages, people

router = APIRouter(prefix="/desk", tags=["desk"])
EVERY = cast("tuple[TicketState, ...]", ("open", "claimed", "closed", "withdrawn"))
MOST = 50
"""Tickets, and messages, that a search shows."""
Text = Annotated[str, Query(min_length=1, max_length=200)]


@router.get("/api/search", response_model=schemas.Searched)
def search(text: Text, person: Staff, parts: Parts) -> schemas.Searched:
    """Tickets by number or summary, and messages of all conversations, as they were masked. Noted in the audit."""
    found = parts.store.tickets.search(text.strip(), MOST)
    parts.audit.record(person.account.id, "search", detail={"found": len(found)})
    hits = [
        schemas.Found(
            conversation=hit.message.conversation,
            ticket=hit.ticket,
            seq=hit.message.seq,
            text=hit.message.text,
            at=hit.message.created_at,
        )
        for hit in found
    ]
    return schemas.Searched(tickets=_tickets(parts, Inbox(EVERY, text=text, limit=MOST)), messages=hits)


@router.get("/search", response_class=HTMLResponse)
def search_page(
    request: Request, person: Staff, parts: Parts, text: Annotated[str, Query(max_length=200)] = ""
) -> HTMLResponse:
    """The same as a page."""
    found = search(text, person, parts) if text.strip() else None
    return page(request, person, parts, "search", text=text, found=found)


@router.get("/api/conversations/{conversation}", response_model=schemas.Past, responses=documented("no_conversation"))
def one(conversation: str, person: Staff, parts: Parts) -> schemas.Past:
    """A conversation with its tickets. Looking is noted in the audit."""
    found = _past(parts, conversation)
    parts.audit.record(person.account.id, "look", conversation)
    return found


@router.get("/conversations/{conversation}", response_class=HTMLResponse)
def conversation_page(conversation: str, request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """The same as a page."""
    return page(request, person, parts, "conversation", past=one(conversation, person, parts))


@router.get(
    "/api/conversations/{conversation}/export", response_model=schemas.Past, responses=documented("no_conversation")
)
def export(conversation: str, response: Response, person: Lead, parts: Parts) -> schemas.Past:
    """The same as a file, for a patient who asks what is kept of them. Noted in the audit."""
    found = _past(parts, conversation)
    parts.audit.record(person.account.id, "export", conversation)
    response.headers["Content-Disposition"] = f'attachment; filename="conversation-{found.conversation}.json"'
    return found


@router.delete("/api/conversations/{conversation}", status_code=204)
def erase(conversation: str, person: Lead, parts: Parts) -> Response:
    """Erase a conversation with its tickets. Noted in the audit, which keeps the ids alone."""
    parts.audit.record(person.account.id, "erase", conversation)
    parts.store.erase(conversation)
    return Response(status_code=204)


def _past(parts: Desk, conversation_id: str) -> schemas.Past:
    found: Conversation | None = parts.store.conversation(conversation_id)
    if found is None:
        raise DeskRefusal("no_conversation")
    return schemas.Past(
        conversation=found.id,
        channel=found.channel,
        language=found.language,
        department=found.department,
        opened_at=found.created_at,
        tickets=_tickets(parts, Inbox(EVERY, conversation=found.id)),
        thread=messages(parts, found),
    )


def _tickets(parts: Desk, which: Inbox) -> list[schemas.Ticket]:
    now, known = parts.now(), people(parts)
    return [schemas.Ticket.of(ticket, known, now, parts.targets) for ticket in parts.store.tickets.inbox(which)]
