"""NLU component: spaCy's words, in English, Chinese and mixed text, as Rasa tokens."""

from __future__ import annotations

from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.language.normalise import normalise
from bot.language.tokenise import Tokeniser, Word
from bot.rasa.names import code_fingerprint, kept_whole
from bot.rasa.normaliser import normalised_of

NORMALISED_SPAN = "normalised_span"


def words_of(message: Message) -> list[Word]:
    """The words of a message that SpacyTokenizer has cut, with their spans in the normalised text."""
    return [Word(token.text, *token.get(NORMALISED_SPAN)) for token in message.get("text_tokens") or []]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SpacyTokenizer(Tokenizer):
    """Tokens of the normalised text, each with its place in the raw text. Knows the terms of the department files."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """See Tokenizer: intents are not split, tokens not split further."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._tokeniser = Tokeniser(kept_whole())

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Changed names in the department files, or changed code, make the model stale."""
        return code_fingerprint()

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """The tokens of one attribute of a message."""
        normalised = normalised_of(message) if attribute == TEXT else normalise(message.get(attribute))
        tokens = []
        for word in self._tokeniser.words(normalised.text):
            start, end = normalised.raw_span(word.start, word.end)
            tokens.append(Token(word.text, start, end, data={NORMALISED_SPAN: (word.start, word.end)}))
        return tokens
