"""The commands. What they say goes out by way of the store, like every reply, stored together with the command.

A command may be taken up twice (its gateway was killed): each does what is left to do, and what has been said is not said again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from telegram import BotCommand

from bot.conversations.records import Conversation, Language, Message, NewTicket, Reply, Script
from bot.gateway import tickets
from bot.gateway.intake import summary
from bot.gateway.services import Services
from bot.gateway.telegram.acts import Act, Say
from bot.gateway.telegram.reading import From
from bot.gateway.words import Words
from bot.language.mask import mask
from bot.language.script import to_traditional

LISTED = ("start", "departments", "human", "bot", "language", "privacy", "forget", "help")
"""The commands in Telegram's menu, in this order."""
KNOWN = frozenset({*LISTED, "withdraw"})
"""/withdraw is what a button says."""
TONGUES: Mapping[str, tuple[Language | None, Script | None]] = {
    "en": ("en", None),
    "english": ("en", None),
    "zh": ("zh", None),
    "中文": ("zh", None),
    "chinese": ("zh", None),
    "zh-hans": ("zh", "simplified"),
    "简体中文": ("zh", "simplified"),
    "zh-hant": ("zh", "traditional"),
    "繁體中文": ("zh", "traditional"),
    "auto": (None, None),
}
"""What can be said after /language: the language and script that it pins."""


@dataclass(frozen=True)
class Turn:
    """Somebody's turn in their conversation: what they did, as it is stored, and the language to answer in."""

    conversation: Conversation
    messages: list[Message]
    sender: From
    id: str
    text: str
    kind: str = "command"
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """The language to say something in that the text does not decide."""
        return tickets.language_of(self.conversation, self.messages, self.sender.language)

    @property
    def script(self) -> str | None:
        """The script to say it in."""
        return tickets.script_of(self.conversation, self.messages) or self.sender.script


def menu(words: Words, language: str) -> list[BotCommand]:
    """The commands as Telegram's menu shows them (a description has 1-256 characters: BotCommand)."""
    return [BotCommand(name, words.text(f"command_{name}", language)) for name in LISTED]


def help_text(words: Words, language: str, script: str | None) -> str:
    """What the bot can do, and its commands."""
    said = {name: words.text(f"command_{name}", language, script) for name in LISTED}
    colon = "：" if language == "zh" else ": "
    lines = [f"/{name}{' – ' if colon == ': ' else ' '}{text}" for name, text in said.items()]
    return "\n\n".join((words.text("utter_capabilities", language, script), "\n".join(lines)))


class Commands:
    """What the commands do; their methods block.

    Args:
        parts: the gateway's services.
    """

    def __init__(self, parts: Services) -> None:
        self._parts = parts
        self._store = parts.store
        self._words = parts.words
        self._do: Mapping[str, Callable[[Turn, str], list[Act]]] = {
            "start": self._start,
            "help": self._help,
            "departments": self._departments,
            "language": self._language,
            "human": self._human,
            "withdraw": self._withdraw,
            "bot": self._bot,
            "privacy": self._privacy,
            "forget": self._forget,
        }

    def run(self, turn: Turn, name: str, argument: str) -> list[Act]:
        """Do what a command asks for; what else is to be done at Telegram.

        Raises:
            bot.conversations.records.UnknownConversation: if the conversation has been erased meanwhile.
        """
        return self._do.get(name, self._unknown)(turn, argument)

    def answer(self, turn: Turn, *replies: Reply, ticket: NewTicket | None = None) -> bool:
        """Store what somebody did with what is said to it; False if that has been done."""
        _, new = self._store.accept(
            turn.conversation.id,
            turn.id,
            turn.text,
            mask(turn.text),
            kind=turn.kind,
            body=turn.body,
            handled=True,
            replies=replies,
            ticket=ticket,
        )
        if new:
            self._parts.metrics.messages.labels("telegram").inc()
            for reply in replies:
                self._parts.metrics.replies.labels(reply.kind).inc()
        return new

    def reply(self, turn: Turn, name: str, **values: Any) -> Reply:
        """A response of domain.yml in the person's language."""
        return self._words.reply(name, turn.language, turn.script, values=values)

    # One method a command

    def _start(self, turn: Turn, argument: str) -> list[Act]:
        self.answer(turn, self._with_departments(turn, self.reply(turn, "utter_telegram_start")))
        return []

    def _help(self, turn: Turn, argument: str) -> list[Act]:
        reply = self.reply(turn, "utter_capabilities")
        self.answer(turn, replace(reply, text=help_text(self._words, turn.language, turn.script), kind="command"))
        return []

    def _departments(self, turn: Turn, argument: str) -> list[Act]:
        from actions.answers import department_lines

        lines = department_lines(self._parts.site.departments())
        reply = self.reply(turn, "utter_departments", lines=lines)
        self.answer(turn, self._with_departments(turn, replace(reply, kind="command")))
        return []

    def _language(self, turn: Turn, argument: str) -> list[Act]:
        pinned = TONGUES.get(argument.lower())
        if pinned is None:
            self.answer(turn, self.reply(turn, "utter_choose_language"))
            return []
        language, script = pinned
        self._store.set_language(turn.conversation.id, language)
        self._store.set_script(turn.conversation.id, script)
        if language is None:
            self.answer(turn, self.reply(turn, "utter_language_follows"))
        else:
            self.answer(turn, self._words.reply("utter_language_changed", language, script))
        return []

    def _human(self, turn: Turn, argument: str) -> list[Act]:
        if turn.conversation.mode == "person":
            self.answer(turn, self.reply(turn, "utter_person_reads"))
            return []
        if turn.conversation.ticket is not None:
            self.answer(turn, self._withdrawable(turn, self._about_waiting(turn)))
            return []
        ticket = tickets.new_ticket("service", "asked", turn.conversation, turn.messages)
        ticket = replace(ticket, language=turn.language)
        if argument:
            ticket = replace(ticket, summary=summary(mask(argument)))
        if self.answer(turn, self._withdrawable(turn, self._about_waiting(turn)), ticket=ticket):
            self._parts.metrics.tickets.labels("opened").inc()
        return []

    def _withdraw(self, turn: Turn, argument: str) -> list[Act]:
        if turn.conversation.ticket is None:
            self.answer(turn, self.reply(turn, "utter_no_person"))
            return []
        self.answer(turn)
        if tickets.withdraw(self._store, self._words, turn.conversation, turn.language):
            self._parts.metrics.tickets.labels("withdrawn").inc()
        return []

    def _bot(self, turn: Turn, argument: str) -> list[Act]:
        """Back to the bot: from a person who has taken over, but not from an emergency; a request that waits stays."""
        ticket = turn.conversation.ticket
        if ticket is None:
            self.answer(turn, self.reply(turn, "utter_no_person"))
        elif turn.conversation.mode == "bot":
            self.answer(turn, self.reply(turn, "utter_ticket_kept"))
        elif self._store.tickets.ticket(ticket).urgency == "emergency":
            self.answer(turn, self.reply(turn, "utter_person_stays"))
        else:
            return self._withdraw(turn, argument)
        return []

    def _privacy(self, turn: Turn, argument: str) -> list[Act]:
        settings = self._parts.settings
        hours, days = settings.keep_originals_hours, settings.keep_conversations_days
        self.answer(turn, self.reply(turn, "utter_privacy", hours=hours, days=days))
        return []

    def _forget(self, turn: Turn, argument: str) -> list[Act]:
        if turn.kind == "button" and argument == "yes":
            said = self.reply(turn, "utter_erased").text
            self._store.erase(turn.conversation.id)
            return [Say(turn.sender.chat, said)]
        asked = "utter_not_erased" if turn.kind == "button" else "utter_forget_ask"
        self.answer(turn, self.reply(turn, asked))
        return []

    def _unknown(self, turn: Turn, argument: str) -> list[Act]:
        self.answer(turn, self.reply(turn, "utter_unknown_command"))
        return []

    # What several say

    def _with_departments(self, turn: Turn, reply: Reply) -> Reply:
        names = [getattr(found.short_name, turn.language) for found in self._parts.site.departments()]
        if turn.language == "zh" and turn.script == "traditional":
            names = [to_traditional(name) for name in names]
        return _with_buttons(reply, [{"title": name, "payload": name} for name in names])

    def _about_waiting(self, turn: Turn) -> Reply:
        return tickets.about_waiting(self._store, self._parts.waiting, turn.conversation, turn.language, turn.script)

    def _withdrawable(self, turn: Turn, reply: Reply) -> Reply:
        title = self._words.text("label_withdraw", turn.language, turn.script)
        return _with_buttons(reply, [{"title": title, "payload": "/withdraw"}])


def _with_buttons(reply: Reply, buttons: list[dict[str, str]]) -> Reply:
    return replace(reply, body={**reply.body, "buttons": buttons})
