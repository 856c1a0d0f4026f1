"""From a parsed message to everything the bot says to it from the department files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actions.answers import answer, touched_facts
from actions.context import questions_of
from actions.results import Answer, Question
from actions.schema import Department
from actions.terms import Vocabulary

ADVICE = "seek_advice"


def reply_to(
    message: Mapping[str, Any], slots: Mapping[str, Any], departments: Sequence[Department], vocabulary: Vocabulary
) -> tuple[list[Question], list[Answer]]:
    """The questions of a message and the answers to all of them, each once; both empty for a follow-up to nothing.

    Personal advice is declined first; then follow what the departments list of the things it touches, and the answers to the
    questions beside it.
    """
    questions = questions_of(message, slots, [department.id for department in departments])
    personal = [question for question in questions if question.topic == ADVICE]
    answers: list[Answer] = []
    for question in questions:
        if question.topic != ADVICE:
            answers += [one for one in answer(question, departments, vocabulary) if one not in answers]
    if not personal:
        return questions, answers
    told = {(found.department, fact) for found in answers for fact in found.facts}
    touched = [found for question in personal for found in touched_facts(question, departments, vocabulary)]
    beside = [found for found in touched if not told.intersection((found.department, fact) for fact in found.facts)]
    return questions, [Answer("advice", "utter_advice", topic="advice"), *beside, *answers]
