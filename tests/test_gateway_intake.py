"""bot.gateway.intake, .tickets, .words: what is taken in, and what the gateway says itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.conversations.connect import connect
from bot.conversations.migrations import migrate
from bot.conversations.records import Conversation, Reply, utc_now
from bot.conversations.store import Store
from bot.conversations.wakeups import Wakeups
from bot.gateway import tickets
from bot.gateway.errors import CODES
from bot.gateway.intake import LONGEST, SUMMARY, Intake, InvalidText, summary, trim
from bot.gateway.metrics import Metrics
from bot.gateway.waiting import Waiting
from bot.gateway.words import Words
from bot.language.wording import UnknownResponse
from bot.safety.gate import shipped_gate
from bot.settings import Settings

WORDS = Words(Settings())
OWN = (
    "utter_emergency_told", "utter_emergency_told_closed", "utter_ticket_opened", "utter_ticket_withdrawn",
    "utter_starting", "utter_trouble", "utter_erased", *(f"error_{code}" for code in CODES),
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = connect(f"sqlite:///{tmp_path / 'x.sqlite'}")
    migrate(engine)
    yield Store(engine, Wakeups())
    engine.dispose()


def waiting(store: Store) -> Waiting:
    return Waiting(Settings(), store, WORDS, utc_now)


@pytest.fixture
def intake(store: Store) -> Intake:
    return Intake(store, shipped_gate(), WORDS, waiting(store), Metrics())


@given(st.text())
def test_trimming_leaves_what_can_be_stored_or_refuses(text: str) -> None:
    try:
        trimmed = trim(text)
    except InvalidText as error:
        assert error.code in ("empty", "too_long")
        return
    assert trimmed == trim(trimmed)
    assert 1 <= len(trimmed) <= LONGEST
    assert "\0" not in trimmed
    trimmed.encode("utf-8")


@pytest.mark.parametrize("text", ["", "\u200b\u200b", "\u3000", "\x00\x00", "\u202e \ufeff", "\n\t\r", "\xad"])
def test_what_cannot_be_seen_is_empty(text: str) -> None:
    with pytest.raises(InvalidText, match="empty"):
        trim(text)


def test_joiners_inside_a_text_stay() -> None:
    assert trim(" 👨\u200d👩\u200d👧 ") == "👨\u200d👩\u200d👧"


def test_a_summary_is_one_short_line() -> None:
    assert summary("a\n b\t c") == "a b c"
    assert len(summary("x" * 500)) == SUMMARY


@pytest.mark.parametrize(
    ("text", "language", "rule"),
    [
        ("I have severe chest pain", "en", "chest_pain"),
        ("我胸口疼得厉害，喘不上气", "zh", ""),
        ("I want to kill myself", "en", "suicide"),
        ("我不想活了", "zh", "suicide"),
    ],
)
def test_an_emergency_is_answered_in_the_transaction_that_stores_it(
    store: Store, intake: Intake, text: str, language: str, rule: str
) -> None:
    conversation = store.open("widget")
    message, new = intake.take(conversation, "m", f"{text}, 13812345678")
    assert new and "[PHONE]" in message.text
    _, reply = store.read(conversation.id)
    assert (reply.kind, reply.reply_to, reply.body["language"]) == ("emergency", message.seq, language)
    assert reply.body["rule"] == rule or not rule
    told = WORDS.text("utter_emergency_told", language, rule=reply.body["rule"])
    assert reply.text.endswith(f"\n{told}")
    assert ("12356" in reply.text) == (rule == "suicide")
    assert store.backlog().messages == 0
    found = store.conversation(conversation.id)
    assert found is not None and found.ticket is not None
    ticket = store.tickets.ticket(found.ticket)
    assert (ticket.urgency, ticket.language, ticket.reason) == ("emergency", language, "gate")
    assert "[PHONE]" in ticket.summary and "138" not in ticket.summary


def test_an_emergency_in_traditional_characters_is_answered_in_them(store: Store, intake: Intake) -> None:
    conversation = store.open("widget")
    intake.take(conversation, "m", "我爸爸突然昏倒了，沒有呼吸")
    assert "請馬上" in store.read(conversation.id)[1].text


def test_a_pinned_language_holds_in_an_emergency(store: Store, intake: Intake) -> None:
    conversation = store.open("widget", language="zh")
    intake.take(conversation, "m", "chest pain, cannot breathe")
    assert store.read(conversation.id)[1].body["language"] == "zh"


def test_an_emergency_said_twice_with_one_id_is_answered_once(store: Store, intake: Intake) -> None:
    conversation = store.open("widget")
    for _ in range(2):
        intake.take(conversation, "m", "chest pain, cannot breathe")
    assert len(store.read(conversation.id)) == 2


def test_an_emergency_raises_a_ticket_that_is_open(store: Store, intake: Intake) -> None:
    conversation = store.open("widget")
    opened = tickets.ask_for_person(store, waiting(store), conversation)
    intake.take(conversation, "m", "chest pain, cannot breathe")
    assert store.tickets.ticket(opened.id).urgency == "emergency"


def test_what_the_gateway_says_stands_in_both_languages() -> None:
    for name in OWN:
        for language in ("en", "zh"):
            assert WORDS.text(name, language, values={"name": "Li"})
        with pytest.raises(UnknownResponse):
            WORDS.text(name, "fr")


def test_every_response_for_the_gateway_is_used() -> None:
    responses = yaml.load((Path(__file__).parent.parent / "domain.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    assert {name for name in responses["responses"] if name.startswith("error_")} == {f"error_{code}" for code in CODES}


def spoken(store: Store, *turns: tuple[str, str, str]) -> Conversation:
    """A conversation of (text, kind of the answer, language)."""
    conversation = store.open("widget")
    for number, (text, kind, language) in enumerate(turns):
        store.accept(conversation.id, f"{number}", text, text)
        work = store.lease("test", 5)
        assert work is not None
        store.finish(work, [Reply("…", kind, {"language": language, "department": "ir"})])
    found = store.conversation(conversation.id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("turns", "about", "why"),
    [
        ((), "", "asked"),
        ((("do you do TACE", "fact", "en"), ("I want a person", "handoff", "en")), "do you do TACE", "asked"),
        ((("is my nodule bad", "advice", "en"), ("yes", "handoff", "en")), "is my nodule bad", "advice"),
        ((("blah", "fallback", "en"), ("需要", "handoff", "zh")), "blah", "fallback"),
        ((("hello", "smalltalk", "en"),), "hello", "asked"),
    ],
)
def test_a_ticket_says_what_it_is_about_and_why(
    store: Store, turns: tuple[tuple[str, str, str], ...], about: str, why: str
) -> None:
    messages = tickets.recent(store, spoken(store, *turns))
    assert tickets.subject(messages) == about
    assert tickets.reason(messages) == why


def test_a_ticket_knows_department_and_language(store: Store) -> None:
    conversation = spoken(store, ("病房有几张床", "fact", "zh"))
    ticket = tickets.ask_for_person(store, waiting(store), conversation, "en")
    assert (ticket.department, ticket.language, ticket.urgency) == ("ir", "zh", "service")
    assert "导诊台" in store.read(conversation.id)[-1].text


def test_who_has_written_nothing_is_told_in_the_browsers_language(store: Store) -> None:
    conversation = store.open("widget")
    ticket = tickets.ask_for_person(store, waiting(store), conversation, "zh")
    assert ticket.summary == ""
    assert "导诊台" in store.read(conversation.id)[-1].text
