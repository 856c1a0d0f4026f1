"""What a lookup takes and gives: questions, answers, and the language-neutral values that fill a response.

A value is a text in both languages ({"en": …, "zh": …}), a number, a name that is the same in both, a list of values, or a
phrase: the name of a response in domain.yml and what fills it. bot.language.wording puts values into words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from actions.schema import Department, Text

Kind = Literal["fact", "unknown", "advice", "emergency", "handoff", "fallback", "smalltalk", "command"]
Value = Any
"""See the module's docstring; JSON all through, since it travels from the action server to Rasa."""


@dataclass(frozen=True)
class Entity:
    """Something named in a message: its type, the id it is linked to, and as it was written."""

    kind: str
    id: str
    written: str = ""


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        topic: the intent without "ask_": "beds", "procedure_offered".
        departments: ids of the departments named in the message, in order.
        entities: what else is named in it.
        context: id of the department the conversation is about, if any.
        alternatives: other topics the classifier thought of, best first.
    """

    topic: str
    departments: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = ()
    context: str | None = None
    alternatives: tuple[str, ...] = ()

    def named(self, kind: str) -> tuple[Entity, ...]:
        """The entities of one type."""
        return tuple(entity for entity in self.entities if entity.kind == kind)


@dataclass(frozen=True)
class Answer:
    """One answer: a response of domain.yml and what fills it.

    Attributes:
        kind: what sort of reply it is.
        response: name of the response in domain.yml.
        values: what fills the response.
        topic: the question's topic.
        department: id of the department it is about, None for none or several.
        facts: paths of the facts it states, in the department's file.
        choices: departments offered as buttons.
    """

    kind: Kind
    response: str
    values: dict[str, Value] = field(default_factory=dict)
    topic: str = ""
    department: str | None = None
    facts: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


def text(value: Text) -> Value:
    """A text in both languages, as a value."""
    return {"en": value.en, "zh": value.zh}


def phrase(response: str, **values: Value) -> Value:
    """A response of domain.yml inside another one."""
    return {"phrase": response, "values": values}


def quantity(value: int, qualifier: str) -> Value:
    """A number with its qualifier: "about 6000", "nearly 20,000"."""
    return phrase(f"phrase_{qualifier}", value=value)


def short(department: Department) -> Value:
    """The name by which replies call a department."""
    return text(department.short_name)
