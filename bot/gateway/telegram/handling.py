"""Deals with stored updates: each person's in order, whatever is killed when; what comes of one is stored once.

The id of a message in its conversation is made of Telegram's own: the same thing again, in whatever update, is the same message.
"""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError
from telegram.error import NetworkError, RetryAfter

from bot.conversations.records import Conversation, Message, Reply, UnknownConversation, Update
from bot.gateway import buttons, tickets
from bot.gateway.intake import LONGEST, InvalidText
from bot.gateway.rates import TooFast
from bot.gateway.services import Services
from bot.gateway.telegram import keyboards
from bot.gateway.telegram.acts import Act, TakeButtons, Toast, perform
from bot.gateway.telegram.api import Bot, retry_after
from bot.gateway.telegram.commands import KNOWN, Commands, Turn
from bot.gateway.telegram.groups import Groups
from bot.gateway.telegram.reading import (
    CORRECTED_WITHIN,
    Command,
    Corrected,
    Incoming,
    Media,
    Mentioned,
    Pressed,
    read,
)
from bot.gateway.telegram.rendering import spans
from bot.gateway.telegram.starting import Starting
from bot.gateway.telegram.typing_action import Typing
from bot.gateway.threads import in_thread
from bot.language.mask import mask

logger = logging.getLogger(__name__)

MOST_TRIES = 5
"""How often an update is taken up that cannot be dealt with for reasons of its own, before it is given up."""
PAUSE = 2.0
"""Seconds before it is taken up again."""


class Handler:
    """Deals with updates.

    Args:
        parts: the gateway's services.
        bot: initialised.
        typing: shows that an answer is being made.
        starting: says that the bot is starting.
    """

    def __init__(self, parts: Services, bot: Bot, typing: Typing, starting: Starting) -> None:
        self._parts = parts
        self._store = parts.store
        self._bot = bot
        self._typing = typing
        self._starting = starting
        self._commands = Commands(parts)
        self._groups = Groups(parts, bot.link)

    async def deal_with(self, update: Update) -> None:
        """Deal with a leased update, or give it back."""
        try:
            pause = await self._try(update)
            if pause is None:
                await in_thread(self._store.finish_update, update)
            else:
                await in_thread(self._store.release_update, update, pause)
        except SQLAlchemyError:
            logger.exception("The database does not answer; an update waits until its lease has run out.")

    async def _try(self, update: Update) -> float | None:
        """Deal with an update; where that is to be tried again, the seconds to wait."""
        try:
            await self._deal_with(update)
        except UnknownConversation:  # erased just now: the next time it is a new one
            return 0.0
        except SQLAlchemyError:
            raise
        except RetryAfter as error:
            return retry_after(error)
        except Exception as error:
            if isinstance(error, NetworkError) or update.tries < MOST_TRIES:
                logger.warning("An update could not be dealt with (%s); it is tried again.", type(error).__name__)
                return PAUSE * update.tries
            logger.exception("An update was given up after %d tries.", update.tries)
        return None

    async def _deal_with(self, update: Update) -> None:
        assert update.body is not None
        found = read(update.body, self._bot)
        if found is None:
            return
        acts = await (self._in_private(found) if found.sender.private else in_thread(self._in_group, found))
        await asyncio.gather(*(perform(self._bot, act, update.tries) for act in acts))

    def _in_group(self, found: Incoming) -> list[Act]:
        if isinstance(found, Pressed):  # no button of ours
            return [Toast(found.query, "")]
        return self._groups.answer(found) if isinstance(found, (Command, Mentioned)) else []

    async def _in_private(self, found: Incoming) -> list[Act]:
        conversation = await in_thread(self._store.open, "telegram", str(found.sender.chat))
        self._typing.expect(conversation)
        acts = await in_thread(self._answer, conversation, found)
        self._starting.expect(conversation)
        return acts

    # From here on in a thread

    def _answer(self, conversation: Conversation, found: Incoming) -> list[Act]:
        messages = tickets.recent(self._store, conversation)
        if isinstance(found, Pressed):
            return self._pressed(conversation, messages, found)
        if isinstance(found, Corrected):
            return self._corrected(conversation, messages, found)
        if isinstance(found, Media):
            return self._media(conversation, messages, found)
        turn = Turn(conversation, messages, found.sender, str(found.sender.message), found.text)
        if isinstance(found, Command) and not self._parts.intake.emergency(found.text):
            return [] if self._too_fast(turn) else self._commands.run(turn, found.name, found.argument)
        self._written(turn)
        return []

    def _too_fast(self, turn: Turn) -> bool:
        """Whether somebody has said too much in the last minute, and has been told so; not in an emergency, nor to a person."""
        if turn.conversation.mode == "person" or self._parts.intake.emergency(turn.text):
            return False
        try:
            self._parts.rate_conversation.count(turn.conversation.id)
        except TooFast:
            self._refuse(turn, "error_too_fast", once=True)
            return True
        return False

    def _written(self, turn: Turn) -> None:
        """Take a text in, as the widget's are."""
        if self._too_fast(turn):
            return
        try:
            self._parts.intake.take(turn.conversation, turn.id, turn.text)
        except InvalidText as error:
            if error.code == "too_long":
                self._too_long(turn)
            else:
                self._refuse(turn, "utter_text_only")

    def _too_long(self, turn: Turn) -> None:
        """A person gets all of a long text, piece by piece; so does the gate."""
        pieces = [turn.text[start:end] for start, end in spans(turn.text, LONGEST)]
        if turn.conversation.mode == "person" or any(map(self._parts.intake.emergency, pieces)):
            for number, piece in enumerate(pieces):
                if turn.conversation.mode == "person" or self._parts.intake.emergency(piece):
                    self._parts.intake.take(turn.conversation, f"{turn.id}.{number}", piece)
        else:
            self._refuse(turn, "utter_too_long")

    def _refuse(self, turn: Turn, name: str, once: bool = False) -> None:
        """Say why a text is not answered; `once`: unless the last thing said was this."""
        said = next((message for message in reversed(turn.messages) if message.sender == "bot"), None)
        reply = self._commands.reply(turn, name)
        reply = Reply(reply.text, reply.kind or "unknown", {**reply.body, "refusal": name})
        shortened = Turn(turn.conversation, turn.messages, turn.sender, turn.id, turn.text[:LONGEST], "text", turn.body)
        repeated = once and said is not None and said.body.get("refusal") == name
        self._commands.answer(shortened, *(() if repeated else (reply,)))

    def _media(self, conversation: Conversation, messages: list[Message], found: Media) -> list[Act]:
        number = found.sender.message
        name = f"album.{found.album}" if found.album else f"{number}.media"
        turn = Turn(conversation, messages, found.sender, name, f"[{found.what}]", "media")
        person = conversation.mode == "person"
        self._commands.answer(
            turn, self._commands.reply(turn, "utter_text_only_person" if person else "utter_text_only")
        )
        if found.caption:
            self._written(Turn(conversation, messages, found.sender, str(number), found.caption, "text"))
        return []

    def _pressed(self, conversation: Conversation, messages: list[Message], found: Pressed) -> list[Act]:
        """What a button says is said once; its message loses its buttons, and the choice is shown above the answer."""
        off = TakeButtons(found.sender.chat, found.sender.message)
        try:
            key = keyboards.read(conversation.id, found.data)
            press = buttons.resolve(self._store, conversation.id, key)
        except buttons.NotOffered:
            turn = Turn(conversation, messages, found.sender, "", "")
            name = "error_not_offered" if conversation.last_seq else "utter_erased"
            toast = self._parts.words.text(name, turn.language, turn.script)
            return [Toast(found.query, toast, alert=True), off]
        body = {"title": press.title, "query": found.query}
        acts: list[Act] = [Toast(found.query, press.title), off]
        name, _, argument = press.payload.partition(" ")
        if name.startswith("/") and name[1:] in KNOWN:
            turn = Turn(conversation, messages, found.sender, f"press.{key}", press.title, "button", body)
            return [*acts, *self._commands.run(turn, name[1:], argument)]
        self._parts.intake.press(conversation, f"press.{key}", press, body)
        return acts

    def _corrected(self, conversation: Conversation, messages: list[Message], found: Corrected) -> list[Act]:
        """An edited message is answered where the first one was not understood, just now; and read by a person, and the gate."""
        first = self._store.message(conversation.id, str(found.sender.message))
        if first is None or first.text == mask(found.text).strip():
            return []
        intake = self._parts.intake
        emergency = intake.emergency(found.text) is not None and intake.emergency(first.text) is None
        in_time = found.seconds <= CORRECTED_WITHIN and self._fell_back(first)
        if conversation.mode == "person" or emergency or in_time:
            name = f"{found.sender.message}.{found.seconds:.0f}"
            self._written(Turn(conversation, messages, found.sender, name, found.text, "text"))
        return []

    def _fell_back(self, message: Message) -> bool:
        """Whether a message was answered with a fallback."""
        later = self._store.read(message.conversation, message.seq, 20)
        return any(found.reply_to == message.seq and found.kind == "fallback" for found in later)
