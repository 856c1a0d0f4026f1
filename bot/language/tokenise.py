"""Cut English and Chinese, also mixed, into words with spaCy.

spaCy's Chinese cuts with jieba. It gets a `jieba.Tokenizer` of our own, which knows the terms of the department files, and
not jieba's global one: out of the box that cuts 超声科有几张 in the wrong places.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass

import jieba
import spacy
from spacy.language import Language as Pipeline
from spacy.util import compile_infix_regex

from bot.language.script import HAN

_RUNS = re.compile(rf"(?:{HAN.pattern})+|[^\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
GLUED_END = r"(?<=\w)[?!;](?=\w)"
"""A mark that ends a question, with no space after it: "worried?how many beds"."""
TERM_FREQUENCY = 100_000
"""jieba's weight for a term of ours: high enough to be kept whole against any common word."""


@dataclass(frozen=True)
class Word:
    """A word and its half-open span in the text."""

    text: str
    start: int
    end: int


class Tokeniser:
    """Words of a text in either language.

    Args:
        terms: Chinese terms that are to stay whole.
    """

    def __init__(self, terms: Iterable[str] = ()) -> None:
        jieba.setLogLevel(logging.WARNING)
        self._english: Pipeline = spacy.blank("en")
        infixes = compile_infix_regex([*self._english.Defaults.infixes, GLUED_END])
        self._english.tokenizer.infix_finditer = infixes.finditer
        self._chinese: Pipeline = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
        segmenter = jieba.Tokenizer()
        segmenter.initialize()
        for term in terms:
            if HAN.search(term):
                segmenter.add_word(term, TERM_FREQUENCY)
        self._chinese.tokenizer.jieba_seg = segmenter

    def words(self, text: str) -> list[Word]:
        """The words in order; white space is left out."""
        found: list[Word] = []
        for run in _RUNS.finditer(text):
            pipeline = self._chinese if HAN.match(run.group()) else self._english
            for token in pipeline.make_doc(run.group()):
                if not token.is_space:
                    start = run.start() + token.idx
                    found.append(Word(token.text, start, start + len(token.text)))
        return found
