"""What the bot would say: for the patient at the counter or on the telephone, and as a suggestion beside a ticket's reply box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request

from bot.conversations.records import Reply
from bot.desk import schemas
from bot.desk.access import Staff
from bot.desk.errors import DeskRefusal, documented, language_of
from bot.desk.readings import reading
from bot.desk.services import Desk, Parts
from bot.desk.tickets import find
from bot.language.mask import mask
from bot.language.wording import word
from bot.web.texts import LANGUAGES

router = APIRouter(prefix="/desk/api", tags=["desk"])
SUGGESTED = frozenset({"fact", "unknown"})
"""The kinds of reply that are offered to staff; never what the gate says."""


@router.post("/ask", response_model=schemas.Asked, responses=documented("starting"))
async def ask(body: schemas.AskIn, request: Request, person: Staff, parts: Parts) -> schemas.Asked:
    """How the bot triages a question, with the answers in both languages. Nothing of it is kept."""
    return await triage(parts, body.text, language_of(request))


@router.get(
    "/tickets/{ticket}/suggestions",
    response_model=list[schemas.Suggestion],
    responses=documented("no_ticket", "starting"),
)
async def suggestions(ticket: str, request: Request, person: Staff, parts: Parts) -> list[schemas.Suggestion]:
    """What the bot would say to the patient's last message, in both languages; nothing where the gate speaks."""
    found = find(parts, ticket)
    conversation = parts.store.conversation(found.conversation)
    if conversation is None:
        raise DeskRefusal("no_ticket")
    messages = parts.store.read(found.conversation, max(0, conversation.last_seq - 50), 50)
    written = next((message.text for message in reversed(messages) if message.sender == "patient"), "")
    asked = await triage(parts, written, language_of(request)) if written else None
    return asked.answers if asked and asked.verdict == "pass" and asked.kind in SUGGESTED else []


async def triage(parts: Desk, text: str, language: str) -> schemas.Asked:
    """The gate's verdict on a text, then the bot's answers in both languages; the readings in one.

    Raises:
        DeskRefusal: "starting" while Rasa does not answer.
    """
    decision = parts.gate.decide(text)
    if decision.verdict == "emergency":
        cards = {each: _emergency(parts, each, decision.rule) for each in LANGUAGES}
        rule, kind = decision.rule, "emergency"
        return schemas.Asked(verdict="emergency", rule=rule, emergency=cards, kind=kind, readings=[], answers=[])
    replies = {each: await parts.understand(mask(text), each) for each in LANGUAGES}
    if not all(replies.values()):
        raise DeskRefusal("starting")
    first = replies[LANGUAGES[0]][0]
    return schemas.Asked(
        verdict=decision.verdict if decision.verdict else "pass",
        rule=decision.rule or None,
        emergency=None,
        kind=first.kind,
        readings=_readings(parts, first.body, language),
        answers=_side_by_side(replies),
    )


def _emergency(parts: Desk, language: str, rule: str) -> str:
    numbers = {"emergency_number": parts.settings.emergency_number, "crisis_hotline": parts.settings.crisis_hotline}
    return word(parts.responses, "utter_emergency", language, numbers, rule)


def _readings(parts: Desk, body: Any, language: str) -> list[str]:
    ranking = (body.get("understood") or {}).get("ranking") or []
    names = [str(entry["name"]) for entry in ranking if entry.get("name") != "nlu_fallback"]
    return [reading(parts.responses, name, language) for name in names]


def _side_by_side(replies: dict[str, Sequence[Reply]]) -> list[schemas.Suggestion]:
    """The replies in all languages beside each other, as many as every language has."""
    found = []
    for number in range(min(len(said) for said in replies.values())):
        texts = {language: said[number].text for language, said in replies.items()}
        body = replies[LANGUAGES[0]][number].body
        source = (body.get("source") or {}).get("text")
        found.append(schemas.Suggestion(label=str(body.get("topic") or ""), texts=texts, source=source))
    return found
