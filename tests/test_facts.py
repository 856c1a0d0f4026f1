"""Every fact of the department files is told to whoever asks for it, in both languages (bot.cli.facts)."""

from __future__ import annotations

from collections import defaultdict

import pytest
from rapidfuzz import fuzz, process

from actions.departments import fact_paths, load
from bot.cli.facts import LANGUAGES, Covered, coverage
from bot.cli.understanding import Understanding
from bot.language.examples import read_examples

FEWEST = 3
ALIKE = 80
"""Percent of edit similarity from which a question counts as a copy of a training example."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results() -> list[Covered]:
    return list(coverage(Understanding()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_is_held_by_three_replies(results: list[Covered], language: str) -> None:
    held: dict[tuple[str, str], int] = defaultdict(int)
    for result in results:
        if result.language == language:
            held[result.department, result.fact] += result.held
    lacking = [
        (department.id, path, held[department.id, path])
        for department in load()
        for path in fact_paths(department)
        if held[department.id, path] < FEWEST
    ]
    assert not lacking


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_question_is_a_training_example(results: list[Covered], language: str) -> None:
    examples = [example.text.lower() for example in read_examples() if example.language == language]
    copies = []
    for question in {result.question for result in results if result.language == language}:
        best = process.extractOne(question.lower(), examples, scorer=fuzz.ratio, score_cutoff=ALIKE)
        if best:
            copies.append((question, best[0], round(best[1])))
    assert not copies
