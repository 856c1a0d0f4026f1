"""NLU component: puts the normalised text and the script beside the raw text of a message."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.language.normalise import Normalised, normalise
from bot.language.script import detect_script

NORMALISED = "normalised"
ORIGINS = "origins"
SCRIPT = "script"
MAX_LENGTH = 1000
"""Characters; of a longer message only the gate reads anything."""


def normalised_of(message: Message) -> Normalised:
    """The normalised text of a message, made now where no component has."""
    text = message.get(NORMALISED)
    if text is None:
        return normalise(message.get(TEXT) or "")
    return Normalised(text, tuple(message.get(ORIGINS)))


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER], is_trainable=False)
class Normaliser(GraphComponent):
    """Sets `normalised` (text), `origins` (for each of its characters the index in the raw text) and `script`."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Normaliser:
        """See GraphComponent."""
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Normalise the training examples."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Normalise messages; those without text stay as they are."""
        for message in messages:
            raw = message.get(TEXT)
            if raw:
                normalised = normalise(raw if len(raw) <= MAX_LENGTH else "")
                message.set(NORMALISED, normalised.text)
                message.set(ORIGINS, list(normalised.origins))
                message.set(SCRIPT, detect_script(raw), add_to_output=True)
        return messages
