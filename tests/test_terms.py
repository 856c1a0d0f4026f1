"""The terms that people may name: those of the department files, and the vocabulary for what no file lists."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from minimal import MINIMAL, SECOND, folder_of
from pydantic import ValidationError

from actions.context import OTHER, PLACES
from actions.departments import load, named_things
from actions.schema import Department
from actions.terms import Vocabulary, all_names, load_vocabulary, term_name

CONTENT = """\
services:
  - id: mri
    name: {en: MRI, zh: 磁共振}
    aliases: {en: [MR scan], zh: [核磁]}
conditions:
  - {id: stone, name: {en: stone, zh: 结石}, organ: kidney}
organs:
  - {id: knee, name: {en: knee, zh: 膝盖}}
languages:
  - {id: en, name: {en: English, zh: 英文}}
elsewhere:
  - {id: far, name: {en: far away, zh: 远方}}
choices:
  - {id: first, name: {en: the first, zh: 第一个}}
everyday:
  en: [mri magazine]
"""


def read(folder: Path, content: str) -> Vocabulary:
    """A vocabulary file's content."""
    file = folder / "vocabulary.yml"
    file.write_text(content, encoding="utf-8")
    return load_vocabulary(file)


def test_vocabulary_is_read(tmp_path: Path) -> None:
    vocabulary = read(tmp_path, CONTENT)
    assert [(kind, [term.id for term in terms]) for kind, terms in vocabulary.groups()] == [
        ("procedure", ["mri"]),
        ("condition", ["stone"]),
        ("organ", ["knee"]),
        ("language_name", ["en"]),
        ("elsewhere", ["far"]),
        ("choice", ["first"]),
    ]
    assert vocabulary.conditions[0].organ == "kidney"
    assert vocabulary.services[0].aliases.all() == ("MR scan", "核磁")


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("id: mri", "name_id: mri", ("services", 0, "id")),
        ("zh: 磁共振", "zh: MR imaging", ("services", 0, "name", "zh")),
        ("zh: 结石", "fr: pierre", ("conditions", 0, "name", "zh")),
        ("organ: kidney", "organ: 3", ("conditions", 0, "organ")),
        ("aliases: {en", "alias: {en", ("services", 0, "alias")),
        ("organs:", "parts:", ("organs",)),
    ],
)
def test_vocabulary_that_is_wrong(tmp_path: Path, old: str, new: str, path: tuple[str | int, ...]) -> None:
    """The error names the place."""
    with pytest.raises(ValidationError) as caught:
        read(tmp_path, CONTENT.replace(old, new))
    assert path in [error["loc"] for error in caught.value.errors()]


def test_all_names(tmp_path: Path) -> None:
    """Those of the department files first, each marked as such."""
    departments = load(folder_of(tmp_path, demo=MINIMAL, other=SECOND))
    names = list(all_names(departments, read(tmp_path, CONTENT)))
    assert names[0] == ("department", "demo", "Demo Department", True)
    assert ("condition", "cough", "干咳", True) in names
    assert ("trial", "T-1", "T-1", True) in names
    assert [name for name in names if not name[3]] == [
        ("procedure", "mri", "MRI", False),
        ("procedure", "mri", "磁共振", False),
        ("procedure", "mri", "MR scan", False),
        ("procedure", "mri", "核磁", False),
        ("condition", "stone", "stone", False),
        ("condition", "stone", "结石", False),
        ("organ", "knee", "knee", False),
        ("organ", "knee", "膝盖", False),
        ("language_name", "en", "English", False),
        ("language_name", "en", "英文", False),
        ("elsewhere", "far", "far away", False),
        ("elsewhere", "far", "远方", False),
        ("choice", "first", "the first", False),
        ("choice", "first", "第一个", False),
        ("everyday", "", "mri magazine", False),
    ]
    own = [name[3] for name in names]
    assert own == sorted(own, reverse=True)


@pytest.mark.parametrize(
    ("kind", "identifier", "name"),
    [
        ("procedure", "mri", "MRI"),
        ("condition", "lung_cancer", "lung cancer"),
        ("language_name", "zh", "Chinese language"),
        ("elsewhere", "other_hospital", "another hospital"),
        ("organ", "mri", None),
        ("procedure", "lung_cancer", None),
        ("department", "mri", None),
        ("procedure", "moon_rays", None),
    ],
)
def test_term_name(kind: str, identifier: str, name: str | None, vocabulary: Vocabulary) -> None:
    """By kind and id."""
    found = term_name(kind, identifier, vocabulary)
    assert (found.en if found else None) == name


# The shipped vocabulary.


def test_vocabulary_is_loaded_once() -> None:
    assert load_vocabulary() is load_vocabulary()


def test_ids_are_unique_by_kind(vocabulary: Vocabulary) -> None:
    for kind, terms in vocabulary.groups():
        assert [term for term, count in Counter(term.id for term in terms).items() if count > 1] == [], kind


def test_names_mean_one_thing(vocabulary: Vocabulary) -> None:
    """No way to write a term stands for two terms of the vocabulary."""
    owners: dict[str, tuple[str, str]] = {}
    twice = [
        (written, owners[written.casefold()], (kind, identifier))
        for kind, identifier, written, _ in all_names([], vocabulary)
        if owners.setdefault(written.casefold(), (kind, identifier)) != (kind, identifier)
    ]
    assert twice == []


def test_names_are_not_blank(departments: list[Department], vocabulary: Vocabulary) -> None:
    for kind, identifier, written, _ in all_names(departments, vocabulary):
        assert written.strip() == written != "", (kind, identifier)


def test_organs_of_diseases_are_listed(departments: list[Department], vocabulary: Vocabulary) -> None:
    """A disease stands for its organ only where a department file has that organ."""
    organs = {organ.id for department in departments for organ in department.organs}
    assert {term.organ for term in vocabulary.conditions if term.organ} <= organs


def test_only_diseases_have_an_organ(vocabulary: Vocabulary) -> None:
    others = (terms for kind, terms in vocabulary.groups() if kind != "condition")
    assert [term.id for terms in others for term in terms if term.organ] == []


def test_languages_are_those_of_the_bot(vocabulary: Vocabulary) -> None:
    assert [term.id for term in vocabulary.languages] == ["en", "zh"]


def test_choices_have_a_place(vocabulary: Vocabulary) -> None:
    assert {term.id for term in vocabulary.choices} == {*PLACES, OTHER}


def test_names_of_department_files_come_first(departments: list[Department], vocabulary: Vocabulary) -> None:
    """Of a name that is in both, the files' meaning is met first."""
    first: dict[str, bool] = {}
    for _, _, written, own in all_names(departments, vocabulary):
        first.setdefault(written.casefold(), own)
    files = {name.casefold() for department in departments for *_, names in named_things(department) for name in names}
    assert {name for name in files if not first[name]} == set()
    assert files
