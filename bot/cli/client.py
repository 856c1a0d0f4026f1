"""A client of the widget's interface, for the terminal, the measurements and the tests."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx

Message = dict[str, Any]
"""As bot.gateway.schemas.Message, in JSON."""


@dataclass(frozen=True)
class Event:
    """A server-sent event: its name, its id ("" without one), its data."""

    name: str
    id: str
    data: dict[str, Any]


class WidgetClient:
    """One conversation, as the widget has it. Use in a `with` block.

    Args:
        url: the gateway's address, with its prefix.
        token: of an earlier conversation; without it a new one is opened.
        opening: what is told at opening: language, page, department.

    Raises:
        httpx.HTTPError: from every method, if the gateway does not answer or refuses.
    """

    def __init__(self, url: str, token: str = "", timeout: float = 30.0, **opening: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/widget", timeout=timeout, trust_env=False)
        self.conversation = ""
        self.token = token
        if not token:
            opened = self._checked(self._http.post("/conversations", json=opening)).json()
            self.conversation, self.token = opened["conversation"], opened["token"]
        self._http.headers["Authorization"] = f"Bearer {self.token}"

    def __enter__(self) -> WidgetClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send(self, text: str, message_id: str = "") -> Message:
        """Send a text; the stored message."""
        return self._post({"id": message_id or uuid.uuid4().hex, "text": text})

    def press(self, button: str) -> Message:
        """Press a button by its key; the stored message."""
        return self._post({"id": uuid.uuid4().hex, "button": button})

    def read(self, after: int = 0) -> dict[str, Any]:
        """The messages after a sequence number, the mode, and the open ticket."""
        found: dict[str, Any] = self._checked(self._http.get("/messages", params={"after": after})).json()
        return found

    def events(self, after: int = 0) -> Iterator[Event]:
        """The event stream, until the gateway ends it."""
        with self._http.stream("GET", "/events", params={"after": after}) as reply:
            reply.raise_for_status()
            fields: dict[str, str] = {}
            for line in reply.iter_lines():
                name, _, value = line.partition(": ")
                if name:
                    fields[name] = value
                elif not line:
                    if "event" in fields:
                        yield Event(fields["event"], fields.get("id", ""), json.loads(fields["data"]))
                    fields = {}

    def replies(self, asked: Message) -> list[Message]:
        """Wait for the bot's replies to a message: they are stored together, so the first one brings them all."""
        for event in self.events(asked["seq"]):
            if event.name == "message" and event.data["reply_to"] == asked["seq"]:
                break
        return [found for found in self.read(asked["seq"])["messages"] if found["reply_to"] == asked["seq"]]

    def _post(self, content: dict[str, str]) -> Message:
        stored: Message = self._checked(self._http.post("/messages", json=content)).json()
        return stored

    @staticmethod
    def _checked(reply: httpx.Response) -> httpx.Response:
        reply.raise_for_status()
        return reply
