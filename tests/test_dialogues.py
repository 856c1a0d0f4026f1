"""The stories of `rasa test`, over REST against the real servers: kind, facts and language of every reply."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.stack import Stack, serving
from bot.cli.train import newest_model
from bot.settings import ROOT

pytestmark = pytest.mark.slow

ANNOTATION = re.compile(r"\[([^\]]+)\]\{[^}]*\}")
FEWEST = 60
Story = dict[str, Any]


def read_stories() -> list[Story]:
    files = sorted((ROOT / "tests" / "stories").glob("test_*.yml"))
    return [story for file in files for story in yaml.safe_load(file.read_text(encoding="utf-8"))["stories"]]


def messages(story: Story) -> list[str]:
    return [ANNOTATION.sub(r"\1", step["user"]).strip() for step in story["steps"] if "user" in step]


STORIES = read_stories()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    model = newest_model()
    assert model, "./run test trains one"
    with serving(Path(model), tmp_path_factory.mktemp("servers")) as running:
        yield running


def last_replies(tracker: dict[str, Any]) -> list[dict[str, Any]]:
    """The metadata of the bot's utterances since the last message."""
    found: list[dict[str, Any]] = []
    for event in reversed(tracker["events"]):
        if event["event"] == "user":
            return found
        if event["event"] == "bot":
            found.append(event["metadata"])
    return found


def test_there_are_enough() -> None:
    assert len(STORIES) >= FEWEST


@pytest.mark.parametrize("story", STORIES, ids=[story["story"] for story in STORIES])
def test_story(stack: Stack, story: Story) -> None:
    sender = uuid.uuid4().hex
    turns = story["metadata"]["turns"]
    said = messages(story)
    assert len(turns) == len(said), "one turn of metadata for each message"
    for number, (message, turn) in enumerate(zip(said, turns), 1):
        text = "\n".join(reply.get("text", "") for reply in stack.ask(sender, message))
        for pattern in turn["holds"]:
            assert re.search(pattern, text, re.IGNORECASE), f"turn {number}: no {pattern!r} in {text!r}"
        replies = last_replies(stack.tracker(sender))
        assert {reply["language"] for reply in replies} == {turn["language"]}, f"turn {number}: {text!r}"
        if turn["kind"]:
            assert turn["kind"] in {reply.get("kind") for reply in replies}, f"turn {number}: {text!r}"
