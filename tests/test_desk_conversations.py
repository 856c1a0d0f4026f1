"""bot/desk/conversations.py: past conversations are found, read, exported and erased, and each look stands in the audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_parts import Member, desk, desk_of, member, stripped, wish
from gateway_parts import Running


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with desk(tmp_path) as running:
        yield running


@pytest.fixture
def lead(running: Running) -> Member:
    return member(running, "lead", "lead")


def test_a_conversation_is_found_and_read(running: Running, lead: Member) -> None:
    patient, ticket = wish(running, "Where can I park my bicycle?")
    page = lead.page("/search?text=bicycle").text
    assert f"/desk/conversations/{patient.conversation}#m1" in page
    assert f"/desk/tickets/{ticket}" in page
    shown = stripped(lead.page(f"/conversations/{patient.conversation}").text)
    assert "Where can I park my bicycle?" in shown and "Save as a file" in shown
    found = lead.get(f"/conversations/{patient.conversation}").json()
    assert [each["id"] for each in found["tickets"]] == [ticket]
    assert found["thread"][0]["text"] == "Where can I park my bicycle?"


def test_what_is_empty_or_unknown_is_said(running: Running, lead: Member) -> None:
    assert "Nothing was found" in lead.page("/search?text=zzzz").text
    assert lead.page("/search").status_code == 200
    for path in ("/conversations/none", "/conversations/none/export"):
        assert (lead.get(path).status_code, lead.get(path).json()["error"]) == (404, "no_conversation")


def test_a_lead_exports_and_erases(running: Running, lead: Member) -> None:
    patient, _ = wish(running)
    exported = lead.get(f"/conversations/{patient.conversation}/export")
    assert "attachment" in exported.headers["Content-Disposition"]
    assert exported.json()["thread"][0]["text"] == "Where can I park?"
    assert lead.do(f"/conversations/{patient.conversation}", "DELETE").status_code == 204
    assert running.store.conversation(patient.conversation) is None


def test_staff_read_but_do_not_take_away(running: Running) -> None:
    patient, _ = wish(running)
    page = member(running, "nurse").page(f"/conversations/{patient.conversation}").text
    assert "Where can I park?" in page and "Save as a file" not in page and "Erase" not in page


def test_each_look_stands_in_the_audit(running: Running, lead: Member) -> None:
    patient, _ = wish(running)
    lead.page(f"/conversations/{patient.conversation}")
    lead.get(f"/conversations/{patient.conversation}/export")
    lead.page("/search?text=park")
    entries = desk_of(running).audit.entries(3)
    assert [(entry.action, entry.conversation) for entry in reversed(entries)] == [
        ("look", patient.conversation),
        ("export", patient.conversation),
        ("search", None),
    ]
    assert "park" not in str(entries)


def test_the_inbox_goes_on_on_a_next_page(running: Running, lead: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.desk.pages.PAGE", 2)
    for number in range(3):
        wish(running, f"Question {number}")
    first = lead.page("/?urgency=service").text
    assert "?urgency=service&amp;offset=2" in first and "Question 2" not in first
    second = lead.page("/?urgency=service&offset=2").text
    assert "Question 2" in second and "offset" not in second


def test_the_inbox_of_one_department(running: Running, lead: Member) -> None:
    lead.do("/ask/ticket", text="Beds?", department="ultrasound_intervention")
    lead.do("/ask/ticket", text="Lift?")
    page = lead.page("/?department=ultrasound_intervention").text
    assert "Beds?" in page and "Lift?" not in page
