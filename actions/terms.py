"""What people may name: the terms of the department files, and of data/vocabulary.yml for what no file lists."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import StrictStr

from actions.departments import named_things
from actions.schema import Aliases, Department, Model, Text

VOCABULARY = Path(__file__).resolve().parent.parent / "data" / "vocabulary.yml"


class Term(Model):
    """A medical term; `organ` is the id of the one organ that a disease belongs to."""

    id: StrictStr
    name: Text
    aliases: Aliases = Aliases()
    organ: StrictStr | None = None


class Vocabulary(Model):
    """Terms people ask about that no department file need list; `everyday`: phrases that hold one and mean something else."""

    services: tuple[Term, ...]
    conditions: tuple[Term, ...]
    organs: tuple[Term, ...]
    languages: tuple[Term, ...]
    elsewhere: tuple[Term, ...]
    choices: tuple[Term, ...]
    everyday: Aliases

    def groups(self) -> tuple[tuple[str, tuple[Term, ...]], ...]:
        """The terms by entity type."""
        return (
            ("procedure", self.services),
            ("condition", self.conditions),
            ("organ", self.organs),
            ("language_name", self.languages),
            ("elsewhere", self.elsewhere),
            ("choice", self.choices),
        )


@lru_cache(maxsize=1)
def load_vocabulary(path: Path = VOCABULARY) -> Vocabulary:
    """The vocabulary file.

    Raises:
        pydantic.ValidationError: naming the path of what is wrong in it.
    """
    return Vocabulary.parse_obj(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader))


def all_names(departments: list[Department], vocabulary: Vocabulary) -> Iterator[tuple[str, str, str, bool]]:
    """Every way to write every term: (entity type, id, written, whether a department file has it). Those that have come first."""
    for department in departments:
        for kind, identifier, _, names in named_things(department):
            for name in names:
                yield kind, identifier, name, True
    ours = [name.casefold() for department in departments for name in _department_names(department)]
    for kind, terms in vocabulary.groups():
        for term in terms:
            for name in dict.fromkeys((term.name.en, term.name.zh, *term.aliases.all())):
                if kind != "elsewhere" or not any(mine in name.casefold() for mine in ours):
                    yield kind, term.id, name, False
    for phrase in vocabulary.everyday.all():
        yield "everyday", "", phrase, False


def _department_names(department: Department) -> tuple[str, ...]:
    """How a department is called; another place whose name holds one of these is no other place ("dermatology department")."""
    return (department.name.en, department.name.zh, *department.aliases.all())


def term_name(kind: str, identifier: str, vocabulary: Vocabulary) -> Text | None:
    """The name of a vocabulary term; None where the vocabulary has none such."""
    for group, terms in vocabulary.groups():
        if group == kind:
            for term in terms:
                if term.id == identifier:
                    return term.name
    return None
