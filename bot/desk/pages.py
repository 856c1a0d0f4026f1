"""The pages of the front desk: rendered here, made live by bot/web/static/desk.js, which asks for the fragments again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse

from bot.conversations.records import URGENCIES, Inbox, TicketState
from bot.desk import schemas
from bot.desk.access import Lead, Staff
from bot.desk.errors import DeskRefusal, language_of
from bot.desk.services import Desk, Parts
from bot.desk.sessions import SignedIn
from bot.desk.templates import filled
from bot.desk.tickets import find, inbox, thread
from bot.web.desk import render

router = APIRouter(prefix="/desk", tags=["desk pages"])
WAITING: tuple[TicketState, ...] = ("open", "claimed")
ENDED: tuple[TicketState, ...] = ("closed", "withdrawn")

PAGE = 100
"""Tickets on one page of the inbox."""
Filter = Annotated[str, Query(max_length=100)]


@dataclass(frozen=True)
class Asked:
    """What the inbox is filtered by, and from which ticket of the list on it is shown."""

    text: Filter = ""
    urgency: Filter = ""
    language: Filter = ""
    channel: Filter = ""
    department: Filter = ""
    who: Filter = ""
    ended: bool = False
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0

    def link(self, offset: int) -> str:
        """The query of a page of the list."""
        chosen = {name: value for name, value in vars(self).items() if value and name != "offset"}
        if self.ended:
            chosen["ended"] = "true"
        return f"?{urlencode({**chosen, 'offset': offset})}"


@router.get("/", response_class=HTMLResponse)
def inbox_page(request: Request, person: Staff, parts: Parts, asked: Annotated[Asked, Depends()]) -> HTMLResponse:
    """The inbox, with what it is filtered by."""
    return page(request, person, parts, "inbox", asked=asked, **_list(person, parts, asked, language_of(request)))


@router.get("/rows", response_class=HTMLResponse)
def rows(request: Request, person: Staff, parts: Parts, asked: Annotated[Asked, Depends()]) -> HTMLResponse:
    """The inbox's list alone."""
    return page(request, person, parts, "rows", **_list(person, parts, asked, language_of(request)))


@router.get("/handover", response_class=HTMLResponse)
def handover(request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """What the next shift takes over: every open ticket, who has it, and the notes on it. To be printed."""
    found = [thread(parts, ticket) for ticket in parts.store.tickets.inbox(Inbox(WAITING, limit=100))]
    return page(request, person, parts, "handover", tickets=found)


@router.get("/tickets/{ticket}", response_class=HTMLResponse)
def ticket_page(ticket: str, request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """A ticket with its thread. Looking is noted in the audit."""
    found = find(parts, ticket)
    parts.audit.record(person.account.id, "look", found.conversation, ticket)
    colleagues = [account for account in parts.accounts.all() if account.disabled_at is None]
    return page(
        request, person, parts, "ticket", it=thread(parts, found), colleagues=colleagues, templates=filled(parts, found)
    )


@router.get("/tickets/{ticket}/thread", response_class=HTMLResponse)
def thread_fragment(ticket: str, request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """The changing part of a ticket's page alone."""
    colleagues = [account for account in parts.accounts.all() if account.disabled_at is None]
    return page(request, person, parts, "thread", it=thread(parts, find(parts, ticket)), colleagues=colleagues)


@router.get("/ask", response_class=HTMLResponse)
def ask_page(request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """The box for a question at the counter or on the telephone."""
    language = language_of(request)
    urgencies = {urgency: parts.text(f"urgency_{urgency}", language) for urgency in URGENCIES}
    return page(request, person, parts, "ask", urgencies=urgencies, departments=_departments(parts, language))


@router.get("/accounts", response_class=HTMLResponse)
def accounts_page(request: Request, person: Lead, parts: Parts) -> HTMLResponse:
    """Who works at the desk."""
    found = [schemas.AccountOut.of(account) for account in parts.accounts.all()]
    return page(request, person, parts, "accounts", accounts=found)


def _list(person: SignedIn, parts: Desk, asked: Asked, language: str) -> dict[str, Any]:
    """A page of the inbox, the link to the next one, and the departments' names."""
    if asked.urgency and asked.urgency not in URGENCIES:
        raise DeskRefusal("text")
    which = Inbox(
        states=ENDED if asked.ended else ("open",) if asked.who == "nobody" else WAITING,
        urgency=asked.urgency or None,  # type: ignore[arg-type]
        language=asked.language or None,
        department=asked.department or None,
        channel=asked.channel or None,  # type: ignore[arg-type]
        claimed_by=person.account.id if asked.who == "me" else None,
        text=asked.text,
        limit=PAGE + 1,
        offset=asked.offset,
    )
    found = inbox(parts, which)
    more = asked.link(asked.offset + PAGE) if len(found.tickets) > PAGE else ""
    shown = found.copy(update={"tickets": found.tickets[:PAGE]})
    return {"inbox": shown, "more": more, "departments": _departments(parts, language)}


def _departments(parts: Desk, language: str) -> dict[str, str]:
    """The departments' names by their ids."""
    return {each.id: each.short_name.in_language(language) for each in parts.departments.departments()}


def page(request: Request, person: SignedIn, parts: Desk, template: str, **values: Any) -> HTMLResponse:
    """A page, or a fragment of one, for whoever is signed in."""
    language = language_of(request)
    prefix = parts.settings.url_prefix
    said = partial(parts.asks, language=language)
    content = render(
        template, language, prefix, error="", person=person.account, csrf=person.csrf, reading=said, **values
    )
    return HTMLResponse(content, headers={"Content-Language": language})
