"""The intent model's parts: n-grams, the two views, calibration."""

from __future__ import annotations

import numpy as np
import pytest

from bot.language.meaning import Meaning, plain
from bot.rasa.calibration import NONE, Calibration, calibrate, folds
from bot.rasa.ngrams import LENGTH, Weighting, count, kept_columns, ngrams
from bot.rasa.scorer import EVIDENCE, Scorer

TEXTS = [
    text.split()
    for text in (
        "how many beds are there",
        "number of beds please",
        "is there a free bed",
        "beds on the ward",
        "who is the head",
        "name of the director",
        "who leads the department",
        "the head doctor's name",
        "when do you open",
        "opening hours please",
        "are you open on sunday",
        "at what time do you close",
    )
]
LABELS = np.array(["beds"] * 4 + ["head"] * 4 + ["hours"] * 4)


@pytest.fixture(scope="module")
def meaning() -> Meaning:
    return Meaning()


@pytest.fixture(scope="module")
def scorer(meaning: Meaning) -> Scorer:
    vocabulary: dict[str, int] = {}
    counts = count(TEXTS, vocabulary, grow=True)
    vectors = meaning.vectors([plain(words) for words in TEXTS])
    return Scorer.fit(Weighting.fit(vocabulary, counts), counts, vectors, LABELS)


def score(scorer: Scorer, meaning: Meaning, *texts: str) -> tuple[list[str], list[float]]:
    words = [text.split() for text in texts]
    counts = count(words, scorer.weighting.vocabulary)
    margins, evidence = scorer.score(words, counts, meaning.vectors([plain(text) for text in words]))
    assert evidence.shape == (len(texts), EVIDENCE)
    return [scorer.intents[index] for index in margins.argmax(axis=1)], [float(row[5]) for row in evidence]


def test_what_is_written_otherwise_is_understood_by_meaning(scorer: Scorer, meaning: Meaning) -> None:
    intents, nearest = score(scorer, meaning, "科主任是谁", "你们几点关门", "cómo se llama el jefe", "zxqv wblk")
    assert intents[:3] == ["head", "hours", "head"]
    assert min(nearest[:3]) > nearest[3]


def test_ngrams() -> None:
    grams = ngrams(["几张", "床"])
    assert {"w:几张", "w:床", "w:<s> 几张", "w:几张 床", "w:床 </s>", "c:张 床"} <= set(grams)
    assert ngrams([]) == {"w:<s> </s>": 1, "c:  ": 1}


def test_rows_have_one_length() -> None:
    vocabulary: dict[str, int] = {}
    counts = count(TEXTS, vocabulary, grow=True)
    rows = Weighting.fit(vocabulary, counts).apply(counts)
    assert np.allclose(rows.multiply(rows).sum(axis=1), LENGTH)


def test_rare_ngrams_are_left_out_but_no_word() -> None:
    vocabulary: dict[str, int] = {}
    counts = count([["beds"], ["hours"]], vocabulary, grow=True)
    kept = {gram for gram, keep in zip(vocabulary, kept_columns(counts, vocabulary)) if keep}
    assert {"w:beds", "w:hours"} <= kept
    assert "c:beds" not in kept


def test_known_words() -> None:
    vocabulary: dict[str, int] = {}
    counts = count(TEXTS, vocabulary, grow=True)
    known = Weighting.fit(vocabulary, counts).known([["beds", "please"], ["beds", "zxqv"], ["zxqv"], ["?"]])
    assert known[:, 0].tolist() == [1.0, 0.5, 0.0, 0.0]
    assert known[1, 1] < 0.5  # the unknown word counts as a rare one


def test_every_example_is_held_out_known_and_unknown() -> None:
    known, unknown = [], []
    for train, held, left_out in folds(LABELS):
        assert not set(train) & (set(held) | set(left_out))
        assert not set(LABELS[left_out]) & set(LABELS[train])
        known += list(held)
        unknown += list(left_out)
    assert len(set(known) | set(unknown)) == len(LABELS)


def test_confidence_is_a_probability_that_grows_with_the_evidence() -> None:
    calibration = Calibration((1.0,) + (0.0,) * (EVIDENCE - 1), 0.0, 1.0, 0.5)
    confidence = calibration.confidence(np.eye(EVIDENCE)[:2] * 3)
    assert confidence[1] == 0.5 < confidence[0] < 1


def test_too_few_examples_to_calibrate(meaning: Meaning) -> None:
    vocabulary: dict[str, int] = {}
    texts = [["beds"], ["hours"]]
    counts = count(texts, vocabulary, grow=True)
    labels = np.array(["beds", "hours"])
    assert calibrate(texts, counts, vocabulary, meaning.vectors(["beds", "hours"]), labels) == NONE
