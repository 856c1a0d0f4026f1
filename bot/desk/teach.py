"""Teach: what the bot had no good answer to, and which intent such a message has. `./run teach` makes a model of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Optional

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, Response

from bot.desk import reviews, schemas
from bot.desk.access import Staff
from bot.desk.errors import DeskRefusal, documented, language_of
from bot.desk.pages import page
from bot.desk.services import Desk, Parts

router = APIRouter(prefix="/desk", tags=["desk"])
RECENT = timedelta(days=30)
"""How far back unanswered messages are looked for."""


class UnansweredOut(BaseModel):
    """A patient's message, masked, and why it is here: "unknown", "fallback", "unhelpful" or, found by staff, nothing."""

    conversation: str
    seq: int
    text: str
    language: str
    why: str
    intent: str
    at: datetime

    class Config:
        """See pydantic."""

        orm_mode = True


class ReviewOut(BaseModel):
    """A message on the review list."""

    id: int
    conversation: str
    seq: int
    text: str
    language: str
    intent: str
    author: Optional[str]  # noqa: UP045
    created_at: datetime

    class Config:
        """See pydantic."""

        orm_mode = True


class Teaching(BaseModel):
    """What can be taught, and what has been proposed."""

    unanswered: list[UnansweredOut]
    proposed: list[ReviewOut]


class IntentOut(BaseModel):
    """An intent, as a question, with examples."""

    name: str
    reading: str
    examples: list[str]

    class Config:
        """See pydantic."""

        orm_mode = True


class TeachIn(schemas.Strict):
    """Which intent a message has; `out_of_scope` for what is none of the assistant's business."""

    conversation: str
    seq: int = Field(..., ge=1)
    intent: str


@router.get("/api/teach", response_model=Teaching)
def teaching(person: Staff, parts: Parts) -> Teaching:
    """What the bot had no good answer to lately, and the review list. Noted in the audit."""
    found = parts.reviews.unanswered(parts.now() - RECENT)
    parts.audit.record(person.account.id, "unanswered", detail={"found": len(found)})
    proposed = parts.reviews.all()
    return Teaching(
        unanswered=[UnansweredOut.from_orm(one) for one in found],
        proposed=[ReviewOut.from_orm(one) for one in proposed],
    )


@router.get("/api/intents", response_model=list[IntentOut])
def intents(
    request: Request, person: Staff, parts: Parts, text: Annotated[str, Query(max_length=200)] = ""
) -> list[IntentOut]:
    """The intents like a text, in one's own language, with the examples most like it."""
    return [IntentOut.from_orm(one) for one in parts.intents.search(text, language_of(request))]


@router.post("/api/teach", status_code=204, responses=documented("no_message", "no_intent"))
def propose(body: TeachIn, person: Staff, parts: Parts) -> Response:
    """Put a message on the review list with the intent it has; said again, it replaces."""
    if body.intent not in parts.intents:
        raise DeskRefusal("no_intent")
    try:
        parts.reviews.propose(body.conversation, body.seq, body.intent, person.account.id)
    except reviews.UnknownMessage:
        raise DeskRefusal("no_message") from None
    detail = {"seq": body.seq, "intent": body.intent}
    parts.audit.record(person.account.id, "teach", body.conversation, detail=detail)
    return Response(status_code=204)


@router.delete("/api/teach/{review}", status_code=204, responses=documented("no_message"))
def withdraw(review: int, person: Staff, parts: Parts) -> Response:
    """Take a message off the review list that has not been decided on."""
    if not parts.reviews.withdraw(review):
        raise DeskRefusal("no_message")
    parts.audit.record(person.account.id, "unteach", detail={"review": review})
    return Response(status_code=204)


@router.get("/teach", response_class=HTMLResponse)
def teach_page(
    request: Request,
    person: Staff,
    parts: Parts,
    conversation: Annotated[str, Query(max_length=64)] = "",
    seq: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """The same as a page; with a message of a thread, that one first."""
    found = teaching(person, parts)
    chosen = _chosen(parts, conversation, seq) if conversation else None
    return page(request, person, parts, "teach", teaching=found, chosen=chosen)


def _chosen(parts: Desk, conversation: str, seq: int) -> UnansweredOut:
    try:
        return UnansweredOut.from_orm(parts.reviews.message(conversation, seq))
    except reviews.UnknownMessage:
        raise DeskRefusal("no_message") from None
