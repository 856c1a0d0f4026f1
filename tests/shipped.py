"""The shipped files, loaded once, for tests that make their cases from them; and what every answer of theirs keeps to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from actions.answers import answer
from actions.departments import fact_paths, load
from actions.results import Answer, Entity, Question
from actions.schema import Department
from actions.terms import load_vocabulary
from bot.language.wording import PLACEHOLDER, Responses, word

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "zh")
IR = "interventional_radiotherapy"
US = "ultrasound_intervention"
DEPARTMENTS = load()
BY_ID = {department.id: department for department in DEPARTMENTS}
VOCABULARY = load_vocabulary()
RESPONSES: Responses = yaml.load((ROOT / "domain.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)["responses"]
PATHS = {id(department): frozenset(fact_paths(department)) for department in DEPARTMENTS}
WITHOUT_FACTS = frozenset(
    {"utter_comparison", "utter_departments", "utter_procedures", "utter_conditions", "utter_organs"}
)
"""Responses that give names or figures of several departments or entries, without a path for each."""
WORDED: dict[str, dict[str, str]] = {}
"""What has been put into words, since many cases give the same answer."""
SEEN: set[str] = set()
"""Answers that have been checked, in full."""
HAN = re.compile(r"[\u4e00-\u9fff]")


def ask(
    topic: str,
    *entities: Entity,
    named: tuple[str, ...] = (),
    context: str | None = None,
    alternatives: tuple[str, ...] = (),
    departments: list[Department] | None = None,
) -> list[Answer]:
    """The answers to a question, each checked."""
    asked = Question(topic, named, entities, context, alternatives)
    found = answer(asked, departments or DEPARTMENTS, VOCABULARY)
    assert found
    for item in found:
        check_answer(item, departments or DEPARTMENTS)
    return found


def unfilled(response: str, values: Mapping[str, Any]) -> list[str]:
    """The placeholders of a response and of the phrases in it that nothing fills."""
    missing = []
    for variation in RESPONSES[response]:
        missing += [f"{response}.{name}" for name in PLACEHOLDER.findall(variation["text"]) if name not in values]
    for value in values.values():
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict) and "phrase" in part:
                missing += unfilled(part["phrase"], part["values"])
    return missing


def worded(found: Answer) -> dict[str, str]:
    """An answer's text by language."""
    key = f"{found.response} {found.values}"
    if key not in WORDED:
        WORDED[key] = {language: word(RESPONSES, found.response, language, found.values) for language in LANGUAGES}
    return WORDED[key]


def check_answer(found: Answer, departments: list[Department]) -> None:
    """What holds for every answer: it is JSON, goes into both languages without leftovers, and its facts exist."""
    content = json.dumps(found.values)
    assert json.loads(content) == found.values
    if f"{found}" in SEEN and departments is DEPARTMENTS:
        return
    assert found.kind in ("fact", "unknown")
    assert unfilled(found.response, found.values) == []
    for language, text in worded(found).items():
        assert text, language
        for leftover in ("{", "}", "None", "  ", "[]", "..", "。。", " .", " ,", "，。"):
            assert leftover not in text, (language, text)
        assert bool(HAN.search(text)) == (language == "zh"), text
    known = {department.id: PATHS.get(id(department)) or fact_paths(department) for department in departments}
    assert found.department is None or found.department in known
    assert set(found.choices) <= set(known)
    assert len(set(found.facts)) == len(found.facts)
    if found.facts:
        assert found.department is not None
        assert set(found.facts) <= set(known[found.department])
    if found.kind == "fact":
        assert bool(found.facts) or found.response in WITHOUT_FACTS, found.response
    SEEN.add(f"{found}")


def says_yes(found: Answer) -> bool:
    """Whether an answer begins with a yes, in either language."""
    texts = worded(found)
    return texts["en"].lower().startswith("yes") or texts["zh"].startswith("有的")


def brief(answers: list[Answer]) -> list[tuple[str, str, str | None]]:
    """Kind, response and department of each answer."""
    return [(found.kind, found.response, found.department) for found in answers]
