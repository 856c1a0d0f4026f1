"""bot.rasa: model, splitter, wording, reply generator and tracker store, each without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, Restarted, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.language.names import Found
from bot.language.tokenise import Tokeniser
from bot.language.wording import UnknownResponse, join, number, word
from bot.rasa.classifier import masked_words, only_names
from bot.rasa.intent_model import IntentModel, Prediction
from bot.rasa.nlg import CHANNEL, ReplyGenerator
from bot.rasa.splitter import groupings, segments
from bot.rasa.tracker_store import WindowedTrackerStore, window
from bot.settings import ROOT

TOKENISER = Tokeniser()
TEXTS = {
    "beds": ["how many beds", "number of beds please", "beds in the ward", "how big is the ward", "ward beds"],
    "price": ["what does it cost", "price please", "how much money", "cost of it", "is it expensive to pay"],
    "hours": ["when are you open", "opening hours", "open on sunday", "what time do you open", "hours please"],
}
EXAMPLES = [(text.split(), intent) for intent, texts in TEXTS.items() for text in texts]


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return IntentModel.fit([words for words, _ in EXAMPLES], [intent for _, intent in EXAMPLES])


@pytest.mark.parametrize(("text", "intent"), [("beds please", "beds"), ("cost", "price"), ("open hours", "hours")])
def test_model_predicts(model: IntentModel, text: str, intent: str) -> None:
    (prediction,) = model.predict([text.split()])
    assert prediction.ranking[0][0] == intent
    assert 0 < sum(share for _, share in prediction.ranking) <= 1.000001
    assert 0 <= prediction.confidence <= 1


def test_model_trusts_what_it_knows_more(model: IntentModel) -> None:
    known, strange = model.predict([["how", "many", "beds"], ["zorp", "quux", "blat"]])
    assert known.confidence > strange.confidence


def test_model_survives_saving(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"model.json", "model.npz"}
    again = IntentModel.load(tmp_path)
    for words, _ in EXAMPLES:
        (a,), (b,) = model.predict([words]), again.predict([words])
        assert a.ranking[0][0] == b.ranking[0][0]
        assert a.confidence == pytest.approx(b.confidence, abs=1e-4)


def test_model_needs_two_intents() -> None:
    with pytest.raises(ValueError, match="two intents"):
        IntentModel.fit([["a"], ["b"]], ["x", "x"])


def test_masking_keeps_general_terms() -> None:
    text = "does fever follow ablation in hangzhou?"
    found = [
        Found(5, 10, "condition", "fever", 1.0, own=False),
        Found(18, 26, "procedure", "ablation", 1.0),
        Found(30, 38, "department", "us", 1.0),
    ]
    words = TOKENISER.words(text)
    masked = ["does", "<condition>", "fever", "follow", "<procedure>", "in", "<department>", "?"]
    assert masked_words(words, found) == masked
    assert not only_names(words, found)


def test_only_names() -> None:
    words = TOKENISER.words("hangzhou?")
    assert only_names(words, [Found(0, 8, "department", "us", 1.0)])
    assert not only_names(words, [Found(0, 8, "department", "us", 1.0, own=False)])


def fake(text: str) -> Any:
    words = TOKENISER.words(text)

    def judge(spans: Sequence[tuple[int, int]]) -> list[Prediction]:
        found = []
        for first, last in spans:
            part = " ".join(word.text for word in words[first:last])
            hits = [name for name in ("beds", "price", "hello", "aspirin") if name in part]
            intent = {"beds": "ask_beds", "price": "ask_price", "hello": "greet", "aspirin": "seek_advice"}.get(
                hits[0] if hits else "", "ask_waiting"
            )
            found.append(Prediction(((intent, 0.9),), 0.9 if len(hits) == 1 else 0.2, len(hits) != 1))
        return found

    return words, judge


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("how many beds and what is the price", ["ask_beds", "ask_price"]),
        ("hello, what is the price", ["ask_price"]),
        ("beds, price, nonsense", ["ask_beds", "ask_price"]),
        ("beds and beds", []),
        ("stop aspirin? how many beds", ["seek_advice", "ask_beds"]),
        ("how many beds, what price and aspirin", ["ask_beds", "ask_price", "seek_advice"]),
        ("hello, stop aspirin?", []),
        ("stop aspirin? start aspirin?", []),
        ("beds", []),
    ],
)
def test_segments(text: str, intents: list[str]) -> None:
    words, judge = fake(text)
    assert [segment.intent for segment in segments(text, words, judge)] == intents


def test_a_clause_that_only_names_a_department_asks_the_same_of_it() -> None:
    words, judge = fake("how many beds in shanghai and how many in hangzhou")
    text = "how many beds in shanghai and how many in hangzhou"
    places = [(text.index(name), text.index(name) + len(name)) for name in ("shanghai", "hangzhou")]
    assert [segment.intent for segment in segments(text, words, judge, places)] == ["ask_beds", "ask_beds"]
    assert segments(text, words, judge) == []


def test_groupings() -> None:
    assert len(list(groupings(4))) == 8
    assert [(0, 2), (2, 3)] in list(groupings(3))


RESPONSES = {
    "utter_x": [
        {"text": "{department} has {items}. {sentences}", "metadata": {"language": "en"}},
        {"text": "{department}有{items}。{sentences}", "metadata": {"language": "zh"}},
        {"text": "special", "metadata": {"language": "en", "rule": "suicide"}},
    ],
    "phrase_about": [
        {"text": "about {value}", "metadata": {"language": "en"}},
        {"text": "约{value}", "metadata": {"language": "zh"}},
    ],
}


def test_wording() -> None:
    values = {
        "department": {"en": "It", "zh": "本科"},
        "items": [{"phrase": "phrase_about", "values": {"value": 20000}}, {"en": "beds", "zh": "床"}],
    }
    assert word(RESPONSES, "utter_x", "en", values) == "It has about 20,000 and beds."
    assert word(RESPONSES, "utter_x", "zh", values) == "本科有约2万、床。"
    assert word(RESPONSES, "utter_x", "en", values, "suicide") == "special"
    with pytest.raises(UnknownResponse, match="utter_y"):
        word(RESPONSES, "utter_y", "en", {})


@pytest.mark.parametrize(
    ("value", "language", "printed"),
    [
        (6000, "en", "6000"),
        (20000, "en", "20,000"),
        (20000, "zh", "2万"),
        (25000, "zh", "2.5万"),
        (12345, "zh", "12345"),
    ],
)
def test_number(value: int, language: str, printed: str) -> None:
    assert number(value, language) == printed


def test_lists() -> None:
    assert join(["a", "b", "c"], "items", "en") == "a, b and c"
    assert join(["a, b", "c"], "items", "en") == "a, b; c"
    assert join(["甲", "乙"], "items", "zh") == "甲、乙"
    assert join(["a", "b"], "lines", "en") == "• a\n• b"
    assert join(["a.", "b."], "sentences", "en") == "a. b."


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(str(ROOT / "domain.yml"))


def tracker_of(domain: Domain, parse: dict[str, Any], text: str, **slots: Any) -> DialogueStateTracker:
    tracker = DialogueStateTracker("someone", domain.slots)
    for name, value in slots.items():
        tracker.update(SlotSet(name, value))
    tracker.update(UserUttered(text, {"name": "greet"}, parse_data={"text": text, **parse}))
    return tracker


@pytest.mark.parametrize(
    ("parse", "text", "slots", "start"),
    [
        ({"language": "en"}, "hi", {}, "Hello"),
        ({"language": "zh", "script": None}, "你好", {}, "您好"),
        ({"language": "zh", "script": "traditional"}, "您好，請問", {}, "您好！科室的病房、醫生"),
        ({"language": None}, "TACE", {"language": "zh"}, "您好"),
        ({"language": "en"}, "hi", {"pinned_language": "zh"}, "您好"),
    ],
)
def test_reply_language(domain: Domain, parse: dict[str, Any], text: str, slots: dict[str, Any], start: str) -> None:
    reply = asyncio.run(
        ReplyGenerator(None, domain).generate("utter_greet", tracker_of(domain, parse, text, **slots), "x")
    )
    assert reply["text"].startswith(start)
    assert reply["kind"] == "smalltalk"


@pytest.mark.parametrize(
    ("given", "slots", "parse", "start"),
    [
        ({"language": "zh"}, {}, {"language": "en"}, "您好！科室"),
        ({"language": "en"}, {"pinned_language": "zh"}, {"language": "zh"}, "Hello"),
        ({"language": None}, {"pinned_language": "zh"}, {"language": "en"}, "Hello"),
        ({"language": "zh", "script": "traditional"}, {}, {"language": "en"}, "您好！科室的病房、醫生"),
        (
            {"language": None, "script": "simplified"},
            {},
            {"language": "zh", "script": "traditional"},
            "您好！科室的病房、医生",
        ),
    ],
)
def test_what_the_channel_says_is_pinned_wins(
    domain: Domain, given: dict[str, Any], slots: dict[str, Any], parse: dict[str, Any], start: str
) -> None:
    tracker = tracker_of(domain, parse, "…", **slots)
    tracker.latest_message.metadata = given
    reply = asyncio.run(ReplyGenerator(None, domain).generate("utter_greet", tracker, CHANNEL))
    assert reply["text"].startswith(start)
    assert reply["script"] == (given.get("script") if reply["language"] == "zh" else None)


@pytest.mark.parametrize("channel", [CHANNEL, "rest", "collector"])
def test_source_of_a_reply(domain: Domain, channel: str) -> None:
    """Beside the text for our own channel, in the text too for Rasa's."""
    title = {"phrase": "phrase_source_undated", "values": {"title": {"en": "the page", "zh": "网页"}}}
    values = {"department": {"en": "It", "zh": "本科"}, "beds": 17}
    reply = asyncio.run(
        ReplyGenerator(None, domain).generate(
            "utter_beds", tracker_of(domain, {"language": "zh", "script": "traditional"}, "幾張床"), channel,
            values=values, sources=[title], department="us", kind="fact", ticket="service",
        )
    )  # fmt: skip
    assert reply["source"] == {"text": "信息來源：網頁（未註明日期）。", "department": "us"}
    assert reply["text"].endswith(reply["source"]["text"]) == (channel != CHANNEL)
    assert (reply["kind"], reply["ticket"]) == ("fact", "service")


def test_reply_to_an_emergency_names_the_numbers(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAOZHEN_EMERGENCY_NUMBER", "999")
    monkeypatch.setenv("DAOZHEN_CRISIS_HOTLINE", "777")
    generator = ReplyGenerator(None, domain)
    plain = tracker_of(domain, {"language": "en", "gate": {"rule": "chest_pain"}}, "chest pain")
    suicide = tracker_of(domain, {"language": "en", "gate": {"rule": "suicide"}}, "…")
    assert "999" in asyncio.run(generator.generate("utter_emergency", plain, "x"))["text"]
    assert "777" in asyncio.run(generator.generate("utter_emergency", suicide, "x"))["text"]


def turn(number: int) -> list[Event]:
    return [
        ActionExecuted("action_listen"),
        UserUttered(f"question {number}", {"name": "ask_beds"}),
        ActionExecuted("action_answer"),
        SlotSet("about_department", f"d{number}"),
    ]


def test_window_is_bounded_and_keeps_the_slots() -> None:
    events = [SlotSet("language", "zh"), *(event for number in range(50) for event in turn(number))]
    kept = window(events, 3)
    assert sum(isinstance(event, UserUttered) for event in kept) == 3
    assert [event.key for event in kept[:2] if isinstance(event, SlotSet)] == ["language", "about_department"]
    assert window(kept, 3) == kept


def test_window_begins_with_the_session_and_forgets_what_was_reset() -> None:
    session = [ActionExecuted("action_session_start"), SessionStarted(), *turn(1)]
    assert window([*turn(0), *session], 10)[-len(session) :] == session
    kept = window([SlotSet("language", "zh"), Restarted(), *turn(0), *turn(1)], 1)
    assert not any(isinstance(event, SlotSet) and event.key == "language" for event in kept)


def test_store_round_trip(domain: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAOZHEN_DATABASE_URL", f"sqlite:///{tmp_path / 'deep' / 'store.sqlite'}")

    async def converse() -> DialogueStateTracker | None:
        store = WindowedTrackerStore(domain)
        for count in range(30):
            tracker = await store.get_or_create_tracker("someone")
            for event in turn(count):
                tracker.update(event, domain)
            await store.save(tracker)
        assert list(await store.keys()) == ["someone"]
        assert await store.retrieve("nobody") is None
        return await store.retrieve("someone")

    found = asyncio.run(converse())
    assert found is not None
    assert found.get_slot("about_department") == "d29"
    assert sum(isinstance(event, UserUttered) for event in found.events) == 10
    assert json.dumps([event.as_dict() for event in found.events])
