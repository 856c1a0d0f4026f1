"""Intents in plain words: the question that stands for each in domain.yml (reading_INTENT)."""

from __future__ import annotations

from bot.language.wording import Responses, UnknownResponse, word


def reading(responses: Responses, intent: str, language: str) -> str:
    """What somebody asks whose message has an intent, as a question; the intent's own name where it has none."""
    try:
        return word(responses, f"reading_{intent}", language, {})
    except UnknownResponse:
        return intent
