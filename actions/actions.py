"""Rasa's custom actions. Thin: they read the tracker, ask actions.answers, and hand on what it gives."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import topics
from actions.context import WHICH, choice_of, entities_of, remember
from actions.departments import Registry
from actions.reply import ADVICE, reply_to
from actions.results import Answer, Question, text
from actions.schema import Department
from actions.terms import Vocabulary, load_vocabulary

TICKETS = {"advice": "clinical", "fallback": "information", "wish": "service"}
"""How urgent the ticket is that a hand-over opens, by what led to it."""
ASIDE = 30
READINGS = 2
LIKELY = 0.15
"""Readings less likely than this are not offered."""


def say(dispatcher: CollectingDispatcher, answers: list[Answer], departments: list[Department]) -> None:
    """Hand answers to Rasa, each with its kind, facts and buttons; a department's source stands once, under its last fact."""
    by_id = {department.id: department for department in departments}
    last = {found.department: index for index, found in enumerate(answers) if found.kind == "fact"}
    for index, found in enumerate(answers):
        department = by_id.get(found.department or "")
        sourced = department is not None and last.get(found.department) == index and found.topic != "currency"
        dispatcher.utter_message(
            response=found.response,
            values=found.values,
            kind=found.kind,
            topic=found.topic,
            department=found.department,
            facts=list(found.facts),
            choices=[text(by_id[name].short_name) for name in found.choices],
            sources=[topics.source(department)] if sourced and department else [],
        )


def memory(tracker: Tracker) -> list[EventType]:
    """The slots that every message sets: its language and script where they show, and that there is nothing left to choose from.

    That no offer stands any more is a mapping of the slot, in domain.yml.
    """
    message = tracker.latest_message
    events: list[EventType] = [SlotSet("fallbacks", 0)]
    events += [] if choice_of(message) else [SlotSet("options", None)]
    events += [SlotSet(name, message[name]) for name in ("language", "script") if message.get(name)]
    return events


def offering(how: str, reason: str) -> list[EventType]:
    """That a person has been "mentioned" (with a button), or offered outright ("handoff"), and what led to it."""
    return [SlotSet("offer", how), SlotSet("offer_reason", reason)]


class _LookUp:
    """What the actions that look facts up share: the department files, loaded once and followed."""

    def __init__(self) -> None:
        self._registry: Registry | None = None
        self._vocabulary: Vocabulary | None = None

    @property
    def departments(self) -> list[Department]:
        """The department files as they stand now."""
        self._registry = self._registry or Registry()
        return self._registry.departments()

    @property
    def vocabulary(self) -> Vocabulary:
        """The terms beside those of the department files."""
        self._vocabulary = self._vocabulary or load_vocabulary()
        return self._vocabulary


class ActionAnswer(_LookUp, Action):
    """Answers a question from the department files."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Look up, answer, and remember what was asked."""
        departments = self.departments
        questions, answers = reply_to(tracker.latest_message, tracker.slots, departments, self.vocabulary)
        if not questions:
            dispatcher.utter_message(response="utter_nothing_to_repeat", kind="smalltalk")
            return memory(tracker)
        say(dispatcher, answers, departments)
        events = [*memory(tracker), *_context(questions[-1], answers)]
        if any(found.kind == "unknown" and not found.choices for found in answers):
            events += offering("mentioned", "wish")
        return events


def _context(question: Question, answers: list[Answer]) -> list[EventType]:
    """The question for the follow-ups, what there is to choose from, and the one department the conversation is now about."""
    events: list[EventType] = []
    if question.topic not in ("elsewhere", WHICH):
        events.append(SlotSet("last_question", remember(question)))
    offered = [name for found in answers for name in found.choices or (found.department,) if name]
    if len(set(offered)) > 1:
        events.append(SlotSet("options", [{"department": name} for name in dict.fromkeys(offered)]))
    named = question.departments or tuple({found.department for found in answers if found.department})
    if len(named) == 1:
        events.append(SlotSet("about_department", named[0]))
    return events


class ActionAdvice(_LookUp, Action):
    """Declines to judge a personal case, answers what is asked beside it, and offers a person."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_advice"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Decline, inform, offer."""
        departments = self.departments
        questions, answers = reply_to(tracker.latest_message, tracker.slots, departments, self.vocabulary)
        say(dispatcher, answers, departments)
        answered = [question for question in questions if question.topic != ADVICE]
        context = _context(answered[-1], answers) if answered else []
        return [*memory(tracker), *context, *offering("handoff", "advice")]


class ActionFallback(_LookUp, Action):
    """Says in steps that a message is not understood: what it may have meant, then a person."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_fallback"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Ask to shorten, offer readings, or offer the front desk."""
        message = tracker.latest_message
        if message.get("too_long"):
            dispatcher.utter_message(response="utter_too_long", kind="fallback")
            return memory(tracker)
        before = int(tracker.get_slot("fallbacks") or 0)
        if not before and tracker.get_slot("last_question") and is_aside(message.get("text") or ""):
            return self._again(dispatcher, tracker)
        if before:
            dispatcher.utter_message(response="utter_offer_front_desk", kind="fallback")
            return [*memory(tracker), SlotSet("fallbacks", before + 1), *offering("handoff", "fallback")]
        readings = likely_readings(message, domain.get("responses") or {})
        response = "utter_did_you_mean" if readings else "utter_fallback"
        dispatcher.utter_message(response=response, kind="fallback", readings=[f"reading_{name}" for name in readings])
        return [*memory(tracker), SlotSet("fallbacks", 1), SlotSet("options", [{"intent": name} for name in readings])]

    def _again(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[EventType]:
        """A few words after an answer ask for a detail of it ("since when?"): the answer holds it, so it is given again.

        Where they name another department or thing, it is that one's ("did Hangzhou win any").
        """
        departments = self.departments
        message = {"intent": {"name": "request_repeat"}, "entities": tracker.latest_message.get("entities")}
        questions, answers = reply_to(message, tracker.slots, departments, self.vocabulary)
        dispatcher.utter_message(response="utter_about_last", kind="fallback")
        say(dispatcher, answers, departments)
        return [*memory(tracker), *_context(questions[-1], answers), SlotSet("fallbacks", 1)]


def is_aside(text: str) -> bool:
    """Whether a message is no more than a few words: ASIDE Latin letters, or a third as many Chinese characters."""
    width = sum(1 if character.isascii() else 3 for character in text)
    return 3 < width <= ASIDE


def likely_readings(message: dict[str, Any], responses: dict[str, Any]) -> list[str]:
    """The two most likely intents of a message that was not understood, of those that a response words ("reading_…")."""
    ranking = [entry["name"] for entry in message.get("intent_ranking") or () if entry["confidence"] >= LIKELY]
    return [name for name in ranking if f"reading_{name}" in responses][:READINGS]


class ActionHandoff(Action):
    """Hands over to a person once the patient has said yes; a mere wish is asked back."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_handoff"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Hand over after an offer or at the press of a button, else offer."""
        offered = tracker.get_slot("offer") == "handoff"
        if not offered and not is_pressed(tracker):
            dispatcher.utter_message(response="utter_offer_handoff", kind="handoff")
            return [*memory(tracker), *offering("handoff", "wish")]
        reason = tracker.get_slot("offer_reason") if offered else None
        dispatcher.utter_message(response="utter_handoff", kind="handoff", ticket=TICKETS[reason or "wish"])
        return [*memory(tracker), SlotSet("offer", "nothing")]


def is_pressed(tracker: Tracker) -> bool:
    """Whether the latest message is, word for word, what a button says that the bot has shown."""
    shown = [(event.get("data") or {}).get("buttons") or () for event in tracker.events if event["event"] == "bot"]
    payloads = {button["payload"] for buttons in shown for button in buttons}
    return tracker.latest_message.get("text") in payloads


class ActionChangeLanguage(Action):
    """Pins the language that the person asks for."""

    def name(self) -> str:
        """The action's name in domain.yml."""
        return "action_change_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Confirm in the new language, and keep it: the one named last ("not English, Chinese"), else the message's own."""
        _, entities = entities_of(tracker.latest_message)
        named = [entity.id for entity in entities if entity.kind == "language_name"]
        language = named[-1] if named else tracker.latest_message.get("language") or "en"
        dispatcher.utter_message(response="utter_language_changed", kind="command", language=language)
        return [*memory(tracker), SlotSet("pinned_language", language)]
