"""What the gateway hands to the front desk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from actions.departments import Registry
from bot.conversations.records import Conversation, Message, Reply
from bot.conversations.transactions import Transactions, new_id
from bot.desk.accounts import Accounts
from bot.desk.audit import Audit
from bot.desk.reviews import Reviews
from bot.desk.services import Desk
from bot.desk.sessions import Sessions
from bot.gateway.rasa import RasaAway, RasaTrouble
from bot.gateway.services import Services
from bot.gateway.threads import in_thread
from bot.web.texts import load_texts


class AskRasa:
    """Asks Rasa outside every conversation: the tracker of each question is erased after it."""

    def __init__(self, parts: Services, clock: Callable[[], datetime]) -> None:
        self._parts = parts
        self._clock = clock

    async def __call__(self, text: str, language: str) -> Sequence[Reply]:
        """The replies to a text in a language; none while Rasa does not answer."""
        now, name = self._clock(), new_id()
        conversation = Conversation(
            id=name, channel="widget", address=None, language="zh" if language == "zh" else "en", script=None, mode="bot",
            department=None, page=None, created_at=now, last_seq=1, ticket=None,
        )  # fmt: skip
        message = Message(
            conversation=name, seq=1, id=name, sender="patient", text=text, original=None, kind="text", body={}, reply_to=None,
            author=None, created_at=now, delivery="delivered",
        )  # fmt: skip
        try:
            return (await self._parts.rasa.ask(conversation, message)).replies
        except (RasaAway, RasaTrouble):
            return ()
        finally:
            await in_thread(self._parts.store.erase, name)


def make_desk(parts: Services, clock: Callable[[], datetime]) -> Desk:
    """The front desk of a gateway."""
    transactions = Transactions(parts.engine, parts.wakeups, clock)
    accounts = Accounts(transactions)
    return Desk(
        settings=parts.settings,
        transactions=transactions,
        store=parts.store,
        wakeups=parts.wakeups,
        accounts=accounts,
        sessions=Sessions(transactions, accounts, parts.settings.desk_session_hours),
        audit=Audit(transactions),
        reviews=Reviews(transactions),
        gate=parts.intake.gate,
        responses=parts.words.responses,
        departments=Registry(),
        understand=AskRasa(parts, clock),
        texts=load_texts()["desk"],
        now=clock,
    )
