"""What staff do with tickets, over HTTP, with a patient on the widget's interface."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from desk_parts import Member, desk, member, stripped, wish
from gateway_parts import RasaDouble, Running, reply, said, texts, until


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with desk(tmp_path) as running:
        yield running


@pytest.fixture
def nurse(running: Running) -> Member:
    return member(running, "nurse")


def test_a_ticket_from_wish_to_close(running: Running, nurse: Member) -> None:
    patient, ticket = wish(running, "Where can I park?")
    inbox = nurse.get("/tickets").json()
    assert [(found["summary"], found["urgency"], found["state"]) for found in inbox["tickets"]] == [
        ("Where can I park?", "service", "open")
    ]
    assert inbox["waiting"]["service"] == 1
    assert nurse.do(f"/tickets/{ticket}/claim").json()["won"] is True
    until(lambda: patient.read()["mode"] == "person")
    answer = nurse.do(f"/tickets/{ticket}/reply", text=" Behind the main building. ").json()
    assert (answer["text"], answer["author"], answer["sender"]) == ("Behind the main building.", "Nurse", "staff")
    until(lambda: "Behind the main building." in texts(said(patient)))
    asked = running.rasa.asked[:]
    patient.send("And for how long?")
    thread = nurse.get(f"/tickets/{ticket}").json()
    assert thread["thread"][-1]["text"] == "And for how long?"
    assert running.rasa.asked == asked  # the bot is silent
    assert nurse.do(f"/tickets/{ticket}/close", outcome="answered").json()["state"] == "closed"
    assert [message["kind"] for message in said(patient)][-1] == "desk_closed"
    answered = patient.send("Are you there again?")
    assert texts(patient.replies(answered)) == ["echo: Are you there again?"]


@pytest.mark.parametrize(("button", "helped", "said_then"), [(0, True, "Good to hear"), (1, False, "I am sorry")])
def test_the_patient_is_asked_whether_it_helped(
    running: Running, nurse: Member, button: int, helped: bool, said_then: str
) -> None:
    patient, ticket = wish(running)
    nurse.do(f"/tickets/{ticket}/close", outcome="answered")
    asked = said(patient)[-1]
    assert [each["title"] for each in asked["buttons"]] == ["Yes, it helped", "No, not really"]
    before = running.rasa.asked[:]
    patient.press(asked["buttons"][button]["key"])
    assert texts(said(patient))[-1].startswith(said_then)
    assert running.rasa.asked == before
    today = nurse.get("/insights").json()["totals"]
    assert (today["helpful"], today["unhelpful"]) == (int(helped), int(not helped))


def test_who_writes_is_seen_on_the_other_side(running: Running, nurse: Member) -> None:
    patient, ticket = wish(running)
    assert nurse.do(f"/tickets/{ticket}/typing").json()["error"] == "not_yours"
    nurse.do(f"/tickets/{ticket}/claim")
    with nurse.http.stream("GET", f"{running.url}/desk/api/tickets/{ticket}/events") as stream:
        lines = stream.iter_lines()
        assert "event: changed" in (next(lines), next(lines))
        headers = {"Authorization": f"Bearer {patient.token}"}
        httpx.post(f"{running.url}/widget/typing", headers=headers).raise_for_status()
        assert next(line for line in lines if line.startswith("event: t")) == "event: typing"
    heard = (event for event in patient.events(patient.read()["messages"][-1]["seq"]) if event.name == "typing")
    with ThreadPoolExecutor(1) as thread:
        typing = thread.submit(next, heard)
        until(lambda: nurse.do(f"/tickets/{ticket}/typing").status_code == 204 and typing.done())
        assert typing.result().data == {"on": True}


def test_one_of_many_claims(running: Running) -> None:
    people = [member(running, f"nurse{number}") for number in range(6)]
    _, ticket = wish(running)
    with ThreadPoolExecutor(6) as threads:
        won = [
            answer.json()["won"] for answer in threads.map(lambda person: person.do(f"/tickets/{ticket}/claim"), people)
        ]
    assert sorted(won) == [False] * 5 + [True]
    holder = people[won.index(True)]
    other = people[won.index(False)]
    refused = other.do(f"/tickets/{ticket}/reply", text="Mine!")
    assert (refused.status_code, refused.json()["error"]) == (409, "not_yours")
    assert other.do(f"/tickets/{ticket}/close", outcome="other").status_code == 409
    assert other.do(f"/tickets/{ticket}/unclaim").status_code == 409
    assert holder.do(f"/tickets/{ticket}/unclaim").json()["state"] == "open"


def test_handing_to_a_colleague(running: Running, nurse: Member) -> None:
    colleague = member(running, "colleague")
    mine, theirs = nurse.get("/me").json()["id"], colleague.get("/me").json()["id"]
    _, ticket = wish(running)
    nurse.do(f"/tickets/{ticket}/claim")
    assert nurse.do(f"/tickets/{ticket}/assign", to=theirs, held_by=mine).json()["won"] is True
    assert nurse.do(f"/tickets/{ticket}/assign", to=mine, held_by=mine).json()["won"] is False
    assert colleague.do(f"/tickets/{ticket}/reply", text="I am here now.").status_code == 200
    assert nurse.do(f"/tickets/{ticket}/assign", to="nobody").json()["error"] == "no_account"


def test_notes_and_urgency_are_for_staff_alone(running: Running, nurse: Member) -> None:
    patient, ticket = wish(running)
    assert nurse.do(f"/tickets/{ticket}/note", text="Asked twice already.").status_code == 204
    assert nurse.do(f"/tickets/{ticket}/urgency", urgency="clinical").json()["urgency"] == "clinical"
    events = [(event["kind"], event["text"]) for event in nurse.get(f"/tickets/{ticket}").json()["events"]]
    assert events == [("opened", ""), ("note", "Asked twice already."), ("urgency", "")]
    assert "twice" not in str(said(patient))
    assert "Asked twice already." in stripped(nurse.page("/handover").text)


def test_an_emergency_comes_first_and_raises_a_claimed_ticket(running: Running, nurse: Member) -> None:
    _, first = wish(running)
    patient, second = wish(running, "Is the canteen open?")
    second = next(found["id"] for found in nurse.get("/tickets").json()["tickets"] if "canteen" in found["summary"])
    nurse.do(f"/tickets/{second}/claim")
    patient.send("I cannot breathe")
    until(lambda: any(message["kind"] == "emergency" for message in said(patient)))
    inbox = nurse.get("/tickets").json()["tickets"]
    assert (inbox[0]["id"], inbox[0]["urgency"], inbox[0]["state"]) == (second, "emergency", "claimed")
    assert inbox[1]["id"] == first


def test_filters_and_search(running: Running, nurse: Member) -> None:
    wish(running, "Where is the canteen?")
    _, ticket = wish(running, "My number is 13812345678, call me")
    nurse.do(f"/tickets/{ticket}/claim")
    assert len(nurse.get("/tickets", mine=True).json()["tickets"]) == 1
    assert len(nurse.get("/tickets", state="open").json()["tickets"]) == 1
    assert nurse.get("/tickets", urgency="emergency").json()["tickets"] == []
    assert nurse.get("/tickets", urgency="high").status_code == 422
    found = nurse.get("/search", text="canteen").json()
    assert (len(found["tickets"]), found["messages"][-1]["text"]) == (1, "Where is the canteen?")
    assert nurse.get("/search", text="13812345678").json()["messages"] == []
    assert "13812345678" in str(nurse.get(f"/tickets/{ticket}").json()["thread"][0]["original"])


def test_what_the_bot_understood(running: Running, nurse: Member) -> None:
    patient, ticket = wish(running)
    patient.replies(patient.send("How many beds?"))
    understood = [
        message["understood"] for message in nurse.get(f"/tickets/{ticket}").json()["thread"] if message["understood"]
    ]
    assert understood[-1] == {"intent": "ask_beds", "confidence": 0.9, "entities": [], "rule": None}


def test_the_patient_withdraws_or_erases(running: Running, nurse: Member) -> None:
    patient, ticket = wish(running)
    patient._http.delete("/ticket")
    assert nurse.get(f"/tickets/{ticket}").json()["ticket"]["state"] == "withdrawn"
    assert nurse.do(f"/tickets/{ticket}/claim").json()["won"] is False
    patient._http.delete("/conversation")
    gone = nurse.get(f"/tickets/{ticket}")
    assert (gone.status_code, gone.json()["error"]) == (404, "no_ticket")
    assert nurse.page(f"/tickets/{ticket}").status_code == 404


def test_a_reply_that_is_sent_again_reaches_the_patient_once(running: Running, nurse: Member) -> None:
    patient, ticket = wish(running)
    nurse.do(f"/tickets/{ticket}/claim")
    first = nurse.do(f"/tickets/{ticket}/reply", text="Behind the main building.", id="one")
    again = nurse.do(f"/tickets/{ticket}/reply", text="Behind the main building.", id="one")
    assert first.json()["seq"] == again.json()["seq"]
    assert nurse.do(f"/tickets/{ticket}/reply", text="And next to it.", id="two").status_code == 200
    nurse.do(f"/tickets/{ticket}/close", outcome="answered")
    assert nurse.do(f"/tickets/{ticket}/reply", text="Behind the main building.", id="one").status_code == 200
    assert nurse.do(f"/tickets/{ticket}/reply", text="More.", id="three").json()["error"] == "not_yours"
    until(lambda: texts(said(patient)).count("Behind the main building.") == 1)
    assert texts(said(patient)).count("And next to it.") == 1


def test_nobody_answers_on_a_colleagues_ticket(running: Running, nurse: Member) -> None:
    other = member(running, "colleague")
    patient, ticket = wish(running)
    other.do(f"/tickets/{ticket}/claim")
    other.do(f"/tickets/{ticket}/reply", text="Mine.", id="one")
    for path, body in (("reply", {"text": "Not mine.", "id": "one"}), ("close", {"outcome": "spam"}), ("unclaim", {})):
        refused = nurse.do(f"/tickets/{ticket}/{path}", **body)
        assert (refused.status_code, refused.json()["error"]) == (409, "not_yours"), path
    until(lambda: "Mine." in texts(said(patient)))
    assert "Not mine." not in texts(said(patient))


def test_empty_and_long_replies(running: Running, nurse: Member) -> None:
    _, ticket = wish(running)
    nurse.do(f"/tickets/{ticket}/claim")
    assert nurse.do(f"/tickets/{ticket}/reply", text="  ").json()["error"] == "text"
    assert nurse.do(f"/tickets/{ticket}/reply", text="x" * 4001).status_code == 422
    assert nurse.do(f"/tickets/{ticket}/reply", text="x", more=1).status_code == 422
    assert nurse.do("/tickets/none/claim").json()["error"] == "no_ticket"


def test_ask(running: Running, nurse: Member) -> None:
    source = {"text": "The department's page (undated).", "department": None}
    running.rasa.answers["几张床"] = [reply("56 beds.", source=source)]
    asked = nurse.do("/ask", text="几张床").json()
    assert (asked["verdict"], asked["kind"]) == ("pass", "fact")
    assert asked["answers"] == [
        {
            "label": "beds",
            "texts": {"en": "56 beds.", "zh": "56 beds."},
            "sources": {"en": source["text"], "zh": source["text"]},
        }
    ]
    asked = nurse.do("/ask", text="我爸吐血了").json()
    assert asked["verdict"] == "emergency"
    assert "120" in asked["emergency"]["en"]
    assert "120" in asked["emergency"]["zh"]
    assert running.store.tickets.inbox() == []


def test_ask_while_rasa_is_away(tmp_path: Path) -> None:
    with desk(tmp_path, RasaDouble()) as running:
        refused = member(running, "nurse").do("/ask", text="几张床")
        assert (refused.status_code, refused.json()["error"]) == (503, "starting")


def test_suggestions(running: Running, nurse: Member) -> None:
    patient, ticket = wish(running, "How many beds?")
    suggestions = nurse.get(f"/tickets/{ticket}/suggestions").json()
    assert suggestions[0]["texts"] == {"en": "echo: How many beds?", "zh": "echo: How many beds?"}
    patient.send("I cannot breathe")
    assert nurse.get(f"/tickets/{ticket}/suggestions").json() == []


def test_pages_escape_what_patients_write(running: Running, nurse: Member) -> None:
    _, ticket = wish(running, '<script>alert(1)</script> & "quotes"')
    for path in ("/", "/rows", f"/tickets/{ticket}", f"/tickets/{ticket}/thread", "/handover"):
        page = nurse.page(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


@pytest.mark.parametrize(("language", "words"), [("en", "Nobody is waiting."), ("zh", "现在没有人在等。")])
def test_pages_in_both_languages(running: Running, language: str, words: str) -> None:
    person = member(running, f"speaks-{language}", "lead", language)
    assert words in person.page("/").text
    for path in ("/handover", "/ask", "/accounts"):
        assert person.page(path).headers["Content-Language"] == language
    person.do("/me", "PATCH", language="zh" if language == "en" else "en")
    assert words not in person.page("/").text


def test_a_ticket_for_somebody_at_the_counter(running: Running, nurse: Member) -> None:
    text = "Mr Wang, 13812345678, asks for his bill"
    opened = nurse.do("/ask/ticket", text=text, language="en", urgency="service", department="ultrasound_intervention")
    assert opened.status_code == 201
    found = nurse.get("/tickets").json()["tickets"][0]
    assert (found["channel"], found["urgency"], found["reason"]) == ("desk", "service", "counter")
    assert "13812345678" not in found["summary"]
    nurse.do(f"/tickets/{found['id']}/claim")
    assert nurse.do(f"/tickets/{found['id']}/close", outcome="answered").json()["state"] == "closed"
    assert running.rasa.asked == []
    assert nurse.do("/ask/ticket", text=text, department="none").json()["error"] == "no_fact"
    assert nurse.do("/ask/ticket", text=" ").json()["error"] == "text"


def test_a_fact_reported_as_wrong_is_a_ticket(nurse: Member) -> None:
    departments = nurse.get("/facts").json()
    ward = next(fact for fact in departments[0]["facts"] if fact["path"] == "ward.beds")
    assert ward["texts"]["en"] == ward["texts"]["zh"] == "56"
    page = nurse.page("/facts").text
    assert departments[0]["names"]["en"] in page
    answer = nurse.do("/facts/wrong", department=departments[0]["id"], path="ward.beds", text="It is 60 now.")
    assert answer.status_code == 201
    assert (answer.json()["summary"], answer.json()["reason"]) == (
        "interventional_radiotherapy: ward.beds: It is 60 now.",
        "facts",
    )
    refused = nurse.do("/facts/wrong", department=departments[0]["id"], path="ward.lamps", text="Too few.")
    assert (refused.status_code, refused.json()["error"]) == (404, "no_fact")


def test_ready_made_replies_hold_the_departments_facts(running: Running, nurse: Member) -> None:
    _, ticket = wish(running)
    plain = {found["id"] for found in nurse.get(f"/tickets/{ticket}/templates").json()}
    assert "hello" in plain
    assert "page" not in plain  # it is about no department
    opened = nurse.do("/ask/ticket", text="Where is it?", department="ultrasound_intervention").json()["id"]
    found = {template["id"]: template["texts"] for template in nurse.get(f"/tickets/{opened}/templates").json()}
    assert set(found) > plain
    assert "2020" in found["page"]["en"]
    assert "2020" in found["page"]["zh"]
    assert "{" not in str([list(texts.values()) for texts in found.values()]).replace("[", "")
