"""From a message and what went before it to a full question.

A follow-up changes one thing of the last question and keeps the rest:

    "and in Hangzhou?"       another department, the same topic and things
    "what about TACE?"       another thing, the same sort of question
    "no, the other one"      the other department; asked back where it can be either
    "the first one"          what the bot offered first
    "both"                   every department
    "say that again"         nothing changes
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from actions.results import Entity, Question

TOPIC_OF_THING = {
    "procedure": "procedure_offered",
    "condition": "condition_treated",
    "organ": "organs",
    "staff_grade": "staff",
    "program": "teaching",
    "trial": "trials",
}
"""What is asked where a message names a thing and nothing else."""
CONCEIVABLE = 0.02
"""Readings less likely than this are not thought of."""
THING_QUESTIONS = ("procedure_info", "procedure_offered", "condition_treated")
FOLLOW_UPS = ("inform", "correct", "request_repeat")
WHICH = "which"
"""The topic of a question that does not tell which department it is about."""
PLACES = {"first": 0, "second": 1, "third": 2, "last": -1}
"""The places that the vocabulary's choices stand for, in the order of what was offered."""
OTHER = "other"


def topic_of(intent: str) -> str:
    """The topic of an intent: ask_beds -> beds."""
    return intent[len("ask_") :] if intent.startswith("ask_") else intent


def entities_of(message: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[Entity, ...]]:
    """The departments and the other things that a message names, each once."""
    named = [item for item in message.get("entities") or () if item["entity"] != "choice"]
    found = [Entity(item["entity"], item["value"], item.get("written", "")) for item in named]
    unique = list({(entity.kind, entity.id): entity for entity in found}.values())
    departments = tuple(entity.id for entity in unique if entity.kind == "department")
    return departments, tuple(entity for entity in unique if entity.kind != "department")


def choice_of(message: Mapping[str, Any]) -> str | None:
    """The choice that a message names: the id of the vocabulary's term ("first", "other")."""
    return next((item["value"] for item in message.get("entities") or () if item["entity"] == "choice"), None)


def _option(picked: str | None, options: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """What was offered at the place picked; empty where nothing was."""
    place = PLACES.get(picked or "")
    if place is None or place >= len(options) or not options:
        return {}
    return options[place]


def question_of(message: Mapping[str, Any], slots: Mapping[str, Any], known: Sequence[str]) -> Question | None:
    """The question of a message; None for a follow-up where nothing went before.

    Args:
        message: Rasa's parse of it: intent, intent_ranking, entities.
        slots: the conversation's slots.
        known: the ids of all departments.
    """
    topic = topic_of((message.get("intent") or {}).get("name") or "")
    departments, entities = entities_of(message)
    context = slots.get("about_department")
    last = slots.get("last_question") or {}
    if topic in FOLLOW_UPS and not departments and not entities:
        picked = choice_of(message)
        option = _option(picked, slots.get("options") or ())
        if "intent" in option:
            return Question(topic_of(option["intent"]), (), (), context)
        departments = (option["department"],) if option else ()
        if picked == OTHER:
            if not context:
                return Question(WHICH)
            topic = "correct"
    if topic in FOLLOW_UPS:
        return _follow_up(topic, departments, entities, context, last, known)
    ranking = [
        topic_of(item["name"]) for item in message.get("intent_ranking") or () if item["confidence"] >= CONCEIVABLE
    ]
    alternatives = tuple(name for name in ranking if name != topic)
    if topic == "comparison" and last.get("topic"):
        alternatives = (*alternatives[:1], last["topic"], *alternatives[1:])
    if topic in THING_QUESTIONS and not entities:
        entities = _remembered(last)
    return Question(topic, departments, entities, context, alternatives)


def questions_of(message: Mapping[str, Any], slots: Mapping[str, Any], known: Sequence[str]) -> list[Question]:
    """All questions of a message; a part that names no department is about the one named before it, else after it."""
    parts = message.get("segments") or ()
    if not parts:
        question = question_of(message, slots, known)
        return [question] if question else []
    named = [entities_of(part)[0] for part in parts]
    questions = []
    for index, part in enumerate(parts):
        question = question_of({**part, "intent_ranking": ()}, slots, known)
        nearest = [*reversed(named[: index + 1]), *named[index + 1 :]]
        departments = next((found for found in nearest if found), ())
        if question:
            questions.append(replace(question, departments=question.departments or departments))
    return questions


def _remembered(last: Mapping[str, Any]) -> tuple[Entity, ...]:
    """The things of the last question: "do you do it there too?"."""
    return tuple(Entity(*item) for item in last.get("entities") or () if item[0] in TOPIC_OF_THING)


def _follow_up(
    kind: str,
    departments: tuple[str, ...],
    entities: tuple[Entity, ...],
    context: str | None,
    last: Mapping[str, Any],
    known: Sequence[str],
) -> Question | None:
    topic = last.get("topic")
    if kind == "correct" and not departments and not entities and context:
        departments = tuple(name for name in known if name != context)
    if any(entity.kind == "elsewhere" for entity in entities):
        return Question("elsewhere", departments, entities, context)
    entities = tuple(entity for entity in entities if entity.kind in TOPIC_OF_THING)
    if entities:
        of_thing = TOPIC_OF_THING[entities[0].kind]
        same_sort = topic in THING_QUESTIONS and of_thing in THING_QUESTIONS
        if topic in ("trials", "application") and entities[0].kind in ("condition", "organ"):
            return Question("trials", departments, entities, context)
        return Question(str(topic) if same_sort else of_thing, departments, entities, context)
    if not topic or (topic == "departments" and departments):
        return Question("overview", departments, (), context) if departments else None
    if not departments and kind == "inform":
        departments = tuple(known)
    if not departments:
        departments = tuple(last.get("departments") or ())
    return Question(str(topic), departments, _remembered(last), context)


def remember(question: Question) -> dict[str, Any]:
    """What is kept of a question for the follow-ups, as JSON."""
    entities = [[entity.kind, entity.id, entity.written] for entity in question.entities]
    return {"topic": question.topic, "departments": list(question.departments), "entities": entities}
