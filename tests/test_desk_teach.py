"""bot/desk/teach.py, reviews.py, intents.py: what was not answered well, and which intent it has."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from desk_parts import Member, desk, desk_of, member, stripped, wish
from gateway_parts import Running, reply, until

from bot.cli.client import WidgetClient
from bot.conversations.records import utc_now
from bot.desk.intents import Intents
from bot.language.examples import Example
from bot.language.mask import mask

EXAMPLES = [
    Example("en", "ask_parking", "where can I park"),
    Example("en", "ask_beds", "how many beds are there"),
    Example("zh", "ask_beds", "有多少张床"),
    Example("en", "out_of_scope", "tell me a joke"),
]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with desk(tmp_path) as running:
        yield running


@pytest.fixture
def nurse(running: Running) -> Member:
    return member(running, "nurse")


def asked(running: Running, text: str, kind: str, helpful: bool | None = None) -> WidgetClient:
    """A patient whose question got a reply of a kind, and who said whether it helped."""
    running.rasa.answers[mask(text)] = [reply("…", kind=kind)]
    patient = running.client(language="en")
    answer = patient.replies(patient.send(text))[0]
    if helpful is not None:
        headers = {"Authorization": f"Bearer {patient.token}"}
        rating = {"message": answer["seq"], "helpful": helpful}
        httpx.post(f"{running.url}/widget/feedback", json=rating, headers=headers).raise_for_status()
    return patient


def test_what_was_not_answered_well_is_listed_the_newest_first(running: Running, nurse: Member) -> None:
    asked(running, "how far is it", "unknown")
    asked(running, "eh?", "fallback")
    asked(running, "which beds", "fact", helpful=False)
    asked(running, "thanks", "smalltalk")
    asked(running, "how many doctors", "fact", helpful=True)
    found = nurse.get("/teach").json()["unanswered"]
    assert [(one["text"], one["why"]) for one in found] == [
        ("which beds", "unhelpful"), ("eh?", "fallback"), ("how far is it", "unknown"),
    ]  # fmt: skip
    page = stripped(nurse.page("/teach").text)
    assert "how far is it" in page and "thumbs down" in page


def test_what_is_old_is_not(running: Running) -> None:
    asked(running, "eh?", "fallback")
    reviews = desk_of(running).reviews
    assert reviews.unanswered(utc_now() - timedelta(days=1))
    assert not reviews.unanswered(utc_now() + timedelta(days=1))


def test_a_message_goes_to_the_review_list_and_back(running: Running, nurse: Member) -> None:
    patient = asked(running, "my phone is 13812345678, any beds?", "fallback")
    body = {"conversation": patient.conversation, "seq": 1}
    assert nurse.do("/teach", **body, intent="no_such_intent").json()["error"] == "no_intent"
    assert nurse.do("/teach", **{**body, "seq": 2}, intent="greet").json()["error"] == "no_message"
    for intent in ("greet", "ask_beds"):
        assert nurse.do("/teach", **body, intent=intent).status_code == 204
    found = nurse.get("/teach").json()
    assert found["unanswered"] == []
    (review,) = found["proposed"]
    assert (review["text"], review["intent"], review["author"]) == (
        "my phone is [PHONE], any beds?",
        "ask_beds",
        "Nurse",
    )
    assert nurse.do(f"/teach/{review['id']}", "DELETE").status_code == 204
    assert nurse.do(f"/teach/{review['id']}", "DELETE").json()["error"] == "no_message"
    assert len(nurse.get("/teach").json()["unanswered"]) == 1
    assert [entry.action for entry in desk_of(running).audit.entries(account="nurse")].count("teach") == 2


def test_from_a_ticket_a_message_is_chosen(running: Running, nurse: Member) -> None:
    patient, ticket = wish(running, "Where can I park?")
    link = f"/teach?conversation={patient.conversation}&amp;seq=1"
    assert link in nurse.page(f"/tickets/{ticket}").text
    assert "Where can I park?" in nurse.page(link.replace("&amp;", "&")).text
    assert nurse.page("/teach?conversation=none&seq=1").status_code == 404


def test_what_a_patient_erases_is_proposed_no_more(running: Running, nurse: Member) -> None:
    patient = asked(running, "eh?", "fallback")
    nurse.do("/teach", conversation=patient.conversation, seq=1, intent="greet")
    httpx.delete(f"{running.url}/widget/conversation", headers={"Authorization": f"Bearer {patient.token}"})
    until(lambda: not nurse.get("/teach").json()["proposed"])


def test_what_is_decided_cannot_be_taken_back(running: Running, nurse: Member) -> None:
    patient = asked(running, "eh?", "fallback")
    nurse.do("/teach", conversation=patient.conversation, seq=1, intent="greet")
    reviews = desk_of(running).reviews
    (review,) = reviews.all()
    assert reviews.set_state([review.id], "accepted") == 1
    assert nurse.do(f"/teach/{review.id}", "DELETE").status_code == 404
    assert [one.id for one in reviews.all(("accepted",))] == [review.id]


def test_intents_are_searched_by_name_and_example(running: Running) -> None:
    intents = Intents(desk_of(running).asks, EXAMPLES)
    assert [one.name for one in intents.search("", "en")] == ["ask_beds", "ask_parking", "out_of_scope"]
    assert intents.search("parking my car", "en")[0].name == "ask_parking"
    first = intents.search("床有几张", "zh")[0]
    assert (first.name, first.examples) == ("ask_beds", ["有多少张床"])
    assert "ask_beds" in intents and "ask_cake" not in intents


def test_the_intents_are_those_of_the_training_examples(nurse: Member) -> None:
    found = nurse.get("/intents", text="how many beds are there").json()
    assert found[0]["name"] == "ask_beds" and found[0]["examples"]
    every = nurse.get("/intents").json()
    assert len(every) > 60
    assert [one["name"] for one in every if one["reading"] == one["name"]] == []
