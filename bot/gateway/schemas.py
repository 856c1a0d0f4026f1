"""What the widget's interface takes and gives, as JSON. Strict: an unknown key or a wrong type is refused."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Optional

from pydantic import BaseModel, Extra, Field, StrictBool, StrictStr, conint, root_validator
from pydantic.errors import DictError

from bot.conversations import records
from bot.gateway.buttons import key

Language = Literal["en", "zh"]
if TYPE_CHECKING:
    Seq = int
else:
    Seq = conint(strict=True, ge=1, le=2**31 - 1)
ID = r"^[A-Za-z0-9_-]{1,64}$"


class _Model(BaseModel):
    class Config:
        extra = Extra.forbid
        allow_mutation = False

    @classmethod
    def validate(cls, value: Any) -> _Model:
        """Pydantic 1 would make an object of a list of pairs."""
        if not isinstance(value, (dict, cls)):
            raise DictError()
        return super().validate(value)


class NewConversation(_Model):
    """What is known of a person who opens the widget."""

    language: Optional[Language] = Field(  # noqa: UP045  # pydantic 1
        None, description="pins the language of the answers; without it each answer follows its message"
    )
    page: Optional[StrictStr] = Field(None, max_length=4000, description="address of the page")  # noqa: UP045
    department: Optional[StrictStr] = Field(None, max_length=100, description="id of the page's department")  # noqa: UP045


class OpenedConversation(_Model):
    """A new conversation, and the token that every further request carries (`Authorization: Bearer …`)."""

    conversation: str
    token: str


class NewMessage(_Model):
    """What a person sends: a text, or a button of an earlier message."""

    id: StrictStr = Field(..., regex=ID, description="made by the client; the same id again is the same message")
    text: Optional[StrictStr] = Field(None, description="1 to 1,000 characters after trimming")  # noqa: UP045
    button: Optional[StrictStr] = Field(None, max_length=16, description="key of the button pressed")  # noqa: UP045

    @root_validator(skip_on_failure=True)
    def _one_of_both(cls, values: dict[str, Any]) -> dict[str, Any]:
        if (values["text"] is None) == (values["button"] is None):
            raise ValueError("either text or button")
        return values


class Button(_Model):
    """A quick reply: its key ("<seq>.<index>") is what a client sends when it is pressed."""

    key: str
    title: str


class Source(_Model):
    """Where a fact comes from, in words, and the id of its department."""

    text: str
    department: Optional[str]  # noqa: UP045


class Message(_Model):
    """One message of a conversation. A patient's text is shown masked, as it is kept."""

    seq: int = Field(..., description="its place in the conversation, from 1")
    id: str
    sender: Literal["patient", "bot", "staff", "event"]
    text: str
    kind: str = Field(..., description="of a patient: text or button; of the bot: fact, unknown, advice, emergency, …")
    language: Optional[Language]  # noqa: UP045
    time: datetime
    buttons: list[Button]
    source: Optional[Source]  # noqa: UP045
    department: Optional[str]  # noqa: UP045
    topic: Optional[str]  # noqa: UP045
    rule: Optional[str] = Field(None, description="the rule of the safety gate behind the answer")  # noqa: UP045
    author: Optional[str] = Field(None, description="name of the staff member who wrote it")  # noqa: UP045
    reply_to: Optional[int] = Field(None, description="seq of the message that it answers")  # noqa: UP045

    @classmethod
    def of(cls, stored: records.Message) -> Message:
        """A stored message as its reader sees it."""
        body = stored.body
        return cls(
            seq=stored.seq,
            id=stored.id,
            sender=stored.sender,
            text=body.get("title", stored.text) if stored.kind == "button" else stored.text,
            kind=stored.kind,
            language=body.get("language"),
            time=stored.created_at,
            buttons=[
                Button(key=key(stored.seq, index), title=button["title"])
                for index, button in enumerate(body.get("buttons") or ())
            ],
            source=body.get("source"),
            department=body.get("department"),
            topic=body.get("topic"),
            rule=body.get("rule"),
            author=stored.author,
            reply_to=stored.reply_to,
        )


class State(_Model):
    """Who answers (the bot, or a person who has taken over), and the conversation's open ticket, if it has one."""

    mode: Literal["bot", "person"]
    ticket: Optional[str]  # noqa: UP045


class Queued(State):
    """The same, and the place in the front desk's queue, from 1; null where it is not in it."""

    place: Optional[int]  # noqa: UP045


class Thread(Queued):
    """Messages after a sequence number, oldest first, at most 200 at a time."""

    messages: list[Message]


class Feedback(_Model):
    """Whether a message helped."""

    message: Seq = Field(..., description="its seq")
    helpful: StrictBool


class PinnedLanguage(_Model):
    """The language to answer in; null to follow each message's own."""

    language: Optional[Language] = Field(...)  # noqa: UP045


class Ticket(_Model):
    """A conversation that waits for a person; its place in the front desk's queue, null where a person has it already."""

    ticket: str
    number: int
    urgency: Literal["emergency", "clinical", "service", "information"]
    opened: datetime
    place: Optional[int]  # noqa: UP045


class Error(_Model):
    """Why a request was refused: a code, and a sentence in the person's language."""

    error: str
    message: str
    field: Optional[str] = Field(None, description="the part of the request that is wrong")  # noqa: UP045
