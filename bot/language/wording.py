"""Put a response of domain.yml into words: pick its language, fill it with language-neutral values, join lists.

Values are as actions.results describes them. How a list is joined depends on the placeholder it fills: {items} become one list in a
sentence, {sentences} follow each other, {lines} get a line each.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

Responses = Mapping[str, Sequence[Mapping[str, Any]]]
"""The `responses:` of a domain: name -> variations, each with `text` and `metadata: {language: …}`."""

PLACEHOLDER = re.compile(r"\{(\w+)\}")


class UnknownResponse(KeyError):
    """domain.yml has no response of this name, or none in this language."""

    def __init__(self, name: str, language: str) -> None:
        super().__init__(f'domain.yml has no response "{name}" in "{language}"')


def variation(responses: Responses, name: str, language: str, rule: str = "") -> dict[str, Any]:
    """A copy of the variation of a response in a language: the one for a rule of the gate, where there is one for it.

    Raises:
        UnknownResponse: if there is none in the language.
    """
    found = [entry for entry in responses.get(name, ()) if entry["metadata"]["language"] == language]
    special = [entry for entry in found if rule and entry["metadata"].get("rule") == rule]
    for candidate in special or [entry for entry in found if "rule" not in entry["metadata"]]:
        return copy.deepcopy(dict(candidate))
    raise UnknownResponse(name, language)


def word(responses: Responses, name: str, language: str, values: Mapping[str, Any], rule: str = "") -> str:
    """The text of a response, filled; a placeholder that nothing fills becomes empty."""
    template: str = variation(responses, name, language, rule)["text"]
    text = PLACEHOLDER.sub(
        lambda match: _put(responses, language, match.group(1), values.get(match.group(1))), template
    )
    return re.sub(r" {2,}", " ", text).strip()


def _put(responses: Responses, language: str, placeholder: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        if "phrase" in value:
            return word(responses, value["phrase"], language, value["values"])
        return str(value[language])
    if isinstance(value, (list, tuple)):
        parts = [_put(responses, language, placeholder, item) for item in value]
        return join(parts, placeholder, language)
    if isinstance(value, int):
        return number(value, language)
    return str(value)


def number(value: int, language: str) -> str:
    """A number as it is printed: 6000, but 20,000 in English and 2万 in Chinese."""
    if value < 10_000:
        return str(value)
    if language == "zh" and value % 1000 == 0:
        return f"{value / 10_000:g}万"
    return f"{value:,}" if language == "en" else str(value)


def join(parts: Sequence[str], style: str, language: str) -> str:
    """A list in words, in the style of its placeholder."""
    parts = [part for part in parts if part]
    if style == "lines":
        return "\n".join(f"• {part}" for part in parts)
    if style == "sentences":
        return ("" if language == "zh" else " ").join(parts)
    if language == "zh":
        return ("；" if any(re.search("[，、；]", part) for part in parts) else "、").join(parts)
    if any(", " in part or " and " in part for part in parts):
        return "; ".join(parts)
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
