"""NLU component: the intent of a message, or `nlu_fallback` for what is unfamiliar."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import ENTITIES, INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.language.names import Found
from bot.language.tokenise import Word
from bot.rasa.intent_model import IntentModel, Prediction
from bot.rasa.linker import found_names
from bot.rasa.names import code_fingerprint
from bot.rasa.normaliser import normalised_of
from bot.rasa.splitter import ADVICE, Judge, Segment, segments
from bot.rasa.tokenizer import words_of
from bot.safety.gate import shipped_gate

logger = logging.getLogger(__name__)

FALLBACK = "nlu_fallback"
BARE_NAME = "inform"
OUT_OF_SCOPE = "out_of_scope"
ANSWERS = frozenset({"affirm", "deny"})
ADVISED = Prediction(((ADVICE, 1.0),), 1.0, novel=False)
"""What the gate's verdict on a part of a message says that it asks."""
MOST_BESIDE_NAMES = 2
"""The most words that an unclear message may have beside names for the names to be answered on their own: 杭州也有？"""
LONGEST_ABOUT_NAMES = 12
"""The most words of an unclear message whose likeliest reading is what is mostly asked of such a name."""
ASKED_OF_NAMES = {
    "procedure": frozenset({"ask_procedure_info", "ask_procedure_offered", "ask_procedures"}),
    "condition": frozenset({"ask_condition_treated", "ask_conditions", "ask_organs", "ask_procedures"}),
    "organ": frozenset({"ask_organs", "ask_condition_treated", "ask_procedures"}),
}
"""What is mostly asked of a kind of name."""
INTENT_RANKING = "intent_ranking"
SEGMENTS = "segments"
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
        """Classify messages, and the questions in them where there are several."""
        for message in messages:
            words, found = words_of(message), found_names(message)
            if not words or self._model is None:
                _set_intent(message, [_entry(FALLBACK, 1.0)])
                continue
            text = normalised_of(message).text
            judge = partial(_judge, self._model, words, found)
            _set_intent(message, _ranking(judge([(0, len(words))])[0], words, found))
            places = [(name.start, name.end) for name in found if name.kind == "department"]
            questions = segments(text, words, partial(_judge_parts, judge, text, words), places)
            if questions:
                _set_segments(message, questions, words)
        return messages


def _judge(
    model: IntentModel, words: list[Word], found: list[Found], spans: Sequence[tuple[int, int]]
) -> list[Prediction]:
    """What spans of a message's words ask, each on its own."""
    return model.predict([masked_words(words[start:end], found) for start, end in spans])


def _judge_parts(judge: Judge, text: str, words: list[Word], spans: Sequence[tuple[int, int]]) -> list[Prediction]:
    """What parts of a message ask; what the gate knows for personal advice is that."""
    gate = shipped_gate()
    judged = zip(spans, judge(spans))
    return [
        ADVISED if gate.decide(text[words[first].start : words[last - 1].end]).verdict == "advice" else prediction
        for (first, last), prediction in judged
    ]


def _ranking(prediction: Prediction, words: list[Word], found: list[Found]) -> list[dict[str, Any]]:
    """The intents by confidence, `nlu_fallback` first where the text is novel; a bare name is an answer or a follow-up."""
    ranking = [_entry(name, share) for name, share in prediction.ranking]
    if only_names(words, found) or _leans_on_name(prediction, words, found):
        return [_entry(BARE_NAME, 1.0), *(entry for entry in ranking if entry["name"] != BARE_NAME)]
    if prediction.novel:
        return [_entry(FALLBACK, 1 - prediction.confidence), *ranking]
    ranking[0] = _entry(prediction.ranking[0][0], prediction.confidence)
    return ranking


def only_names(words: list[Word], found: list[Found]) -> bool:
    """Whether a text consists of names of the department files and punctuation."""
    own = [name for name in found if name.own]
    return bool(own) and not _beside(words, own)


def _leans_on_name(prediction: Prediction, words: list[Word], found: list[Found]) -> bool:
    """Whether an unclear message is about the names in it: there is little beside them, or the likeliest reading says so.

    Not where it reads like none of our business: "microwave" and "tips" are everyday words too.
    """
    own = [name for name in found if name.own]
    reading = prediction.ranking[0][0]
    if not own or reading == OUT_OF_SCOPE or not (prediction.novel or reading in ANSWERS):
        return False
    about = any(reading in ASKED_OF_NAMES.get(name.kind, ()) for name in own)
    return len(_beside(words, own)) <= MOST_BESIDE_NAMES or (about and len(words) <= LONGEST_ABOUT_NAMES)


def _beside(words: list[Word], names: list[Found]) -> list[Word]:
    """The words of a text that are in no name, punctuation left out."""
    rest = [word for word in words if not any(word.start < name.end and word.end > name.start for name in names)]
    return [word for word in rest if any(character.isalnum() for character in word.text)]


def _set_intent(message: Message, ranking: list[dict[str, Any]]) -> None:
    message.set(INTENT, ranking[0], add_to_output=True)
    message.set(INTENT_RANKING, ranking, add_to_output=True)


def _set_segments(message: Message, questions: list[Segment], words: list[Word]) -> None:
    """Put the questions of a message beside it; the first stands for the whole, personal advice before any other."""
    normalised = normalised_of(message)
    entities = message.get(ENTITIES) or []
    parts = []
    for question in questions:
        start, end = normalised.raw_span(words[question.span[0]].start, words[question.span[1] - 1].end)
        inside = [entity for entity in entities if start <= entity["start"] < end]
        parts.append({"intent": _entry(question.intent, question.confidence), "entities": inside})
    first = next((question for question in questions if question.intent == ADVICE), questions[0])
    ranking = [_entry(first.intent, first.confidence), *message.get(INTENT_RANKING)]
    _set_intent(message, ranking)
    if len(parts) > 1:
        message.set(SEGMENTS, parts, add_to_output=True)


def _entry(name: str, confidence: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}
