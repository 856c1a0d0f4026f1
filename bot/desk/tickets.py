"""The tickets as JSON, for the desk's own pages and for hospitals with desk software of their own."""

from __future__ import annotations

from typing import Annotated, Any, Optional

from fastapi import APIRouter, Query
from starlette.responses import Response

from bot.conversations.records import Conversation, Inbox, Reply, UnknownTicket
from bot.conversations.records import Ticket as Stored
from bot.conversations.wakeups import STAFF_TYPES
from bot.desk import schemas
from bot.desk.access import Staff
from bot.desk.accounts import Account
from bot.desk.errors import DeskRefusal, documented
from bot.desk.services import Desk, Parts
from bot.language.script import to_traditional
from bot.language.wording import variation, word

router = APIRouter(prefix="/desk/api/tickets", tags=["desk"])
OPEN: tuple[str, ...] = ("open", "claimed")
THREAD = 1000
"""The most messages of a thread that are shown."""


def people(parts: Desk) -> dict[str, Account]:
    """Every account by its id."""
    return {account.id: account for account in parts.accounts.all()}


def find(parts: Desk, ticket_id: str) -> Stored:
    """A ticket.

    Raises:
        DeskRefusal: if there is none.
    """
    try:
        return parts.store.tickets.ticket(ticket_id)
    except UnknownTicket:
        raise DeskRefusal("no_ticket") from None


def shown(parts: Desk, ticket: Stored) -> schemas.Ticket:
    """A ticket as it is given."""
    return schemas.Ticket.of(ticket, people(parts), parts.now(), parts.targets)


def said(parts: Desk, name: str, ticket: Stored) -> Reply:
    """What the patient is told, in the language of the ticket and the script of the conversation."""
    language = ticket.language or "zh"
    found = variation(parts.responses, name, language)
    text = word(parts.responses, name, language, {"emergency_number": parts.settings.emergency_number})
    buttons = [dict(button) for button in found.get("buttons", ())]
    body: dict[str, Any] = {"language": language}
    conversation = parts.store.conversation(ticket.conversation)
    if conversation and conversation.script == "traditional" and language == "zh":
        body["script"] = conversation.script
        text = to_traditional(text)
        buttons = [{**button, "title": to_traditional(button["title"])} for button in buttons]
    if buttons:
        body["buttons"] = buttons
    return Reply(text, found["metadata"].get("kind", "event"), body)


def inbox(parts: Desk, which: Inbox) -> schemas.Inbox:
    """The tickets that meet conditions."""
    now, known = parts.now(), people(parts)
    tickets = [schemas.Ticket.of(ticket, known, now, parts.targets) for ticket in parts.store.tickets.inbox(which)]
    return schemas.Inbox(
        tickets=tickets,
        waiting={str(urgency): count for urgency, count in parts.store.tickets.waiting().items()},
        now=now,
    )


def thread(parts: Desk, ticket: Stored) -> schemas.Thread:
    """A ticket with all that was said and done."""
    known = people(parts)
    events = [
        schemas.Event(
            kind=event.kind,
            author=schemas.AccountOut.of(known[event.author]) if event.author in known else None,
            text=event.text,
            body=dict(event.body),
            at=event.created_at,
        )
        for event in parts.store.tickets.events(ticket.id)
    ]
    conversation = parts.store.conversation(ticket.conversation)
    said = messages(parts, conversation) if conversation else []
    place = parts.store.tickets.place(ticket.id)
    return schemas.Thread(ticket=shown(parts, ticket), thread=said, events=events, place=place)


def messages(parts: Desk, conversation: Conversation) -> list[schemas.Message]:
    """What was said in a conversation, the last THREAD messages of it."""
    after = max(0, conversation.last_seq - THREAD)
    return [schemas.Message.of(found) for found in parts.store.read(conversation.id, after, THREAD)]


@router.get("", response_model=schemas.Inbox)
def tickets(
    person: Staff,
    parts: Parts,
    state: Annotated[str, Query(description="with commas between: open, claimed, closed, withdrawn")] = ",".join(OPEN),
    urgency: Optional[schemas.Urgency] = None,  # noqa: UP045
    language: Optional[str] = None,  # noqa: UP045
    department: Optional[str] = None,  # noqa: UP045
    mine: bool = False,
    text: str = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> schemas.Inbox:
    """The inbox: the most urgent first, then who has waited longest."""
    states = tuple(found for found in ("open", "claimed", "closed", "withdrawn") if found in state.split(","))
    which = Inbox(
        states=states,
        urgency=urgency,
        language=language,
        department=department,
        claimed_by=person.account.id if mine else None,
        text=text,
        limit=limit,
        offset=offset,
    )
    return inbox(parts, which)


@router.get("/{ticket}", response_model=schemas.Thread, responses=documented("no_ticket"))
def one(ticket: str, person: Staff, parts: Parts) -> schemas.Thread:
    """A ticket with its thread. Looking is noted in the audit."""
    found = find(parts, ticket)
    parts.audit.record(person.account.id, "look", found.conversation, ticket)
    return thread(parts, found)


@router.post("/{ticket}/claim", response_model=schemas.Claimed, responses=documented("no_ticket"))
def claim(ticket: str, person: Staff, parts: Parts) -> schemas.Claimed:
    """Take a ticket; of several who try at once one gets it. The bot is silent from then on."""
    found, won = parts.store.tickets.claim(
        ticket, person.account.id, said(parts, "utter_desk_claimed", find(parts, ticket))
    )
    if won:
        parts.audit.record(person.account.id, "claim", found.conversation, ticket)
    return schemas.Claimed(ticket=shown(parts, found), won=won)


@router.post("/{ticket}/unclaim", response_model=schemas.Ticket, responses=documented("no_ticket", "not_yours"))
def unclaim(ticket: str, person: Staff, parts: Parts) -> schemas.Ticket:
    """Put a ticket of one's own back into the queue; the bot answers again."""
    mine(parts, ticket, person.account.id)
    returned = parts.store.tickets.unclaim(ticket, person.account.id)
    parts.audit.record(person.account.id, "unclaim", returned.conversation, ticket)
    return shown(parts, returned)


@router.post("/{ticket}/assign", response_model=schemas.Claimed, responses=documented("no_ticket", "no_account"))
def assign(ticket: str, body: schemas.AssignIn, person: Staff, parts: Parts) -> schemas.Claimed:
    """Hand a ticket to a colleague, unless somebody else has taken it meanwhile."""
    colleague = parts.accounts.account(body.to)
    if colleague is None or colleague.disabled_at is not None:
        raise DeskRefusal("no_account")
    event = said(parts, "utter_desk_claimed", find(parts, ticket)) if body.held_by is None else None
    found, won = parts.store.tickets.assign(ticket, person.account.id, body.to, body.held_by, event)
    if won:
        parts.audit.record(person.account.id, "assign", found.conversation, ticket, {"to": colleague.name})
    return schemas.Claimed(ticket=shown(parts, found), won=won)


@router.post("/{ticket}/reply", response_model=schemas.Message, responses=documented("no_ticket", "not_yours", "text"))
def reply(ticket: str, body: schemas.ReplyIn, person: Staff, parts: Parts) -> schemas.Message:
    """Answer the patient, on the channel that they came from. With an `id` of the sender's own, the same one again is sent once."""
    text = body.text.strip()
    if not text:
        raise DeskRefusal("text")
    language = find(parts, ticket).language
    answer = Reply(text, "staff", {"language": language} if language else {})
    message = parts.store.tickets.reply(ticket, person.account.id, answer, person.account.display_name, body.id)
    if message is None:
        raise DeskRefusal("not_yours")
    parts.audit.record(person.account.id, "reply", message.conversation, ticket, {"seq": message.seq})
    return schemas.Message.of(message)


@router.post("/{ticket}/typing", status_code=204, responses=documented("no_ticket", "not_yours"))
def typing(ticket: str, person: Staff, parts: Parts) -> Response:
    """Say that the holder is writing, every few seconds while they do; the patient sees it on their channel."""
    conversation = mine(parts, ticket, person.account.id).conversation
    parts.wakeups.publish(f"conversation:{conversation}", STAFF_TYPES)
    return Response(status_code=204)


@router.post("/{ticket}/note", status_code=204, responses=documented("no_ticket", "text"))
def note(ticket: str, body: schemas.NoteIn, person: Staff, parts: Parts) -> Response:
    """Leave a note for colleagues."""
    if not body.text.strip():
        raise DeskRefusal("text")
    found = find(parts, ticket)
    parts.store.tickets.note(ticket, person.account.id, body.text.strip())
    parts.audit.record(person.account.id, "note", found.conversation, ticket)
    return Response(status_code=204)


@router.post("/{ticket}/urgency", response_model=schemas.Ticket, responses=documented("no_ticket"))
def urgency(ticket: str, body: schemas.UrgencyIn, person: Staff, parts: Parts) -> schemas.Ticket:
    """Change how urgent a ticket is."""
    find(parts, ticket)
    changed = parts.store.tickets.set_urgency(ticket, person.account.id, body.urgency)
    parts.audit.record(person.account.id, "urgency", changed.conversation, ticket, {"urgency": body.urgency})
    return shown(parts, changed)


@router.post("/{ticket}/close", response_model=schemas.Ticket, responses=documented("no_ticket", "not_yours"))
def close(ticket: str, body: schemas.CloseIn, person: Staff, parts: Parts) -> schemas.Ticket:
    """Close a ticket of one's own or of nobody's: the bot answers again, and the patient is asked whether it helped."""
    event = said(parts, "utter_desk_closed", find(parts, ticket))
    found, closed = parts.store.tickets.close(ticket, person.account.id, body.outcome, event)
    if not closed:
        raise DeskRefusal("not_yours")
    parts.audit.record(person.account.id, "close", found.conversation, ticket, {"outcome": body.outcome})
    return shown(parts, found)


def mine(parts: Desk, ticket_id: str, account_id: str) -> Stored:
    """A ticket that this member of staff holds.

    Raises:
        DeskRefusal: if somebody else does, or nobody.
    """
    found = find(parts, ticket_id)
    if found.state != "claimed" or found.claimed_by != account_id:
        raise DeskRefusal("not_yours")
    return found
