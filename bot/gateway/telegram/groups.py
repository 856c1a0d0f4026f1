"""In a group the bot answers commands and mentions only, says nothing personal, and keeps nothing: it talks in private."""

from __future__ import annotations

from bot.gateway.rates import PerMinute, TooFast
from bot.gateway.services import Services
from bot.gateway.telegram.acts import Act, Say
from bot.gateway.telegram.commands import KNOWN, help_text
from bot.gateway.telegram.reading import Command, Mentioned

MOST = 10
"""How often a minute it says something in one group: Telegram allows twenty."""


class Groups:
    """What is said in groups.

    Args:
        parts: the gateway's services.
        link: the address of a private chat with the bot.
    """

    def __init__(self, parts: Services, link: str) -> None:
        self._parts = parts
        self._link = link
        self._rate = PerMinute(MOST)

    def answer(self, found: Command | Mentioned) -> list[Act]:
        """What to say to something; an emergency is told what to do wherever it is."""
        language, script = found.sender.language, found.sender.script
        words = self._parts.words
        emergency = self._parts.intake.emergency(found.text)
        if isinstance(found, Command) and found.name not in KNOWN and not found.addressed and not emergency:
            return []  # another bot's
        try:
            self._rate.count(str(found.sender.chat))
        except TooFast:
            return []
        private = words.text("utter_group", language, script)
        if emergency:
            text = words.text("utter_emergency", language, script, emergency.rule)
        else:
            text = "\n\n".join((*self._general(found), private))
        link = (words.text("label_private_chat", language, script), self._link)
        return [Say(found.sender.chat, text, found.sender.message, found.sender.thread, link)]

    def _general(self, found: Command | Mentioned) -> list[str]:
        """What anybody may read, where a command asks for it."""
        language, script = found.sender.language, found.sender.script
        words, settings = self._parts.words, self._parts.settings
        name = found.name if isinstance(found, Command) else ""
        if name == "help":
            return [help_text(words, language, script)]
        if name == "privacy":
            values = {"hours": settings.keep_originals_hours, "days": settings.keep_conversations_days}
            return [words.text("utter_privacy", language, script, values=values)]
        return []
