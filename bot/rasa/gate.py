"""NLU component, last in the pipeline: the safety gate's verdict becomes the message's intent.

The gate itself (bot.safety) knows nothing of Rasa and is asked before Rasa wherever a channel can. Here it is asked again, so that
`rasa shell` and the tests are as safe, and so that the decision travels with the message.

    gate: emergency                  -> report_emergency
    gate: advice                     -> seek_advice; the questions beside it stay beside it
    gate: saw it, but not so or not now ("no fever", "what if") -> never an emergency, whatever the classifier thinks
    gate: nothing seen               -> the classifier's intent; an emergency only where it is sure
    longer than MAX_LENGTH           -> nlu_fallback, and nothing but the gate reads it
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.rasa.classifier import FALLBACK, INTENT_RANKING, SEGMENTS
from bot.rasa.normaliser import MAX_LENGTH
from bot.rasa.splitter import ADVICE
from bot.safety.gate import Decision, Gate, shipped_gate

GATE = "gate"
TOO_LONG = "too_long"
EMERGENCY = "report_emergency"
SURE = 0.85
"""How likely right the classifier must be for an emergency that the gate has not seen. Of 230 emergencies worded without
knowledge of either, the gate missed 19. The classifier was surer than this of 15 of them, and less sure of most of its false
alarms."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SafetyGate(GraphComponent):
    """Sets `gate` (verdict, rule, matched words, language), `too_long`, and the intent where the gate decides."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SafetyGate:
        """See GraphComponent."""
        return cls(shipped_gate())

    def process(self, messages: list[Message]) -> list[Message]:
        """Decide, and set the intent where the decision asks for it."""
        for message in messages:
            text = message.get(TEXT) or ""
            if text.startswith("/"):
                continue
            decision = self._gate.decide(text)
            message.set(GATE, vars(decision), add_to_output=True)
            message.set(TOO_LONG, len(text) > MAX_LENGTH, add_to_output=True)
            name = _intent(message, decision)
            if name:
                _set_intent(message, name)
        return messages


def _intent(message: Message, decision: Decision) -> str | None:
    """The intent to set instead of the classifier's; None where that stands."""
    if decision.verdict == "emergency":
        return EMERGENCY
    if decision.verdict == "advice":
        return ADVICE
    if message.get(TOO_LONG):
        return FALLBACK
    intent = message.get(INTENT) or {}
    doubtful = decision.held or intent.get(PREDICTED_CONFIDENCE_KEY, 0.0) < SURE
    if intent.get(INTENT_NAME_KEY) == EMERGENCY and doubtful:
        others = [entry[INTENT_NAME_KEY] for entry in message.get(INTENT_RANKING) or ()]
        return next((name for name in others if name not in (EMERGENCY, FALLBACK)), FALLBACK)
    return None


def _set_intent(message: Message, name: str) -> None:
    first = {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: 1.0}
    rest = [entry for entry in message.get(INTENT_RANKING) or () if entry[INTENT_NAME_KEY] != name]
    message.set(INTENT, first, add_to_output=True)
    message.set(INTENT_RANKING, [first, *rest], add_to_output=True)
    parts = message.get(SEGMENTS) or ()
    if name != ADVICE or not any(part[INTENT][INTENT_NAME_KEY] == ADVICE for part in parts):
        message.set(SEGMENTS, [], add_to_output=True)
