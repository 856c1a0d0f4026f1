"""Rasa's actions, called as the action server calls them, without one: what they hand over and which slots they set."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from minimal import MINIMAL, edited, folder_of
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from shipped import DEPARTMENTS, IR, ROOT, US

from actions.actions import (
    LIKELY,
    ActionAdvice,
    ActionAnswer,
    ActionChangeLanguage,
    ActionFallback,
    ActionHandoff,
    say,
)
from actions.departments import Registry
from actions.results import Answer
from bot.language.wording import Responses, word

SHORT = {department.id: {"en": department.short_name.en, "zh": department.short_name.zh} for department in DEPARTMENTS}


def parsed(intent: str, *named: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A message as Rasa parses it; what it names as (entity type, id)."""
    entities = [{"entity": kind, "value": value, "written": value.replace("_", " ")} for kind, value in named]
    return {"text": "…", "intent": {"name": intent, "confidence": 0.9}, "entities": entities, **more}


def run(
    action: Action,
    latest: dict[str, Any],
    domain: dict[str, Any] | None = None,
    before: Sequence[dict[str, Any]] = (),
    **slots: Any,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Run an action after events: the messages it hands over and the slots it sets, both fit to travel as JSON."""
    dispatcher = CollectingDispatcher()
    tracker = Tracker("somebody", slots, latest, list(before), False, None, {}, "action_listen")
    events = action.run(dispatcher, tracker, domain or {})
    assert json.loads(json.dumps(dispatcher.messages)) == dispatcher.messages
    assert json.loads(json.dumps(events)) == events
    assert {event["event"] for event in events} == {"slot"}
    return dispatcher.messages, {event["name"]: event["value"] for event in events}


def brief(messages: list[dict[str, Any]]) -> list[tuple[str, str, str | None]]:
    """Response, kind and department of each message."""
    return [(found["response"], found["kind"], found.get("department")) for found in messages]


@pytest.mark.parametrize(
    ("action", "name"),
    [
        (ActionAnswer(), "action_answer"),
        (ActionAdvice(), "action_advice"),
        (ActionFallback(), "action_fallback"),
        (ActionChangeLanguage(), "action_change_language"),
        (ActionHandoff(), "action_handoff"),
    ],
)
def test_action_is_in_the_domain(action: Action, name: str) -> None:
    """The one that reads the domain gets it with each call; the others do without."""
    named = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["actions"]
    assert action.name() == name
    assert ({name: {"send_domain": True}} if name == "action_fallback" else name) in named


# action_answer


def test_answer_hands_over_all_that_a_reply_needs() -> None:
    messages, slots = run(ActionAnswer(), parsed("ask_beds", ("department", IR)))
    (found,) = messages
    assert found["response"] == "utter_beds_since"
    assert found["kind"] == "fact"
    assert found["topic"] == "beds"
    assert found["department"] == IR
    assert found["facts"] == ["ward.beds", "ward.since", "ward.beds_at_opening"]
    assert found["choices"] == []
    assert found["values"] == {"department": SHORT[IR], "beds": 56, "since": "1991", "opening": 20}
    assert [source["phrase"] for source in found["sources"]] == ["phrase_source_undated"]
    assert slots == {
        "options": None,
        "fallbacks": 0,
        "last_question": {"topic": "beds", "departments": [IR], "entities": []},
        "about_department": IR,
    }


@pytest.mark.parametrize(
    ("latest", "expected"),
    [
        (parsed("ask_beds"), [("utter_beds_since", "fact", IR), ("utter_beds", "fact", US)]),
        (parsed("ask_beds", ("department", US)), [("utter_beds", "fact", US)]),
        (parsed("ask_trials", ("department", IR)), [("utter_not_stated", "unknown", IR)]),
        (parsed("ask_overview"), [("utter_which_department", "unknown", None)]),
        (parsed("ask_price"), [("utter_price_unknown", "unknown", None)]),
        (parsed("ask_procedure_offered", ("procedure", "mri")), [("utter_none_lists", "unknown", None)]),
        (parsed("ask_procedure_offered", ("procedure", "tips")), [("utter_procedure_offered", "fact", IR)]),
        (parsed("ask_elsewhere"), [("utter_elsewhere", "unknown", None)]),
        (parsed("inform", ("elsewhere", "other_hospital")), [("utter_elsewhere", "unknown", None)]),
        (parsed("ask_departments"), [("utter_departments", "fact", None)]),
        (parsed("inform", ("department", IR)), [("utter_overview", "fact", IR)]),
        (parsed("inform"), [("utter_nothing_to_repeat", "smalltalk", None)]),
        (parsed("request_repeat"), [("utter_nothing_to_repeat", "smalltalk", None)]),
        (parsed("ask_weather"), [("utter_not_known", "unknown", None)]),
    ],
    ids=lambda value: value["intent"]["name"] if isinstance(value, dict) else None,
)
def test_answer(latest: dict[str, Any], expected: list[tuple[str, str, str | None]], responses: Responses) -> None:
    messages, slots = run(ActionAnswer(), latest)
    assert brief(messages) == expected
    mentioned = any(kind == "unknown" and response != "utter_which_department" for response, kind, _ in expected)
    assert (slots.get("offer"), slots.get("offer_reason")) == (("mentioned", "wish") if mentioned else (None, None))
    for found in messages:
        for language in ("en", "zh"):
            assert word(responses, found["response"], language, found.get("values") or {})


def test_other_place_after_a_question() -> None:
    """ "And at another hospital?" after a question of a department keeps the context."""
    action = ActionAnswer()
    _, slots = run(action, parsed("ask_beds", ("department", US)))
    messages, changed = run(action, parsed("inform", ("elsewhere", "other_hospital")), **slots)
    assert brief(messages) == [("utter_elsewhere", "unknown", None)]
    assert "department" not in changed


def test_nothing_to_repeat_keeps_the_context() -> None:
    _, slots = run(ActionAnswer(), parsed("request_repeat"), about_department=IR)
    assert slots.keys().isdisjoint({"department", "last_question"})


def test_answer_uses_the_context() -> None:
    messages, slots = run(ActionAnswer(), parsed("ask_beds"), about_department=US)
    assert brief(messages) == [("utter_beds", "fact", US)]
    assert slots["about_department"] == US


@pytest.mark.parametrize(
    ("latest", "department"),
    [
        (parsed("ask_beds"), None),
        (parsed("ask_beds", ("department", IR), ("department", US)), None),
        (parsed("ask_departments"), None),
        (parsed("ask_price"), None),
        (parsed("ask_mission"), US),
        (parsed("ask_beds", ("department", US)), US),
        (parsed("ask_price", ("department", US)), US),
        (parsed("ask_procedure_offered", ("procedure", "tips")), IR),
        (parsed("ask_procedure_offered", ("procedure", "tace")), None),
    ],
)
def test_department_that_the_conversation_is_about(latest: dict[str, Any], department: str | None) -> None:
    """Set where it is one: named, or the only one that answers; else what it was before stays."""
    _, slots = run(ActionAnswer(), latest)
    assert slots.get("about_department") == department
    assert ("about_department" in slots) == (department is not None)


def test_conversation() -> None:
    """Slots carry from turn to turn: question, follow-up, correction, both, repetition."""
    action = ActionAnswer()
    slots: dict[str, Any] = {}
    turns: list[tuple[dict[str, Any], list[tuple[str, str, str | None]]]] = [
        (parsed("ask_beds", ("department", IR)), [("utter_beds_since", "fact", IR)]),
        (parsed("inform", ("department", US)), [("utter_beds", "fact", US)]),
        (parsed("correct"), [("utter_beds_since", "fact", IR)]),
        (parsed("request_repeat"), [("utter_beds_since", "fact", IR)]),
        (parsed("inform"), [("utter_beds_since", "fact", IR), ("utter_beds", "fact", US)]),
        (parsed("ask_procedure_offered", ("procedure", "tips")), [("utter_procedure_offered", "fact", IR)]),
        (
            parsed("inform", ("department", US)),
            [("utter_not_listed", "unknown", US), ("utter_procedure_elsewhere", "fact", IR)],
        ),
        (parsed("inform", ("procedure", "nano_knife")), [("utter_procedure_offered", "fact", US)]),
        (parsed("ask_procedure_info"), [("utter_procedure_info", "fact", US)]),
    ]
    for latest, expected in turns:
        messages, changed = run(action, latest, **slots)
        assert brief(messages) == expected
        slots.update(changed)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"language": "zh", "script": "traditional"}, {"language": "zh", "script": "traditional"}),
        ({"language": "en", "script": None}, {"language": "en"}),
        ({"language": None}, {}),
        ({}, {}),
    ],
)
@pytest.mark.parametrize("action", [ActionAnswer(), ActionAdvice()], ids=lambda action: action.name())
def test_language_and_script_are_kept(action: Action, more: dict[str, Any], expected: dict[str, str]) -> None:
    """Where the message shows them; otherwise those of before stay."""
    _, slots = run(action, parsed("ask_beds", **more), language="en", script="simplified")
    assert {name: slots[name] for name in ("language", "script") if name in slots} == expected


def test_several_questions() -> None:
    """Each is answered, and a department's source stands once, under its last fact."""
    parts = [parsed("ask_beds", ("department", US)), parsed("ask_staff"), parsed("ask_price")]
    messages, slots = run(ActionAnswer(), parsed("ask_beds", segments=parts))
    assert brief(messages) == [
        ("utter_beds", "fact", US),
        ("utter_staff", "fact", US),
        ("utter_price_unknown", "unknown", US),
    ]
    assert [len(found["sources"]) for found in messages] == [0, 1, 0]
    assert slots["last_question"] == {"topic": "price", "departments": [US], "entities": []}
    assert slots["about_department"] == US


def test_the_same_answer_is_given_once() -> None:
    """ "What other organs then, Hangzhou" reads as two questions with one answer."""
    parts = [parsed("ask_organs"), parsed("ask_organs", ("department", US))]
    messages, _ = run(ActionAnswer(), parsed("ask_organs", segments=parts))
    assert len(brief(messages)) == 1


def test_source_of_each_department() -> None:
    messages, _ = run(ActionAnswer(), parsed("ask_beds"))
    phrases = [[source["phrase"] for source in found["sources"]] for found in messages]
    assert phrases == [["phrase_source_undated"], ["phrase_source_dated"]]


def test_source_is_not_told_twice() -> None:
    """An answer about the source has it in its text."""
    messages, _ = run(ActionAnswer(), parsed("ask_currency", ("department", IR)))
    assert [found["sources"] for found in messages] == [[]]


def test_no_source_without_a_fact() -> None:
    messages, _ = run(ActionAnswer(), parsed("ask_trials", ("department", IR)))
    assert [found["sources"] for found in messages] == [[]]


@pytest.mark.parametrize("intent", ["ask_overview", "ask_departments"])
def test_choices_are_names_in_both_languages(intent: str) -> None:
    (found,), _ = run(ActionAnswer(), parsed(intent))
    assert found["choices"] == [SHORT[IR], SHORT[US]]


def test_every_answer_kind_is_handed_over() -> None:
    """What `say` is given comes out, in order."""
    dispatcher = CollectingDispatcher()
    given = [Answer("unknown", "utter_elsewhere", topic="beds"), Answer("advice", "utter_advice", topic="advice")]
    say(dispatcher, given, DEPARTMENTS)
    assert [(found["response"], found["kind"], found["topic"]) for found in dispatcher.messages] == [
        ("utter_elsewhere", "unknown", "beds"),
        ("utter_advice", "advice", "advice"),
    ]


def test_action_follows_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saved figure is in the next answer, without a restart."""
    folder_of(tmp_path, demo=MINIMAL)
    monkeypatch.setattr("actions.actions.Registry", lambda: Registry(tmp_path))
    action = ActionAnswer()
    (before,), _ = run(action, parsed("ask_beds"))
    folder_of(tmp_path, demo=edited(MINIMAL, "beds: 20", "beds: 123"))
    (after,), _ = run(action, parsed("ask_beds"))
    assert (before["values"]["beds"], after["values"]["beds"]) == (20, 123)


@pytest.mark.parametrize(
    ("latest", "options"),
    [
        (parsed("ask_beds"), [{"department": IR}, {"department": US}]),
        (parsed("ask_overview"), [{"department": IR}, {"department": US}]),
        (parsed("ask_departments"), [{"department": IR}, {"department": US}]),
        (parsed("ask_beds", ("department", US)), None),
        (parsed("ask_price"), None),
    ],
)
def test_what_there_is_to_choose_from(latest: dict[str, Any], options: list[dict[str, str]] | None) -> None:
    _, slots = run(ActionAnswer(), latest, options=[{"department": "old"}])
    assert slots["options"] == options


def test_one_chosen_after_the_other() -> None:
    """What was offered stands until something else is said."""
    action = ActionAnswer()
    _, slots = run(action, parsed("ask_beds"))
    for choice, department in (("second", US), ("first", IR)):
        messages, changed = run(action, parsed("inform", ("choice", choice)), **slots)
        assert [found["department"] for found in messages] == [department]
        slots.update(changed)
    _, changed = run(action, parsed("ask_price"), **slots)
    assert changed["options"] is None


def test_which_department_is_asked_back() -> None:
    """ "The other one" after both: the question stays for whichever is chosen."""
    action = ActionAnswer()
    _, slots = run(action, parsed("ask_beds"))
    messages, changed = run(action, parsed("inform", ("choice", "other")), **slots)
    assert brief(messages) == [("utter_which_department", "unknown", None)]
    messages, _ = run(action, parsed("inform", ("department", US)), **{**slots, **changed})
    assert brief(messages) == [("utter_beds", "fact", US)]


# action_advice


@pytest.mark.parametrize(
    ("named", "slots", "touched"),
    [
        ((), {}, []),
        ((("condition", "cirrhosis"),), {}, [("utter_care_elsewhere", "fact", IR)]),
        ((("condition", "cirrhosis"),), {"about_department": US}, [("utter_care_elsewhere", "fact", IR)]),
        ((("condition", "liver_cancer"),), {"about_department": US}, [("utter_care_elsewhere", "fact", US)]),
        (
            (("condition", "liver_cancer"),),
            {},
            [("utter_care_elsewhere", "fact", IR), ("utter_care_elsewhere", "fact", US)],
        ),
        ((("procedure", "nano_knife"), ("department", US)), {}, [("utter_procedure_elsewhere", "fact", US)]),
        ((("procedure", "mri"),), {}, []),
    ],
)
def test_advice(
    named: tuple[tuple[str, str], ...], slots: dict[str, Any], touched: list[tuple[str, str, str | None]]
) -> None:
    """The refusal, with the offer of a person, then what the departments list of it."""
    messages, changed = run(ActionAdvice(), parsed("seek_advice", *named), **slots)
    assert brief(messages) == [("utter_advice", "advice", None), *touched]
    assert (changed["offer"], changed["offer_reason"]) == ("handoff", "advice")


def test_question_beside_advice() -> None:
    """It is answered after the refusal, and is what a follow-up changes; what it tells is not told twice."""
    advice = parsed("seek_advice", ("condition", "liver_cancer"), ("department", US))
    asked = parsed("ask_condition_treated", ("condition", "liver_cancer"), ("department", US))
    message = parsed("seek_advice", segments=[advice, parsed("ask_beds")])
    messages, slots = run(ActionAdvice(), message)
    assert brief(messages) == [
        ("utter_advice", "advice", None),
        ("utter_care_elsewhere", "fact", US),
        ("utter_beds", "fact", US),
    ]
    assert slots["last_question"]["topic"] == "beds"
    assert (slots["about_department"], slots["offer"]) == (US, "handoff")
    messages, _ = run(ActionAdvice(), parsed("seek_advice", segments=[asked, advice]))
    assert brief(messages) == [("utter_advice", "advice", None), ("utter_care", "fact", US)]


# action_fallback


def ranking(*likelihoods: tuple[str, float]) -> dict[str, Any]:
    """A message that was not understood, with what it may have meant."""
    entries = [{"name": name, "confidence": likelihood} for name, likelihood in likelihoods]
    return parsed("nlu_fallback", intent_ranking=[{"name": "nlu_fallback", "confidence": 0.9}, *entries])


@pytest.mark.parametrize(
    ("latest", "readings"),
    [
        (ranking(("ask_beds", 0.4), ("ask_staff", 0.3), ("ask_rooms", 0.2)), ["reading_ask_beds", "reading_ask_staff"]),
        (ranking(("ask_beds", 0.4), ("ask_staff", LIKELY - 0.01)), ["reading_ask_beds"]),
        (ranking(("no_such_intent", 0.5), ("ask_beds", 0.4)), ["reading_ask_beds"]),
        (ranking(("ask_beds", LIKELY / 2)), []),
        (ranking(), []),
        (parsed("nlu_fallback"), []),
    ],
)
def test_first_fallback(latest: dict[str, Any], readings: list[str], responses: Responses) -> None:
    """The two likeliest readings that have words are offered; without any, what can be asked is told."""
    (found,), slots = run(ActionFallback(), latest, {"responses": responses}, fallbacks=0)
    assert (found["response"], found["kind"]) == ("utter_did_you_mean" if readings else "utter_fallback", "fallback")
    assert found["readings"] == readings
    assert slots["fallbacks"] == 1
    assert "offer" not in slots
    assert slots["options"] == [{"intent": name.removeprefix("reading_")} for name in readings]


@pytest.mark.parametrize(
    ("named", "department"), [((), IR), ((("department", US),), US)], ids=["of_the_same", "of_another"]
)
def test_aside_after_an_answer(named: tuple[tuple[str, str], ...], department: str, responses: Responses) -> None:
    """A few words that are not understood get the last answer again, or that of the department they name."""
    latest = parsed("nlu_fallback", *named, text="since when tho")
    asked = {"topic": "beds", "departments": [IR], "entities": []}
    messages, slots = run(ActionFallback(), latest, {"responses": responses}, fallbacks=0, last_question=asked)
    assert [found["response"] for found in messages][0] == "utter_about_last"
    assert [found["department"] for found in messages[1:]] == [department]
    assert (slots["about_department"], slots["fallbacks"]) == (department, 1)


@pytest.mark.parametrize("before", [1, 2, 5])
def test_further_fallback(before: int, responses: Responses) -> None:
    """The second time in a row a person is offered."""
    (found,), slots = run(ActionFallback(), ranking(("ask_beds", 0.4)), {"responses": responses}, fallbacks=before)
    assert (found["response"], found["kind"]) == ("utter_offer_front_desk", "fallback")
    assert slots["fallbacks"] == before + 1
    assert (slots["offer"], slots["offer_reason"]) == ("handoff", "fallback")


@pytest.mark.parametrize("before", [None, 0, 1])
def test_message_that_is_too_long(before: int | None) -> None:
    """It is asked for in short, and is no step towards a person."""
    (found,), slots = run(ActionFallback(), parsed("nlu_fallback", too_long=True), fallbacks=before)
    assert (found["response"], found["kind"]) == ("utter_too_long", "fallback")
    assert slots["fallbacks"] == 0


@pytest.mark.parametrize(
    "action", [ActionAnswer(), ActionAdvice(), ActionChangeLanguage()], ids=lambda action: action.name()
)
def test_understanding_begins_the_fallbacks_anew(action: Action) -> None:
    _, slots = run(action, parsed("ask_beds"), fallbacks=3)
    assert slots["fallbacks"] == 0


@pytest.mark.parametrize(
    "response", ["utter_did_you_mean", "utter_fallback", "utter_offer_front_desk", "utter_too_long"]
)
def test_fallback_has_its_words(response: str, responses: Responses) -> None:
    for language in ("en", "zh"):
        assert word(responses, response, language, {})


# action_handoff

WISH = "I would like to talk to the front desk"


def shown(*payloads: str) -> list[dict[str, Any]]:
    """The event of a reply with buttons."""
    return [{"event": "bot", "data": {"buttons": [{"title": "…", "payload": payload} for payload in payloads]}}]


@pytest.mark.parametrize(
    ("intent", "offer", "reason", "ticket"),
    [
        ("affirm", "handoff", "advice", "clinical"),
        ("affirm", "handoff", "fallback", "information"),
        ("affirm", "handoff", "wish", "service"),
        ("request_human", "handoff", "advice", "clinical"),
        ("request_human", "handoff", "wish", "service"),
    ],
)
def test_accepted_offer_hands_over(intent: str, offer: str, reason: str, ticket: str) -> None:
    (found,), slots = run(ActionHandoff(), parsed(intent), offer=offer, offer_reason=reason)
    assert (found["response"], found["kind"], found["ticket"]) == ("utter_handoff", "handoff", ticket)
    assert slots["offer"] == "nothing"


@pytest.mark.parametrize(("intent", "offer"), [("request_human", "nothing"), ("affirm", "mentioned")])
@pytest.mark.parametrize("before", [[], shown("What can you do?"), [{"event": "bot", "data": {"buttons": None}}]])
def test_wish_is_asked_back(intent: str, offer: str, before: list[dict[str, Any]]) -> None:
    """Whatever led to a person before: this is a wish of its own."""
    latest = parsed(intent, text="a person, please")
    (found,), slots = run(ActionHandoff(), latest, before=before, offer=offer, offer_reason="advice")
    assert (found["response"], found["kind"]) == ("utter_offer_handoff", "handoff")
    assert "ticket" not in found
    assert (slots["offer"], slots["offer_reason"]) == ("handoff", "wish")


@pytest.mark.parametrize("offer", ["nothing", "mentioned"])
def test_pressed_button_hands_over(offer: str) -> None:
    """Of the last reply or of one before it."""
    before = [*shown(WISH), *shown("No, thank you")]
    (found,), _ = run(
        ActionHandoff(), parsed("request_human", text=WISH), before=before, offer=offer, offer_reason="advice"
    )
    assert (found["response"], found["ticket"]) == ("utter_handoff", "service")


def test_buttons_for_a_person_say_the_same(responses: Responses) -> None:
    """So that one of them, pressed at any time, is a wish."""
    buttons = [(entry["metadata"]["language"], button) for found in responses.values() for entry in found
               for button in entry.get("buttons", ())]  # fmt: skip
    titles = ("Ask the front desk", "问导诊台", "找导诊台")
    said = {(language, button["payload"]) for language, button in buttons if button["title"] in titles}
    assert said == {("en", WISH), ("zh", "我想找导诊台的工作人员")}


def test_handing_over_claims_nothing(responses: Responses) -> None:
    """Rasa's own channels have no front desk: there nobody has been told."""
    assert "told" not in word(responses, "utter_handoff", "en", {})
    assert "已" not in word(responses, "utter_handoff", "zh", {})


# action_change_language


@pytest.mark.parametrize(
    ("latest", "language"),
    [
        (parsed("change_language", ("language_name", "zh")), "zh"),
        (parsed("change_language", ("language_name", "en")), "en"),
        (parsed("change_language", ("language_name", "en"), ("language_name", "zh")), "zh"),
        (parsed("change_language", ("language_name", "zh"), ("language_name", "en")), "en"),
        (parsed("change_language", ("language_name", "en"), language="zh"), "en"),
        (parsed("change_language", language="zh"), "zh"),
        (parsed("change_language", language=None), "en"),
        (parsed("change_language", ("department", IR)), "en"),
    ],
)
def test_change_of_language(latest: dict[str, Any], language: str) -> None:
    """The one named last, else the message's own; it is confirmed in it, and kept."""
    messages, slots = run(ActionChangeLanguage(), latest, pinned_language="zh")
    assert brief(messages) == [("utter_language_changed", "command", None)]
    assert messages[0]["language"] == language
    assert slots["pinned_language"] == language
