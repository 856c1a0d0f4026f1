"""bot.rasa.turns without servers: what is let through to Rasa, what is made of a turn, and what the store says."""

from __future__ import annotations

import asyncio
import sys
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.language.normalise import normalise
from bot.rasa.tracker_store import WindowedTrackerStore
from bot.rasa.turns import NotAnswered, find_turn, kind_of, stored_for_real, take_turn, whole_reply, without_slash
from bot.settings import ROOT

PAYLOADS = [
    "/restart",
    " /restart",
    "／restart",
    "\u200b/restart",
    "\ufeff \u2060／\u200d/restart",
    "//restart",
    "/ /restart",
    "\t\r\n\x00\x1c/restart",
    "\u3000/restart",
    "\ufe0f/restart",
    "\ud800/restart",
]


@pytest.mark.parametrize("text", PAYLOADS)
def test_slash_is_cut_off(text: str) -> None:
    assert without_slash(text).endswith("restart")
    assert not without_slash(text).startswith("/")


@pytest.mark.parametrize("name", ["session_start", "back", 'intent{"a":1}', "affirm@1.0", "restart\n", "greet "])
def test_no_payload_passes(name: str) -> None:
    assert without_slash(f"/{name}") == name


@pytest.mark.parametrize("text", ["/", "//", "／", " ", "", "\u200b", "/\u200b/ ／"])
def test_nothing_but_slashes_is_nothing(text: str) -> None:
    assert without_slash(text) == ""


@pytest.mark.parametrize("text", ["24/7?", "TACE/HAIC 都做吗", "1/2", "床位/医生", "👋 hi", "…", "-/-", "é"])
def test_other_slashes_stay(text: str) -> None:
    assert without_slash(text) == text


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("/／\u200b\ufeff \u3000\x00\ud800")), max_size=40))
def test_no_text_becomes_a_payload(text: str) -> None:
    """Whatever is written: neither raw, nor stripped as Rasa strips it, nor normalised does it start with a slash."""
    left = without_slash(text)
    assert not left.strip().startswith("/")
    assert not normalise(left).text.startswith("/")
    left.encode()
    assert without_slash(left) == left


def test_no_character_is_a_hidden_slash() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.normalize("NFKC", character).startswith("/"):
            assert without_slash(character) == "", hex(ord(character))


def said(message_id: str, *events: Event, **metadata: Any) -> list[Event]:
    user = UserUttered("…", {"name": "ask_beds", "confidence": 0.9}, message_id=message_id, metadata=metadata)
    return [ActionExecuted("action_listen"), user, ActionExecuted("action_answer"), *events]


def uttered(text: str | None, buttons: list[dict[str, str]] | None = None, **metadata: Any) -> BotUttered:
    return BotUttered(text, {"buttons": buttons}, metadata)


def test_turn_is_found_by_its_message() -> None:
    events = [*said("1", uttered("a")), *said("2", uttered("b"), uttered("c")), *said("3")]
    turn = find_turn(events, "2")
    assert turn is not None
    assert [reply.text for reply in turn.replies] == ["b", "c"]
    unanswered = find_turn(events, "3")
    assert unanswered is not None and unanswered.replies == ()
    assert find_turn(events, "4") is None


@pytest.mark.parametrize(
    ("before", "given_with_it", "asked_for", "pinned"),
    [
        (None, {}, None, None),
        ("zh", {}, None, "zh"),
        ("zh", {"language": None}, None, None),
        ("zh", {"language": "en"}, None, "en"),
        (None, {"language": "en"}, "zh", "zh"),
        (None, {"language": None}, "zh", "zh"),
    ],
)
def test_pinned_language(
    before: str | None, given_with_it: dict[str, Any], asked_for: str | None, pinned: str | None
) -> None:
    asked = [SlotSet("pinned_language", asked_for)] if asked_for else []
    turn = find_turn(
        [SlotSet("pinned_language", before), *said("1", *asked, **given_with_it), *said("2", language="en")], "1"
    )
    assert turn is not None and turn.pinned == pinned


def test_whole_reply() -> None:
    fact = uttered(
        "17 beds.",
        [{"title": "More", "payload": "More?", "type": "x"}],
        kind="fact",
        topic="beds",
        department="us",
        facts=["ward.beds"],
        source={"text": "Source.", "department": "us"},
        language="zh",
        script="traditional",
        values={"beds": 17},
    )
    turn = find_turn(said("1", fact, uttered(None), uttered("bye", kind="handoff", ticket="service", rule="r")), "1")
    assert turn is not None
    reply = whole_reply(turn)
    assert (reply["kind"], reply["language"], reply["script"]) == ("handoff", None, None)
    assert reply["intent"] == {"name": "ask_beds", "confidence": 0.9}
    nothing = dict.fromkeys(("topic", "department", "source", "rule", "language", "ticket"))
    assert reply["replies"] == [
        {
            "text": "17 beds.",
            "buttons": [{"title": "More", "payload": "More?"}],
            "kind": "fact",
            "topic": "beds",
            "department": "us",
            "facts": ["ward.beds"],
            "source": {"text": "Source.", "department": "us"},
            "rule": None,
            "language": "zh",
            "ticket": None,
        },
        {**nothing, "text": "bye", "buttons": [], "kind": "handoff", "facts": [], "rule": "r", "ticket": "service"},
    ]


@pytest.mark.parametrize(
    ("kinds", "kind"),
    [
        (["fact", "unknown"], "fact"),
        (["advice", "fact"], "advice"),
        (["fallback", "fact"], "fallback"),
        (["fact", "emergency"], "emergency"),
        ([None], "smalltalk"),
    ],
)
def test_kind_of_a_turn(kinds: list[str | None], kind: str) -> None:
    assert kind_of(kinds) == kind


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(str(ROOT / "domain.yml"))


@pytest.fixture
def store(domain: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WindowedTrackerStore:
    monkeypatch.setenv("DAOZHEN_DATABASE_URL", f"sqlite:///{tmp_path / 'store.sqlite'}")
    return WindowedTrackerStore(domain)


def agent_of(store: WindowedTrackerStore, processor: Any = None) -> Agent:
    return SimpleNamespace(
        tracker_store=FailSafeTrackerStore(store), lock_store=InMemoryLockStore(), processor=processor
    )


def failure(agent: Agent) -> NotAnswered:
    with pytest.raises(NotAnswered) as caught:
        asyncio.run(take_turn(agent, UserMessage("Beds?", sender_id="c", message_id="m")))
    return caught.value


def test_no_model(store: WindowedTrackerStore) -> None:
    assert failure(agent_of(store)).error == "no_model"


def test_broken_store_is_told_without_what_was_said(store: WindowedTrackerStore) -> None:
    """The fail-safe store around it would answer from memory."""
    agent = agent_of(store, processor=SimpleNamespace())
    assert stored_for_real(agent.tracker_store) is store
    store._engine.execute(sa.text("DROP TABLE trackers"))
    found = failure(agent)
    assert found.error == "tracker_failed"
    assert found.detail == "reading the conversation: OperationalError: no such table: trackers"


def test_stored_turn_is_the_reply(store: WindowedTrackerStore) -> None:
    """Without a look at the model: the processor here can do nothing."""
    tracker = DialogueStateTracker.from_events("c", said("m", uttered("17 beds.", kind="fact")))
    asyncio.run(store.save(tracker))
    turn = asyncio.run(
        take_turn(agent_of(store, processor=SimpleNamespace()), UserMessage("Beds?", sender_id="c", message_id="m"))
    )
    assert whole_reply(turn)["replies"][0]["text"] == "17 beds."
