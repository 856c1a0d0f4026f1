"""Ask the newest model and the lookups in this process, without servers: for the coverage table, benchmarks and tests."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from actions.departments import load
from actions.reply import reply_to
from actions.results import Answer
from actions.terms import load_vocabulary
from bot.language.wording import Responses, word
from bot.settings import ROOT


def read_responses(domain: Path = ROOT / "domain.yml") -> Responses:
    """The responses of domain.yml."""
    content = yaml.load(domain.read_text(encoding="utf-8"), yaml.CSafeLoader)
    responses: Responses = content["responses"]
    return responses


SAID_AS_IT_STANDS = {
    "report_emergency": "emergency",
    "request_human": "handoff",
    "nlu_fallback": "fallback",
    "out_of_scope": "fallback",
    "change_language": "command",
    "request_erasure": "command",
    **dict.fromkeys(("greet", "thank", "goodbye", "affirm", "deny", "give_feedback", "express_worry"), "smalltalk"),
    **dict.fromkeys(("ask_identity", "ask_capabilities"), "smalltalk"),
}
"""The kind of reply of the intents whose rule looks nothing up."""


@dataclass(frozen=True)
class Reply:
    """What a message leads to: its parse, the answers from the department files, and their text in one language.

    `kind` is the kind of the reply as a whole: of what is said without a look-up (an emergency, small talk) too.
    """

    parse: Mapping[str, Any]
    answers: list[Answer]
    text: str
    kind: str


class Understanding:
    """The newest model with the department files.

    Raises:
        FileNotFoundError: if there is no model.
    """

    def __init__(self, model: Path | None = None) -> None:
        from bot.cli.train import newest_model
        from bot.quiet import silence

        silence()
        from rasa.core.agent import Agent

        model = model or newest_model()
        if model is None:
            raise FileNotFoundError("there is no model under models/: ./run train makes one")
        self._agent = Agent.load(str(model))
        self._departments = load()
        self._vocabulary = load_vocabulary()
        self._responses = read_responses()

    def parse(self, text: str) -> dict[str, Any]:
        """Rasa's parse of a message."""
        parsed: dict[str, Any] = asyncio.run(self._agent.parse_message(text))
        return parsed

    def reply(self, text: str, language: str, slots: Mapping[str, Any] | None = None) -> Reply:
        """What the bot's lookups answer to a message."""
        parse = self.parse(text)
        said = SAID_AS_IT_STANDS.get(parse["intent"]["name"])
        if said:
            return Reply(parse, [], "", said)
        _, answers = reply_to(parse, slots or {}, self._departments, self._vocabulary)
        texts = [word(self._responses, found.response, language, found.values) for found in answers]
        kinds = [found.kind for found in answers]
        kind = next((name for name in ("advice", "fact") if name in kinds), kinds[0] if kinds else "smalltalk")
        return Reply(parse, answers, "\n".join(texts), kind)
