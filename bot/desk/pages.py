"""The pages of the front desk: rendered here, made live by bot/web/static/desk.js, which asks for the fragments again."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Optional

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from bot.conversations.records import Inbox, TicketState
from bot.desk import schemas
from bot.desk.access import Lead, Staff
from bot.desk.errors import DeskRefusal, language_of
from bot.desk.readings import reading
from bot.desk.services import Desk, Parts
from bot.desk.sessions import SignedIn
from bot.desk.templates import filled
from bot.desk.tickets import find, inbox, thread
from bot.web.desk import render

router = APIRouter(prefix="/desk", tags=["desk pages"])
WAITING: tuple[TicketState, ...] = ("open", "claimed")
ENDED: tuple[TicketState, ...] = ("closed", "withdrawn")

Filter = Annotated[str, Query(max_length=100)]


@router.get("/", response_class=HTMLResponse)
def inbox_page(
    request: Request, person: Staff, parts: Parts, text: Filter = "", urgency: Filter = "", language: Filter = "",
    channel: Filter = "", who: Filter = "", ended: bool = False,
) -> HTMLResponse:  # fmt: skip
    """The inbox, with what it is filtered by."""
    found = _inbox(person, parts, text, urgency, language, channel, who, ended)
    asked = {"text": text, "urgency": urgency, "language": language, "channel": channel, "who": who, "ended": ended}
    return _page(request, person, parts, "inbox", inbox=found, asked=asked)


@router.get("/rows", response_class=HTMLResponse)
def rows(
    request: Request, person: Staff, parts: Parts, text: Filter = "", urgency: Filter = "", language: Filter = "",
    channel: Filter = "", who: Filter = "", ended: bool = False,
) -> HTMLResponse:  # fmt: skip
    """The inbox's list alone."""
    found = _inbox(person, parts, text, urgency, language, channel, who, ended)
    return _page(request, person, parts, "rows", inbox=found)


@router.get("/handover", response_class=HTMLResponse)
def handover(request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """What the next shift takes over: every open ticket, who has it, and the notes on it. To be printed."""
    found = [thread(parts, ticket) for ticket in parts.store.tickets.inbox(Inbox(WAITING, limit=100))]
    return _page(request, person, parts, "handover", tickets=found)


@router.get("/tickets/{ticket}", response_class=HTMLResponse)
def ticket_page(ticket: str, request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """A ticket with its thread. Looking is noted in the audit."""
    found = find(parts, ticket)
    parts.audit.record(person.account.id, "look", found.conversation, ticket)
    colleagues = [account for account in parts.accounts.all() if account.disabled_at is None]
    return _page(
        request, person, parts, "ticket", it=thread(parts, found), colleagues=colleagues, templates=filled(parts, found)
    )


@router.get("/tickets/{ticket}/thread", response_class=HTMLResponse)
def thread_fragment(ticket: str, request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """The changing part of a ticket's page alone."""
    colleagues = [account for account in parts.accounts.all() if account.disabled_at is None]
    return _page(request, person, parts, "thread", it=thread(parts, find(parts, ticket)), colleagues=colleagues)


@router.get("/ask", response_class=HTMLResponse)
def ask_page(request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """The box for a question at the counter or on the telephone."""
    return _page(request, person, parts, "ask")


@router.get("/accounts", response_class=HTMLResponse)
def accounts_page(request: Request, person: Lead, parts: Parts) -> HTMLResponse:
    """Who works at the desk."""
    found = [schemas.AccountOut.of(account) for account in parts.accounts.all()]
    return _page(request, person, parts, "accounts", accounts=found)


def _inbox(
    person: SignedIn, parts: Desk, text: str, urgency: str, language: str, channel: str, who: str, ended: bool
) -> schemas.Inbox:
    if urgency and urgency not in schemas.Urgency.__args__:  # type: ignore[attr-defined]
        raise DeskRefusal("text")
    holder: Optional[str] = person.account.id if who == "me" else None  # noqa: UP045
    states: tuple[TicketState, ...] = ENDED if ended else ("open",) if who == "nobody" else WAITING
    which = Inbox(states, urgency or None, language or None, channel=channel or None, claimed_by=holder, text=text)  # type: ignore[arg-type]
    return inbox(parts, which)


def _page(request: Request, person: SignedIn, parts: Desk, template: str, **values: Any) -> HTMLResponse:
    language = language_of(request)
    prefix = parts.settings.url_prefix
    said = partial(reading, parts.responses, language=language)
    content = render(
        template, language, prefix, error="", person=person.account, csrf=person.csrf, reading=said, **values
    )
    return HTMLResponse(content, headers={"Content-Language": language})
