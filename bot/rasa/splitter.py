"""Find the several questions of one message: "how many beds and do you treat thyroid?", "几张床 医生几个".

Every way to group the clauses of a message is weighed. A grouping counts if each group is a question that the model is sure
of, and no two are about the same thing; the one with the most questions wins, then the surest. A greeting or a thank-you
beside a question is left out; personal advice beside one is a part of its own. A clause that only names another department
asks the same of it ("how many beds in Shanghai and how many in Hangzhou"). Where no grouping counts, the message is one
question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.language.split import clauses
from bot.language.tokenise import Word
from bot.rasa.intent_model import Prediction

SURE = 0.65
"""How likely right each part must be for a message to be taken apart."""
MAX_QUESTIONS = 4
COURTESIES = frozenset({"greet", "thank", "goodbye"})
ADVICE = "seek_advice"
WHOLE_ONLY = frozenset({"ask_identity", "ask_capabilities", "ask_elsewhere", "ask_medical_knowledge", "ask_comparison"})
"""Questions that are answered only for a message as a whole."""

LEANING = frozenset(
    (
        *(
            "how",
            "many",
            "much",
            "what",
            "about",
            "in",
            "at",
            "the",
            "there",
            "is",
            "are",
            "do",
            "you",
            "have",
            "of",
            "for",
            "one",
        ),
        *("呢", "有", "几", "多少", "个", "张", "名", "位", "那", "那里", "那边", "怎么样", "又", "的", "是"),
    )
)
"""Words that say nothing of what is asked."""

Span = tuple[int, int]
Judge = Callable[[Sequence[Span]], Sequence[Prediction]]


@dataclass(frozen=True)
class Segment:
    """One question of a message: its half-open span of words and what it asks."""

    span: Span
    intent: str
    confidence: float


def groupings(count: int) -> Iterator[list[Span]]:
    """Every way to cut a row of clauses into groups of neighbours, as half-open spans of clause indexes."""
    for mask in range(2 ** (count - 1)):
        cuts = [0, *(index + 1 for index in range(count - 1) if mask >> index & 1), count]
        yield list(zip(cuts, cuts[1:]))


def segments(text: str, words: Sequence[Word], judge: Judge, places: Sequence[tuple[int, int]] = ()) -> list[Segment]:
    """The questions of a message in order; empty where it is a single one.

    Args:
        text: the normalised text.
        words: its words.
        judge: says of spans of words what they ask.
        places: the half-open spans of characters that name departments.
    """
    parts = clauses(text, words)
    if len(parts) < 2:
        return []
    spans = {(first, last): (parts[first][0], parts[last - 1][1]) for first, last in _neighbours(len(parts))}
    judged = dict(zip(spans, judge(list(spans.values()))))
    leaning = {group for group, span in spans.items() if _leans(words[slice(*span)], places)}
    best: list[Segment] = []
    for grouping in groupings(len(parts)):
        candidate = _questions(grouping, spans, judged, leaning)
        if candidate and _rank(candidate) > _rank(best):
            best = candidate
    return best


def _neighbours(count: int) -> Iterator[Span]:
    for first in range(count):
        for last in range(first + 1, count + 1):
            yield first, last


def _leans(words: Sequence[Word], places: Sequence[tuple[int, int]]) -> bool:
    """Whether words name a department and say nothing else."""
    rest = [word.text for word in words if not any(start <= word.start < end for start, end in places)]
    return len(rest) < len(words) and all(word in LEANING for word in rest)


def _questions(
    grouping: list[Span], spans: dict[Span, Span], judged: dict[Span, Prediction], leaning: set[Span]
) -> list[Segment] | None:
    """The questions of one grouping; None where a group is unclear, or two ask the same of the same."""
    questions: list[Segment] = []
    leant = 0
    if len(grouping) < 2:
        return None
    for group in grouping:
        if questions and questions[-1].intent != ADVICE and group in leaning:
            questions.append(Segment(spans[group], questions[-1].intent, questions[-1].confidence))
            leant += 1
            continue
        prediction = judged[group]
        intent = prediction.ranking[0][0]
        if prediction.novel or prediction.confidence < SURE:
            return None
        if intent in COURTESIES:
            continue
        if intent != ADVICE and (not intent.startswith("ask_") or intent in WHOLE_ONLY):
            return None
        questions.append(Segment(spans[group], intent, prediction.confidence))
    asked = [question.intent for question in questions if question.intent != ADVICE]
    if not asked or len(asked) > MAX_QUESTIONS:
        return None
    return questions if len(set(asked)) + leant == len(asked) else None


def _rank(questions: list[Segment]) -> tuple[int, float]:
    return len(questions), min((question.confidence for question in questions), default=0.0)
