"""Tickets that staff open themselves: for somebody at the counter or on the telephone, and for a fact that is wrong."""

from __future__ import annotations

from typing import Optional

from fastapi import APIRouter
from pydantic import Field

from bot.conversations.records import NewTicket
from bot.conversations.transactions import new_id
from bot.desk import schemas
from bot.desk.access import Staff
from bot.desk.errors import DeskRefusal, documented
from bot.desk.facts import fact_of
from bot.desk.services import Desk, Parts
from bot.desk.tickets import find, shown
from bot.language.mask import mask

router = APIRouter(prefix="/desk/api", tags=["desk"])
SUMMARY = 160
"""Characters of a ticket's summary."""


class CounterIn(schemas.Strict):
    """A question for which a ticket is opened."""

    text: str = Field(..., min_length=1, max_length=1000)
    language: Optional[schemas.Language] = None  # noqa: UP045  # pydantic 1
    urgency: schemas.Urgency = "information"
    department: Optional[str] = None  # noqa: UP045


class WrongIn(schemas.Strict):
    """What is wrong with a fact."""

    department: str
    path: str
    text: str = Field(..., min_length=1, max_length=1000)


@router.post("/ask/ticket", response_model=schemas.Ticket, status_code=201, responses=documented("text", "no_fact"))
def from_the_counter(body: CounterIn, person: Staff, parts: Parts) -> schemas.Ticket:
    """Open a ticket for a question at the counter or on the telephone. Nobody is written to: there is no chat to it."""
    if body.department and body.department not in {department.id for department in parts.departments.departments()}:
        raise DeskRefusal("no_fact")
    new = NewTicket(body.urgency, _summary(body.text), body.department, body.language, "counter")
    return _open(parts, person.account.id, body.text, new)


@router.post("/facts/wrong", response_model=schemas.Ticket, status_code=201, responses=documented("text", "no_fact"))
def wrong(body: WrongIn, person: Staff, parts: Parts) -> schemas.Ticket:
    """Report a fact as wrong: a ticket for whoever keeps the department files."""
    if fact_of(parts, body.department, body.path) is None:
        raise DeskRefusal("no_fact")
    text = f"{body.department}: {body.path}: {body.text}"
    return _open(
        parts, person.account.id, text, NewTicket("information", _summary(text), body.department, None, "facts")
    )


def _open(parts: Desk, account_id: str, text: str, new: NewTicket) -> schemas.Ticket:
    if not text.strip():
        raise DeskRefusal("text")
    conversation = parts.store.open("desk", department=new.department)
    parts.store.accept(conversation.id, new_id(), text.strip(), mask(text.strip()), handled=True, ticket=new)
    opened = parts.store.conversation(conversation.id)
    assert opened is not None
    assert opened.ticket is not None
    parts.audit.record(account_id, "open", conversation.id, opened.ticket, {"reason": new.reason})
    return shown(parts, find(parts, opened.ticket))


def _summary(text: str) -> str:
    line = " ".join(mask(text).split())
    return line if len(line) <= SUMMARY else f"{line[: SUMMARY - 1]}…"
