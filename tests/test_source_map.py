"""Every sentence of the departments' pages has its facts in the department files, and every fact has its sentence."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from source_map import DIGEST_LENGTH, digest, split_sentences

from actions.departments import fact_paths, load
from actions.schema import Department

ROOT = Path(__file__).resolve().parent.parent
MAP = ROOT / "tests" / "source_map.yml"
SOURCES = "DAOZHEN_SOURCES"
"""The environment variable that names the folder of the pages, if it is not ../shared/sources."""
PAGES = ("interventional_radiotherapy", "ultrasound_intervention")
REASONS = frozenset(("heading",))
UNSTATED = {
    "interventional_radiotherapy": {
        "procedures.*.description": "general information in plain words, marked as such; not of the page",
        "source": "says of the page itself where it is from and that it bears no date",
    },
    "ultrasound_intervention": {
        "procedures.*.description": "general information in plain words, marked as such; not of the page",
        "city": "the page names the hospital, not its city",
    },
}
"""Facts that no sentence of the page states, as patterns, and why a department file has them all the same."""


@cache
def pages() -> dict[str, Any]:
    """The content of tests/source_map.yml."""
    content = yaml.safe_load(MAP.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def entries(page: str) -> list[dict[str, Any]]:
    """The entries of a page's sentences, in order."""
    found = pages()[page]["sentences"]
    assert isinstance(found, list)
    return found


@cache
def department(page: str) -> Department:
    """The department that a page is about."""
    return next(item for item in load() if item.id == page)


def mapped(page: str) -> list[str]:
    """All paths that a page's sentences name."""
    return [path for entry in entries(page) for path in entry["facts"]]


def resolve(content: object, path: str) -> object:
    """What stands at a path of a department: keys by name, entries of lists by id or index.

    Raises:
        LookupError: if there is nothing at that path.
    """
    for part in path.split("."):
        found: object = None
        if isinstance(content, BaseModel) and part in content.__fields__:
            found = getattr(content, part)
        elif isinstance(content, tuple):
            found = next((entry for entry in content if getattr(entry, "id", None) == part), None)
            if found is None and part.isdecimal() and int(part) < len(content):
                found = content[int(part)]
        if found is None or found == ():
            raise LookupError(f'{path}: there is no "{part}"')
        content = found
    return content


def missing(content: Department, paths: list[str]) -> Iterator[str]:
    """What is wrong with each path that leads nowhere."""
    for path in paths:
        try:
            resolve(content, path)
        except LookupError as error:
            yield str(error)


def sources() -> Path:
    """The folder of the pages; the test is skipped where there is none, as in CI."""
    given = os.environ.get(SOURCES)
    folder = Path(given) if given else ROOT.parent / "shared" / "sources"
    if not folder.is_dir():
        if given and os.environ.get("CI") != "true":
            pytest.fail(f"{SOURCES} names {folder}, which is no folder")
        pytest.skip(
            f"the pages are not part of the repository and there is no {folder}; {SOURCES} may name their folder"
        )
    return folder


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("A heading\n\n  The first one. The second. \n", ["A heading", "The first one.", "The second."]),
        ("It began in 1900.Then it grew.", ["It began in 1900.", "Then it grew."]),
        ("Of 12 M.D. (3 of them new) and 4 Ph.D. holders, Dr. Who is one.", None),
        ("M.D. and J. Smith, e.g. Prof. Smith, stay whole; so do 3.5 cm: and a.b.", None),
        ("Apples, pears, etc. Then plums, etc. from here.", ["Apples, pears, etc.", "Then plums, etc. from here."]),
        ("Two\u00a0spaces  and\ta tab. End", ["Two spaces and a tab.", "End"]),
        (" \n\u00a0\n", []),
    ],
)
def test_sentences_are_split(text: str, sentences: list[str] | None) -> None:
    """By lines, then by full stops; None stands for one sentence, the whole text."""
    assert split_sentences(text) == ([text] if sentences is None else sentences)


def test_digest_ignores_white_space() -> None:
    """A digest is of the words alone, and is SHA-256's beginning."""
    assert digest(" one\u00a0 two\n") == digest("one two") != digest("onetwo")
    assert digest("abc") == "ba7816bf8f01"


def test_pages_are_the_known_ones() -> None:
    """One part per page: the name of its file, and its sentences."""
    assert tuple(pages()) == PAGES == tuple(UNSTATED)
    assert all(set(content) == {"page", "sentences"} for content in pages().values())


@pytest.mark.parametrize("page", PAGES)
def test_entries_are_complete(page: str) -> None:
    """Numbers without gaps, digests, and facts or a reason: and no key in which the page's text could stand."""
    assert [entry["number"] for entry in entries(page)] == list(range(1, len(entries(page)) + 1))
    for entry in entries(page):
        number, facts = entry["number"], entry["facts"]
        assert set(entry) == {"number", "digest", "facts"} | (set() if facts else {"reason"}), number
        assert re.fullmatch(rf"[0-9a-f]{{{DIGEST_LENGTH}}}", entry["digest"]), number
        assert len(set(facts)) == len(facts), number
        assert facts or entry["reason"] in REASONS, number


@pytest.mark.parametrize("page", PAGES)
def test_mapped_paths_exist(page: str) -> None:
    """Every path that a sentence names leads to something in the department file."""
    assert list(missing(department(page), mapped(page))) == []


@pytest.mark.parametrize("path", ["hospital", "wards", "history.99", "awards.0.grade", "staff.grades.nurse", "id.x"])
def test_path_that_leads_nowhere_is_noticed(path: str) -> None:
    """Keys unknown or empty, entries that are not there, and steps into a plain value."""
    with pytest.raises(LookupError):
        resolve(department("interventional_radiotherapy"), path)


@pytest.mark.parametrize("page", PAGES)
def test_every_fact_has_its_sentence(page: str) -> None:
    """A sentence names each fact, or something in it ("awards.0.prize" for "awards.0"); the rest is in UNSTATED."""
    facts = fact_paths(department(page))
    stated = {fact for fact in facts if any(f"{path}.".startswith(f"{fact}.") for path in mapped(page))}
    unstated = {fact for fact in facts if any(fnmatchcase(fact, pattern) for pattern in UNSTATED[page])}
    assert set(facts) - stated - unstated == set(), "facts that no sentence of the page states"
    assert stated & unstated == set(), "exceptions that a sentence does state"
    unused = [pattern for pattern in UNSTATED[page] if not any(fnmatchcase(fact, pattern) for fact in facts)]
    assert unused == [], "exceptions that are no fact of the file"


@pytest.mark.parametrize("page", PAGES)
def test_map_follows_the_page(page: str) -> None:
    """As many sentences as the page has, each with its digest; only where the pages are at hand."""
    sentences = split_sentences((sources() / pages()[page]["page"]).read_text(encoding="utf-8"))
    assert len(entries(page)) == len(sentences)
    changed = [
        entry["number"] for entry, text in zip(entries(page), sentences, strict=True) if entry["digest"] != digest(text)
    ]
    assert changed == [], "numbers of sentences that the page has otherwise"
