"""`./run facts`: which facts of the department files are covered by which questions.

The questions are tests/facts/{en,zh}/DEPARTMENT.yml: three for every fact and language, the last without naming the department.
A question covers its fact if the reply holds every word and figure of it; where the bot asks which department is meant, it is told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from actions.departments import fact, fact_paths, load
from actions.schema import Department, Model, Text
from bot.cli.understanding import Understanding
from bot.language.wording import number
from bot.settings import ROOT

FOLDER = ROOT / "tests" / "facts"
LANGUAGES = ("en", "zh")
UNSPOKEN = frozenset({"id", "aliases", "condition", "organ", "kind_of", "qualifier", "when", "organs", "conditions"})
"""Keys of an entry that are for looking up, not for saying."""


@dataclass(frozen=True)
class Covered:
    """One question to one fact, and whether the reply held it."""

    department: str
    fact: str
    language: str
    question: str
    held: bool
    reply: str


def spoken(value: Any, language: str, department: Department) -> Iterator[str]:
    """Every text and figure of a fact as a reply in the language has to hold it."""
    if isinstance(value, Text):
        yield value.in_language(language).rstrip(".。")
    elif isinstance(value, Model):
        for key in value.__fields__:
            if key not in UNSPOKEN and not (key == "name" and hasattr(value, "text")):
                yield from spoken(getattr(value, key), language, department)
    elif isinstance(value, int):
        yield number(value, language)
    elif isinstance(value, str) and value != "undated":
        names = {condition.id: condition.name for condition in department.conditions}
        yield names[value].in_language(language) if value in names else value


def holds(reply: str, department: Department, path: str, language: str) -> bool:
    """Whether a reply holds a fact; of a quantity in words ("thousands"), what it counts."""
    value = fact(department, path)
    if path == "source":
        year = value.updated.split("-")[0]
        return value.title.in_language(language) in reply and (year == "undated" or year in reply)
    if path == "founder":
        value = value.text
    if getattr(value, "qualifier", "") == "thousands":
        value = value.what
    return all(part in reply for part in spoken(value, language, department))


def coverage(understanding: Understanding) -> Iterator[Covered]:
    """Ask every question of every fact."""
    for department in load():
        for language in LANGUAGES:
            file = FOLDER / language / f"{department.id}.yml"
            questions = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
            for path in fact_paths(department):
                for question in questions.get(path, ()):
                    reply = understanding.reply(question, language)
                    if any(department.id in found.choices for found in reply.answers):
                        slots = {"last_question": {"topic": reply.answers[0].topic}}
                        reply = understanding.reply(department.short_name.in_language(language), language, slots)
                    held = holds(reply.text, department, path, language)
                    yield Covered(department.id, path, language, question, held, reply.text)


def main(arguments: list[str]) -> int:
    """Print the table; 1 if a question misses its fact or a fact has fewer than three questions."""
    results = list(coverage(Understanding()))
    missing = 0
    for department in load():
        print(f"\n{department.id}")
        for path in fact_paths(department):
            cells = []
            for language in LANGUAGES:
                mine = [r for r in results if (r.department, r.fact, r.language) == (department.id, path, language)]
                held = sum(result.held for result in mine)
                missing += held < 3
                cells.append(f"{language} {held}/{len(mine)}")
                if "--show" in arguments:
                    cells += [f"\n    MISSED {r.question}\n      {r.reply[:200]}" for r in mine if not r.held]
            print(f"  {path:<55} {'  '.join(cells)}")
    held = sum(result.held for result in results)
    print(f"\n{held} of {len(results)} questions lead to a reply that holds their fact; {missing} facts lack some.")
    return 1 if missing else 0
