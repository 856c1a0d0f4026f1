"""Rasa's reply generator, in two languages and two scripts.

Named under `nlg:` in endpoints.yml. Rasa's own conditions on slots see the slots of before the action, so language and
script are taken from the latest message; who writes traditional characters is answered in them.
"""

from __future__ import annotations

from typing import Any

from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.language.script import Language, choose_language, to_traditional
from bot.language.wording import variation, word
from bot.settings import read_settings

SOURCE_LINE = "phrase_source_line"
METADATA_KEYS = ("kind", "topic", "department", "facts")
"""What of an answer travels beside its text, for channels that can show it."""


def reply_language(tracker: DialogueStateTracker) -> Language:
    """The language to answer in, from the latest message and what is known of the conversation."""
    message = tracker.latest_message
    parsed = message.parse_data if message else {}
    text = (message.text if message else "") or ""
    return choose_language(
        tracker.get_slot("pinned_language"), parsed.get("language"), tracker.get_slot("language"), text
    )


def reply_script(tracker: DialogueStateTracker) -> str | None:
    """The Chinese script to answer in: the message's own, else the conversation's."""
    parsed = tracker.latest_message.parse_data if tracker.latest_message else {}
    script: str | None = parsed.get("script") or tracker.get_slot("script")
    return script


def gate_rule(tracker: DialogueStateTracker) -> str:
    """The rule of the gate that the latest message met, if any."""
    parsed = tracker.latest_message.parse_data if tracker.latest_message else {}
    rule: str = (parsed.get("gate") or {}).get("rule") or ""
    return rule


class ReplyGenerator(TemplatedNaturalLanguageGenerator):
    """Fills the responses of domain.yml; see bot.language.wording for how."""

    def __init__(self, endpoint_config: EndpointConfig | None, domain: Domain) -> None:
        super().__init__(domain.responses)
        settings = read_settings()
        self._numbers = {
            "emergency_number": settings.emergency_number,
            "crisis_hotline": settings.crisis_hotline,
        }

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any]:
        """The reply as Rasa sends it: text and buttons; and beside them, for the event's metadata, language, kind, topic,
        department, facts, source and the gate's rule.

        Args:
            kwargs: what the action gave: `values` for the placeholders, `source`, `choices` (buttons) and METADATA_KEYS;
                `language` where the action has just changed it.

        Raises:
            UnknownResponse: if domain.yml lacks the response in the language.
        """
        language = kwargs.get("language") or reply_language(tracker)
        rule = gate_rule(tracker)
        reply = variation(self.responses, utter_action, language, rule)
        values = {**self._numbers, **(kwargs.get("values") or {})}
        reply["text"] = word(self.responses, utter_action, language, values, rule)
        metadata = {**reply.pop("metadata"), "language": language}
        if rule:
            metadata["rule"] = rule
        metadata.update({key: kwargs[key] for key in METADATA_KEYS if kwargs.get(key)})
        if kwargs.get("source"):
            metadata["source"] = word(self.responses, SOURCE_LINE, language, {"items": kwargs["source"]})
            reply["text"] += "\n" + metadata["source"]
        for choice in kwargs.get("choices") or ():
            reply.setdefault("buttons", []).append({"title": choice[language], "payload": choice[language]})
        readings = [word(self.responses, name, language, {}) for name in kwargs.get("readings") or ()]
        if readings:
            buttons = [{"title": text, "payload": text} for text in dict.fromkeys(readings)]
            reply["buttons"] = buttons + reply.get("buttons", [])
        reply.update(metadata)
        if language == "zh" and reply_script(tracker) == "traditional":
            reply = _in_traditional(reply)
        return reply


def _in_traditional(value: Any) -> Any:
    if isinstance(value, str):
        return to_traditional(value)
    if isinstance(value, list):
        return [_in_traditional(item) for item in value]
    if isinstance(value, dict):
        return {key: _in_traditional(item) for key, item in value.items()}
    return value
