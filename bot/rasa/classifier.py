"""NLU component: the intent of a message, or `nlu_fallback` for what is unfamiliar."""

from __future__ import annotations

import logging
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.language.names import Found
from bot.language.tokenise import Word
from bot.rasa.linear_model import IntentModel, Prediction
from bot.rasa.linker import found_names
from bot.rasa.names import code_fingerprint
from bot.rasa.tokenizer import words_of

logger = logging.getLogger(__name__)

FALLBACK = "nlu_fallback"
INTENT_RANKING = "intent_ranking"
MASKED_KINDS = frozenset({"department", "procedure", "condition", "organ", "trial"})
"""Names of these kinds are replaced by their kind, so that a new department's names are not novel. Programs and staff
grades are not: which of them is named tells the intents apart."""


def masked_words(words: list[Word], found: list[Found]) -> list[str]:
    """The words of a text with the departments' names replaced by their kind: "do you do <procedure>".

    General terms ("fever") get their kind in front and stay, since they are in no department file that may change.
    """
    masked: list[str] = []
    names = [name for name in found if name.kind in MASKED_KINDS]
    last: Found | None = None
    for word in words:
        name = next((name for name in names if word.start < name.end and word.end > name.start), None)
        if name is None:
            masked.append(word.text)
        elif name is not last:
            masked.append(f"<{name.kind}>")
        if name is not None and not name.own:
            masked.append(word.text)
        last = name
    return masked


def _features(message: Message) -> list[str]:
    return masked_words(words_of(message), found_names(message))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(GraphComponent, IntentClassifier):
    """Sets `intent` and `intent_ranking`."""

    def __init__(self, storage: ModelStorage, resource: Resource, model: IntentModel | None = None) -> None:
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        """See GraphComponent."""
        return cls(model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Changed names in the department files, or changed code, make the model stale."""
        return code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the intent model on the examples and save it."""
        examples = [example for example in training_data.intent_examples if _features(example)]
        self._model = IntentModel.fit(
            [_features(example) for example in examples], [example.get(INTENT) for example in examples]
        )
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        """See GraphComponent."""
        with model_storage.read_from(resource) as folder:
            return cls(model_storage, resource, IntentModel.load(folder))

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify messages."""
        for message in messages:
            words = _features(message)
            prediction = self._model.predict([words])[0] if words and self._model else None
            self._set(message, prediction)
        return messages

    @staticmethod
    def _set(message: Message, prediction: Prediction | None) -> None:
        ranking = [_entry(name, share) for name, share in prediction.ranking] if prediction else []
        if prediction is None or prediction.novel:
            novelty = 1 - prediction.confidence if prediction else 1.0
            ranking.insert(0, _entry(FALLBACK, novelty))
        else:
            ranking[0] = _entry(ranking[0][INTENT_NAME_KEY], prediction.confidence)
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set(INTENT_RANKING, ranking, add_to_output=True)


def _entry(name: str, confidence: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
