"""NLU component: links what a message names (departments, procedures, …) to the ids of the department files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.language.names import Found, NameFinder
from bot.language.script import detect_language
from bot.rasa.names import code_fingerprint, known_names
from bot.rasa.normaliser import normalised_of
from bot.rasa.tokenizer import words_of

LANGUAGE = "language"
FOUND = "found_names"
ORDINARY_FROM = 2
"""A Latin word in this many training examples is an ordinary word, not a misspelt name."""
FILE = "linker.json"


def found_names(message: Message) -> list[Found]:
    """The names found in a message, with their spans in the normalised text."""
    return [Found(*item) for item in message.get(FOUND) or []]


# A featurizer too: only of those Rasa runs process_training_data, on which the classifier builds.
@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER],
    is_trainable=True,
)
class EntityLinker(GraphComponent, EntityExtractorMixin):
    """Sets the entities of a message, and its language (None where only names, or hardly a letter, stand in it)."""

    def __init__(self, storage: ModelStorage, resource: Resource, ordinary_words: Collection[str] = ()) -> None:
        self._storage = storage
        self._resource = resource
        self._use(ordinary_words)

    def _use(self, ordinary_words: Collection[str]) -> None:
        self._finder = NameFinder(known_names(), ordinary_words)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityLinker:
        """See GraphComponent."""
        return cls(model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Changed names in the department files, or changed code, make the model stale."""
        return code_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Learn which words are ordinary, so that they are never taken for misspelt names."""
        seen: Counter[str] = Counter()
        for example in training_data.intent_examples:
            seen.update({word.text for word in words_of(example) if word.text.isascii() and word.text.isalpha()})
        ordinary = sorted(word for word, count in seen.items() if count >= ORDINARY_FROM)
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_text(json.dumps(ordinary), encoding="utf-8")
        self._use(ordinary)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EntityLinker:
        """See GraphComponent."""
        with model_storage.read_from(resource) as folder:
            ordinary = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(model_storage, resource, ordinary)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Find the names in the training examples; their annotated entities stay as they are."""
        for example in training_data.training_examples:
            self._find(example)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the entities and the language of messages."""
        for message in messages:
            found = self._find(message)
            normalised = normalised_of(message)
            raw = message.get(TEXT) or ""
            entities = []
            for item in found:
                start, end = normalised.raw_span(item.start, item.end)
                entities.append(
                    {
                        "entity": item.kind,
                        "value": item.target,
                        "start": start,
                        "end": end,
                        "written": raw[start:end],
                        "confidence_entity": item.confidence,
                        "extractor": type(self).__name__,
                    }
                )
            message.set(ENTITIES, (message.get(ENTITIES) or []) + entities, add_to_output=True)
            spans = tuple((item.start, item.end) for item in found)
            message.set(LANGUAGE, detect_language(normalised.text, spans), add_to_output=True)
        return messages

    def _find(self, message: Message) -> list[Found]:
        found = self._finder.find(normalised_of(message).text, words_of(message))
        message.set(
            FOUND, [[item.start, item.end, item.kind, item.target, item.confidence, item.own] for item in found]
        )
        return found
