"""What the bot would say: for the patient at the counter or on the telephone, and as a suggestion beside a ticket's reply box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
URGENCY: Mapping[str, schemas.Urgency] = {"emergency": "emergency", "advice": "clinical"}
"""How urgent a ticket is for a question that leads to a kind of reply; others ask for information."""


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
        cards = _cards(parts, decision.rule)
        rule, kind = decision.rule, "emergency"
        return schemas.Asked(
            verdict="emergency",
            urgency="emergency",
            department=None,
            rule=rule,
            emergency=cards,
            kind=kind,
            readings=[],
            answers=[],
        )
    replies = {each: await parts.understand(mask(text), each) for each in LANGUAGES}
    if not all(replies.values()):
        raise DeskRefusal("starting")
    first = replies[LANGUAGES[0]][0]
    rule = decision.rule or str(first.body.get("rule") or "")
    return schemas.Asked(
        verdict=first.kind if first.kind in ("emergency", "advice") else decision.verdict,
        urgency=URGENCY.get(first.kind, "information"),
        department=first.body.get("department"),
        rule=rule or None,
        emergency=_cards(parts, rule) if first.kind == "emergency" else None,
        kind=first.kind,
        readings=_readings(parts, first.body, language),
        answers=_side_by_side(replies),
    )


def _cards(parts: Desk, rule: str) -> dict[str, str]:
    """The words for an emergency, by language."""
    numbers = {"emergency_number": parts.settings.emergency_number, "crisis_hotline": parts.settings.crisis_hotline}
    return {language: word(parts.responses, "utter_emergency", language, numbers, rule) for language in LANGUAGES}


def _readings(parts: Desk, body: Any, language: str) -> list[schemas.Reading]:
    """What the question may mean, the likeliest first; those that can be asked as a question."""
    ranking = (body.get("understood") or {}).get("ranking") or []
    names = [str(entry["name"]) for entry in ranking]
    found = [schemas.Reading(intent=name, text=reading(parts.responses, name, language)) for name in names]
    return [one for one in found if one.text != one.intent]


def _side_by_side(replies: dict[str, Sequence[Reply]]) -> list[schemas.Suggestion]:
    """The replies in all languages beside each other, as many as every language has."""
    found = []
    for number in range(min(len(said) for said in replies.values())):
        texts = {language: said[number].text for language, said in replies.items()}
        bodies = {language: said[number].body for language, said in replies.items()}
        sources = {language: str(body["source"]["text"]) for language, body in bodies.items() if body.get("source")}
        label = str(bodies[LANGUAGES[0]].get("topic") or "")
        found.append(schemas.Suggestion(label=label, texts=texts, sources=sources))
    return found
