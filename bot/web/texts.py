"""The texts of pages and widget: bot/web/texts.yml, every one in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from actions.departments import UniqueKeyLoader

FILE = Path(__file__).resolve().parent / "texts.yml"
LANGUAGES = ("en", "zh")
SECTIONS = ("widget", "home", "desk")

Section = Mapping[str, Mapping[str, str]]
"""key -> language ("en", "zh") -> text, with {placeholders}."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class InvalidTexts(Exception):
    """The file does not hold what it must; the message names the file, the path in it, and the cause, one line each."""


def load_texts(file: Path = FILE) -> Mapping[str, Section]:
    """All texts: section -> key -> language -> text.

    Raises:
        InvalidTexts: if the file is not YAML, has a section that nobody knows, or a text that is not in both languages.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), UniqueKeyLoader)
    except yaml.YAMLError as error:
        raise InvalidTexts(f"{file.name}: is not valid YAML: {' '.join(str(error).split())}") from None
    problems = [f"{file.name}: {path}: {cause}" for path, cause in _problems(content)]
    if problems:
        raise InvalidTexts("\n".join(problems))
    texts: Mapping[str, Section] = content
    return texts


def _problems(content: Any) -> Iterator[tuple[str, str]]:
    """Path and cause of everything wrong."""
    if not isinstance(content, dict):
        yield "(file)", "must be a mapping of sections"
        return
    for section, entries in content.items():
        if section not in SECTIONS:
            yield str(section), f"is not a section; these are: {', '.join(SECTIONS)}"
        elif not isinstance(entries, dict):
            yield section, "must be a mapping of texts"
        else:
            for key, entry in entries.items():
                yield from ((f"{section}.{key}", cause) for cause in _causes(entry))


def _causes(entry: Any) -> Iterator[str]:
    """What is wrong with one text."""
    if not isinstance(entry, dict) or set(entry) != set(LANGUAGES):
        yield "must have en and zh, and nothing else"
        return
    for language, text in entry.items():
        if not isinstance(text, str) or not text.strip():
            yield f"{language} must be a text, and not empty"
            return
    if len({frozenset(_PLACEHOLDER.findall(text)) for text in entry.values()}) > 1:
        yield "has other {placeholders} in one language than in the other"
