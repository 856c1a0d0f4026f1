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

CHANNEL = "daozhen"
"""Our own channel: it gets the source of a reply beside the text; Rasa's channels get it in the text."""
SOURCE_LINE = "phrase_source_line"
METADATA_KEYS = ("kind", "topic", "department", "facts", "ticket")
"""What of an answer travels beside its text, for channels that can show it."""


def given(tracker: DialogueStateTracker) -> dict[str, Any]:
    """What the channel gave with the latest message: our own says which language and script are pinned, None for none."""
    metadata: dict[str, Any] = (tracker.latest_message.metadata if tracker.latest_message else None) or {}
    return metadata


def reply_language(tracker: DialogueStateTracker) -> Language:
    """The language to answer in, from the latest message and what is known of the conversation."""
    message = tracker.latest_message
    parsed = message.parse_data if message else {}
    text = (message.text if message else "") or ""
    pinned = given(tracker).get("language", tracker.get_slot("pinned_language"))
    return choose_language(pinned, parsed.get("language"), tracker.get_slot("language"), text)


def reply_script(tracker: DialogueStateTracker) -> str | None:
    """The Chinese script to answer in: the pinned one, else the message's own, else the conversation's."""
    parsed = tracker.latest_message.parse_data if tracker.latest_message else {}
    script: str | None = given(tracker).get("script") or parsed.get("script") or tracker.get_slot("script")
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
        """The reply as Rasa sends it: text and buttons; and beside them, for the event's metadata, language, script, kind, topic,
        department, facts, ticket, the gate's rule, and the source as {"text", "department"}.

        Args:
            kwargs: what the action gave: `values` for the placeholders, `sources`, `choices` (buttons) and METADATA_KEYS;
                `language` where the action has just changed it. Rasa lays these over what is returned here.

        Raises:
            UnknownResponse: if domain.yml lacks the response in the language.
        """
        language = kwargs.get("language") or reply_language(tracker)
        rule = gate_rule(tracker)
        reply = variation(self.responses, utter_action, language, rule)
        values = {**self._numbers, **(kwargs.get("values") or {})}
        reply["text"] = word(self.responses, utter_action, language, values, rule)
        script = reply_script(tracker) if language == "zh" else None
        metadata = {**reply.pop("metadata"), "language": language, "script": script}
        if rule:
            metadata["rule"] = rule
        metadata.update({key: kwargs[key] for key in METADATA_KEYS if kwargs.get(key)})
        if kwargs.get("sources"):
            line = word(self.responses, SOURCE_LINE, language, {"items": kwargs["sources"]})
            metadata["source"] = {"text": line, "department": kwargs.get("department")}
            if output_channel != CHANNEL:
                reply["text"] += "\n" + line
        for choice in kwargs.get("choices") or ():
            reply.setdefault("buttons", []).append({"title": choice[language], "payload": choice[language]})
        readings = [word(self.responses, name, language, {}) for name in kwargs.get("readings") or ()]
        if readings:
            buttons = [{"title": text, "payload": text} for text in dict.fromkeys(readings)]
            reply["buttons"] = buttons + reply.get("buttons", [])
        reply.update(metadata)
        if script == "traditional":
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
