"""What the gateway itself says, from domain.yml, in the person's language and script."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.conversations.records import Reply
from bot.language.script import to_traditional
from bot.language.wording import Responses, variation, word
from bot.settings import ROOT, Settings

DOMAIN = ROOT / "domain.yml"


class Words:
    """The responses of domain.yml as replies and sentences.

    Args:
        settings: for the numbers to call.
        domain: the domain file.
    """

    def __init__(self, settings: Settings, domain: Path = DOMAIN) -> None:
        self.responses: Responses = yaml.load(domain.read_text(encoding="utf-8"), yaml.CSafeLoader)["responses"]
        self._numbers = {
            "emergency_number": settings.emergency_number,
            "crisis_hotline": settings.crisis_hotline,
        }

    def text(
        self,
        name: str,
        language: str,
        script: str | None = None,
        rule: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> str:
        """A response as a text.

        Raises:
            bot.language.wording.UnknownResponse: if domain.yml has none of this name in the language.
        """
        text = word(self.responses, name, language, {**self._numbers, **(values or {})}, rule)
        return to_traditional(text) if language == "zh" and script == "traditional" else text

    def reply(
        self,
        name: str,
        language: str,
        script: str | None = None,
        rule: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> Reply:
        """A response as a reply: its text, its kind, its buttons, and the rule of the gate that it is for.

        Raises:
            bot.language.wording.UnknownResponse: if domain.yml has none of this name in the language.
        """
        found = variation(self.responses, name, language, rule)
        body: dict[str, Any] = {"language": language}
        if language == "zh" and script:
            body["script"] = script
        if rule:
            body["rule"] = rule
        if "buttons" in found:
            body["buttons"] = [dict(button) for button in found["buttons"]]
            if language == "zh" and script == "traditional":
                for button in body["buttons"]:
                    button["title"] = to_traditional(button["title"])
        return Reply(self.text(name, language, script, rule, values), found["metadata"].get("kind", ""), body)
