"""bot/language/examples.py: the training examples are read, and added to."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.language.examples import TAUGHT, Example, add_taught, read_examples

ODD = ["is it 100% safe: yes or no?", "# of beds", "- a dash", '"quoted"', "{braces} [and](brackets)", "有空格  的"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for language in ("en", "zh"):
        (tmp_path / language).mkdir()
    return tmp_path


def test_what_is_added_is_read_again_and_once(folder: Path) -> None:
    examples = [Example("en", "greet", "hello there"), Example("zh", "greet", "您好呀"), Example("en", "thank", "ta")]
    add_taught(examples[:2], folder)
    add_taught(examples, folder)
    assert sorted(map(str, read_examples(folder))) == sorted(map(str, examples))


@pytest.mark.parametrize("text", ODD)
def test_whatever_people_write_stays_as_it_is(folder: Path, text: str) -> None:
    add_taught([Example("en", "greet", text)], folder)
    assert [example.text for example in read_examples(folder)] == [text]


def test_a_language_without_new_ones_gets_no_file(folder: Path) -> None:
    add_taught([Example("en", "greet", "hello there")], folder)
    assert not (folder / "zh" / TAUGHT).exists()
    assert yaml.safe_load((folder / "en" / TAUGHT).read_text())["nlu"][0]["intent"] == "greet"


def test_the_project_has_examples_of_both_languages() -> None:
    assert {example.language for example in read_examples()} == {"en", "zh"}
