"""From a message and what went before it to a full question: follow-ups, corrections, several questions at once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from shipped import IR, US

from actions.context import (
    CONCEIVABLE,
    THING_QUESTIONS,
    TOPIC_OF_THING,
    WHICH,
    entities_of,
    question_of,
    questions_of,
    remember,
    topic_of,
)
from actions.results import Entity, Question

KNOWN = (IR, US)
TACE = Entity("procedure", "tace", "TACE")
TIPS = Entity("procedure", "tips", "TIPS")
CANCER = Entity("condition", "liver_cancer", "liver cancer")
LIVER = Entity("organ", "liver", "liver")
NURSE = Entity("staff_grade", "nurse", "nurses")
CHIEF = Entity("staff_grade", "chief_physician", "chief doctors")
RESIDENCY = Entity("program", "residency", "residents")
ELSEWHERE = Entity("elsewhere", "other_hospital", "another hospital")
CHINESE = Entity("language_name", "zh", "Chinese")
KEYNOTE = Entity("trial", "KEYNOTE-937", "KEYNOTE 937")


def message(intent: str | None, *entities: Entity, departments: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """A message as Rasa parses it."""
    found = [{"entity": "department", "value": department, "written": department} for department in departments]
    found += [{"entity": entity.kind, "value": entity.id, "written": entity.written} for entity in entities]
    return {"intent": {"name": intent, "confidence": 0.9}, "entities": found, **more}


def after(
    topic: str, *entities: Entity, departments: tuple[str, ...] = (), context: str | None = None
) -> dict[str, Any]:
    """The slots after a question."""
    return {"last_question": remember(Question(topic, departments, entities)), "about_department": context}


@pytest.mark.parametrize(
    ("intent", "topic"),
    [
        ("ask_beds", "beds"),
        ("ask_procedure_offered", "procedure_offered"),
        ("inform", "inform"),
        ("seek_advice", "seek_advice"),
        ("ask_", ""),
        ("", ""),
        ("task_beds", "task_beds"),
    ],
)
def test_topic_of_intent(intent: str, topic: str) -> None:
    assert topic_of(intent) == topic


def test_entities_are_taken_once() -> None:
    """By kind and id; departments apart, in the order named."""
    parsed = message(
        "ask_beds", TACE, Entity("procedure", "tace", "chemoembolisation"), LIVER, departments=(US, IR, US)
    )
    departments, entities = entities_of(parsed)
    assert departments == (US, IR)
    assert [(entity.kind, entity.id) for entity in entities] == [("procedure", "tace"), ("organ", "liver")]


@pytest.mark.parametrize("parsed", [{}, {"entities": None}, {"entities": []}])
def test_message_without_entities(parsed: dict[str, Any]) -> None:
    assert entities_of(parsed) == ((), ())


def test_entity_without_its_writing() -> None:
    assert entities_of({"entities": [{"entity": "organ", "value": "liver"}]})[1] == (Entity("organ", "liver", ""),)


@pytest.mark.parametrize("topic", ["beds", "staff", "overview", "price", "comparison", "departments"])
@pytest.mark.parametrize("departments", [(), (IR,), (US, IR)], ids=len)
@pytest.mark.parametrize("context", [None, IR, US])
def test_full_question(topic: str, departments: tuple[str, ...], context: str | None) -> None:
    """A question of its own takes nothing but the context from before."""
    slots = after("trials", KEYNOTE, departments=(US,), context=context)
    found = question_of(message(f"ask_{topic}", TACE, departments=departments), slots, KNOWN)
    assert found is not None
    assert (found.topic, found.departments, found.entities, found.context) == (topic, departments, (TACE,), context)


def test_alternatives() -> None:
    """The other topics that are conceivable, best first; for a comparison the last question's comes second."""
    likelihoods = {"ask_comparison": 0.5, "ask_staff": 0.2, "ask_volume": CONCEIVABLE, "ask_rooms": CONCEIVABLE - 0.001}
    ranking = [{"name": name, "confidence": likelihood} for name, likelihood in likelihoods.items()]
    comparison = message("ask_comparison", intent_ranking=ranking)
    fresh = question_of(comparison, {}, KNOWN)
    assert fresh and fresh.alternatives == ("staff", "volume")
    later = question_of(comparison, after("beds"), KNOWN)
    assert later and later.alternatives == ("staff", "beds", "volume")
    other = question_of(message("ask_beds", intent_ranking=ranking), after("rooms"), KNOWN)
    assert other and other.alternatives == ("comparison", "staff", "volume")


@pytest.mark.parametrize("topic", THING_QUESTIONS)
def test_thing_question_that_names_nothing(topic: str) -> None:
    """ "Do you do that too?" is about the thing of before; where one is named, about that."""
    slots = after("procedure_info", TACE, context=IR)
    remembered = question_of(message(f"ask_{topic}"), slots, KNOWN)
    assert remembered and remembered.entities == (TACE,)
    named = question_of(message(f"ask_{topic}", TIPS), slots, KNOWN)
    assert named and named.entities == (TIPS,)
    nothing = question_of(message(f"ask_{topic}"), {}, KNOWN)
    assert nothing and nothing.entities == ()


FOLLOW_UPS: dict[str, tuple[dict[str, Any], dict[str, Any], Question | None]] = {
    # what is said: (the message, the slots before it, the question that it makes)
    "and in Hangzhou?": (message("inform", departments=(US,)), after("beds", context=IR), Question("beds", (US,), (), IR)),
    "and in Hangzhou, of a thing": (
        message("inform", departments=(US,)),
        after("procedure_offered", TACE, departments=(IR,), context=IR),
        Question("procedure_offered", (US,), (TACE,), IR),
    ),
    "and in Hangzhou, of a grade": (
        message("inform", departments=(US,)),
        after("staff", NURSE, context=IR),
        Question("staff", (US,), (NURSE,), IR),
    ),
    "a department and nothing before": (message("inform", departments=(IR,)), {}, Question("overview", (IR,))),
    "a name and nothing before": (message("inform", TACE), {}, Question("procedure_offered", (), (TACE,))),
    "nothing before and nothing named": (message("inform"), {}, None),
    "both": (message("inform"), after("beds", context=IR), Question("beds", KNOWN, (), IR)),
    "both departments by name": (message("inform", departments=(US, IR)), after("beds"), Question("beds", (US, IR))),
    "both, of a thing": (
        message("inform"),
        after("condition_treated", CANCER, departments=(US,), context=US),
        Question("condition_treated", KNOWN, (CANCER,), US),
    ),
    "what about TIPS?": (
        message("inform", TIPS),
        after("procedure_info", TACE, context=IR),
        Question("procedure_info", (), (TIPS,), IR),
    ),
    "and liver cancer?": (
        message("inform", CANCER),
        after("procedure_offered", TACE, context=IR),
        Question("procedure_offered", (), (CANCER,), IR),
    ),
    "and the liver?": (
        message("inform", LIVER),
        after("condition_treated", CANCER, context=US),
        Question("organs", (), (LIVER,), US),
    ),
    "and the chiefs?": (message("inform", CHIEF), after("staff", NURSE, context=IR), Question("staff", (), (CHIEF,), IR)),
    "and TIPS, after beds": (message("inform", TIPS), after("beds"), Question("procedure_offered", (), (TIPS,))),
    "and TIPS in Shanghai?": (
        message("inform", TIPS, departments=(IR,)),
        after("procedure_offered", TACE, departments=(US,), context=US),
        Question("procedure_offered", (IR,), (TIPS,), US),
    ),
    "no, the other one": (message("correct"), after("beds", context=IR), Question("beds", (US,), (), IR)),
    "no, the other one (second)": (message("correct"), after("beds", context=US), Question("beds", (IR,), (), US)),
    "no, the other one, of a thing": (
        message("correct"),
        after("procedure_offered", TACE, departments=(IR,), context=IR),
        Question("procedure_offered", (US,), (TACE,), IR),
    ),
    "no, Hangzhou": (message("correct", departments=(US,)), after("beds", context=IR), Question("beds", (US,), (), IR)),
    "no, TIPS": (
        message("correct", TIPS),
        after("procedure_info", TACE, context=IR),
        Question("procedure_info", (), (TIPS,), IR),
    ),
    "no, where nothing is in context": (message("correct"), after("beds"), Question("beds")),
    "no, and nothing before": (message("correct"), {}, None),
    "no, nothing asked but a context": (message("correct"), {"about_department": IR}, Question("overview", (US,), (), IR)),
    "again": (
        message("request_repeat"),
        after("trials", KEYNOTE, departments=(US,), context=US),
        Question("trials", (US,), (KEYNOTE,), US),
    ),
    "again, in context": (message("request_repeat"), after("beds", context=IR), Question("beds", (), (), IR)),
    "again, and nothing before": (message("request_repeat"), {}, None),
    "again, with empty slots": (message("request_repeat"), {"last_question": None, "about_department": None}, None),
}  # fmt: skip


@pytest.mark.parametrize(("parsed", "slots", "expected"), FOLLOW_UPS.values(), ids=FOLLOW_UPS)
def test_follow_up(parsed: dict[str, Any], slots: dict[str, Any], expected: Question | None) -> None:
    assert question_of(parsed, slots, KNOWN) == expected


@pytest.mark.parametrize(
    ("entity", "topic"),
    [
        (TACE, "procedure_offered"),
        (CANCER, "condition_treated"),
        (LIVER, "organs"),
        (NURSE, "staff"),
        (RESIDENCY, "teaching"),
        (KEYNOTE, "trials"),
    ],
    ids=lambda value: getattr(value, "kind", value),
)
@pytest.mark.parametrize("intent", ["inform", "correct"])
@pytest.mark.parametrize("slots", [{}, after("beds", context=IR)], ids=["fresh", "after_beds"])
def test_name_alone(entity: Entity, topic: str, intent: str, slots: dict[str, Any]) -> None:
    """What is asked where a message names a thing and nothing else."""
    found = question_of(message(intent, entity), slots, KNOWN)
    assert found == Question(topic, (), (entity,), slots.get("about_department"))
    assert TOPIC_OF_THING[entity.kind] == topic


@pytest.mark.parametrize("topic", ["trials", "application"])
@pytest.mark.parametrize("entity", [LIVER, CANCER], ids=lambda entity: entity.kind)
def test_trials_for_another_disease(entity: Entity, topic: str) -> None:
    """ "Any for the liver?" after trials, or after whether one can still join, asks for trials."""
    found = question_of(message("inform", entity), after(topic, context=US), KNOWN)
    assert found == Question("trials", (), (entity,), US)


@pytest.mark.parametrize("intent", ["inform", "correct", "request_repeat"])
@pytest.mark.parametrize("slots", [{}, after("beds", context=IR), after("procedure_offered", TACE, context=IR)])
def test_other_place_in_a_follow_up(intent: str, slots: dict[str, Any]) -> None:
    """ "And at another hospital?" is about that place, whatever else is named."""
    found = question_of(message(intent, ELSEWHERE), slots, KNOWN)
    assert found == Question("elsewhere", (), (ELSEWHERE,), slots.get("about_department"))
    with_thing = question_of(message(intent, TIPS, ELSEWHERE), slots, KNOWN)
    assert with_thing == Question("elsewhere", (), (TIPS, ELSEWHERE), slots.get("about_department"))


@pytest.mark.parametrize("intent", ["correct", "request_repeat"])
def test_language_in_a_follow_up(intent: str) -> None:
    """A language is not what is asked about: the question stays, and so does a thing named beside it."""
    slots = after("procedure_info", TACE, context=IR)
    assert question_of(message(intent, CHINESE), slots, KNOWN) == Question("procedure_info", (), (TACE,), IR)
    beside = question_of(message(intent, CHINESE, TIPS), slots, KNOWN)
    assert beside == Question("procedure_info", (), (TIPS,), IR)
    assert question_of(message(intent, CHINESE), {}, KNOWN) is None


def test_place_is_not_remembered() -> None:
    slots = after("procedure_offered", ELSEWHERE, TACE, CHINESE, context=IR)
    found = question_of(message("request_repeat"), slots, KNOWN)
    assert found == Question("procedure_offered", (), (TACE,), IR)


def test_three_departments() -> None:
    """ "The other one" of three is the other two."""
    found = question_of(message("correct"), after("beds", context="b"), ["a", "b", "c"])
    assert found and found.departments == ("a", "c")


OFFERED = [{"department": IR}, {"department": US}]
FIRST, SECOND, THIRD, LAST, THE_OTHER = (
    Entity("choice", name) for name in ("first", "second", "third", "last", "other")
)


@pytest.mark.parametrize("intent", ["inform", "correct"])
@pytest.mark.parametrize(
    ("choice", "departments"), [(FIRST, (IR,)), (SECOND, (US,)), (LAST, (US,))], ids=["first", "second", "last"]
)
def test_choice_among_departments(intent: str, choice: Entity, departments: tuple[str, ...]) -> None:
    slots = {**after("beds"), "options": OFFERED}
    assert question_of(message(intent, choice), slots, KNOWN) == Question("beds", departments)
    assert question_of(message(intent, choice), {"options": OFFERED}, KNOWN) == Question("overview", departments)


def test_choice_among_readings() -> None:
    """Whatever was asked before, the reading is a question of its own."""
    slots = {**after("price", context=US), "options": [{"intent": "ask_beds"}, {"intent": "ask_staff"}]}
    assert question_of(message("inform", SECOND), slots, KNOWN) == Question("staff", (), (), US)


@pytest.mark.parametrize("options", [None, [], OFFERED], ids=["unset", "none", "two"])
def test_choice_of_what_was_not_offered(options: list[dict[str, str]] | None) -> None:
    """It reads as if the choice had not been named."""
    slots = {**after("beds", context=IR), "options": options}
    assert question_of(message("inform", THIRD), slots, KNOWN) == Question("beds", KNOWN, (), IR)


def test_a_name_counts_more_than_a_choice() -> None:
    slots = {**after("beds"), "options": OFFERED}
    assert question_of(message("inform", FIRST, departments=(US,)), slots, KNOWN) == Question("beds", (US,))
    assert question_of(message("inform", FIRST, TACE), slots, KNOWN) == Question("procedure_offered", (), (TACE,))


def test_choice_in_a_question_of_its_own() -> None:
    """ "What was the first department of its kind?" chooses nothing."""
    slots = {**after("beds"), "options": OFFERED}
    assert question_of(message("ask_firsts", FIRST), slots, KNOWN) == Question("firsts")


@pytest.mark.parametrize("intent", ["inform", "correct"])
def test_the_other_one(intent: str) -> None:
    """Of the department in context; where both have been told, it has to be asked back."""
    slots = {**after("beds", context=IR), "options": OFFERED}
    assert question_of(message(intent, THE_OTHER), slots, KNOWN) == Question("beds", (US,), (), IR)
    assert question_of(message(intent, THE_OTHER), after("beds"), KNOWN) == Question(WHICH)


def test_one_of_the_list_of_departments() -> None:
    found = question_of(message("inform", departments=(US,)), after("departments"), KNOWN)
    assert found == Question("overview", (US,))


@pytest.mark.parametrize(
    "question",
    [
        Question("beds"),
        Question("beds", (IR,), (), US),
        Question("procedure_offered", (US, IR), (TACE, CANCER), None, ("procedure_info",)),
        Question("staff", (), (Entity("staff_grade", "nurse", "护士"),)),
    ],
)
def test_what_is_remembered(question: Question) -> None:
    """It survives JSON, and a repetition makes the same question of it."""
    slots = {"last_question": json.loads(json.dumps(remember(question))), "about_department": question.context}
    found = question_of(message("request_repeat"), slots, KNOWN)
    assert found == Question(question.topic, question.departments, question.entities, question.context)


def test_message_of_one_question() -> None:
    assert questions_of(message("ask_beds"), {}, KNOWN) == [Question("beds")]
    assert questions_of(message("request_repeat"), {}, KNOWN) == []
    assert questions_of(message("ask_beds", segments=[]), {}, KNOWN) == [Question("beds")]


SEGMENTS: dict[str, tuple[list[dict[str, Any]], list[Question]]] = {
    # what is asked: (its parts, the questions)
    "beds and doctors": ([message("ask_beds"), message("ask_staff")], [Question("beds"), Question("staff")]),
    "beds in Hangzhou and doctors": (
        [message("ask_beds", departments=(US,)), message("ask_staff")],
        [Question("beds", (US,)), Question("staff", (US,))],
    ),
    "beds and doctors in Hangzhou": (
        [message("ask_beds"), message("ask_staff", departments=(US,))],
        [Question("beds", (US,)), Question("staff", (US,))],
    ),
    "beds in Shanghai and doctors in Hangzhou": (
        [message("ask_beds", departments=(IR,)), message("ask_staff", departments=(US,))],
        [Question("beds", (IR,)), Question("staff", (US,))],
    ),
    "beds in Shanghai, rooms, and doctors in Hangzhou": (
        [message("ask_beds", departments=(IR,)), message("ask_rooms"), message("ask_staff", departments=(US,))],
        [Question("beds", (IR,)), Question("rooms", (IR,)), Question("staff", (US,))],
    ),
    "beds and TACE": (
        [message("ask_beds"), message("ask_procedure_offered", TACE)],
        [Question("beds"), Question("procedure_offered", (), (TACE,))],
    ),
    "beds of both and doctors": (
        [message("ask_beds", departments=KNOWN), message("ask_staff")],
        [Question("beds", KNOWN), Question("staff", KNOWN)],
    ),
    "beds in Hangzhou, and TIPS": (
        [message("ask_beds", departments=(US,)), message("inform", TIPS)],
        [Question("beds", (US,)), Question("procedure_offered", (US,), (TIPS,))],
    ),
}


@pytest.mark.parametrize(("parts", "expected"), SEGMENTS.values(), ids=SEGMENTS)
def test_several_questions(parts: list[dict[str, Any]], expected: list[Question]) -> None:
    """A part that names no department is about the one named before it, else after it."""
    ranking = [{"name": "ask_beds", "confidence": 0.8}, {"name": "ask_comparison", "confidence": 0.1}]
    whole = message("ask_beds", segments=parts, intent_ranking=ranking)
    assert questions_of(whole, {}, KNOWN) == expected


def test_several_questions_in_context() -> None:
    found = questions_of(
        message("ask_beds", segments=[message("ask_beds"), message("ask_staff")]), after("rooms", context=US), KNOWN
    )
    assert found == [Question("beds", context=US), Question("staff", context=US)]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            [message("ask_staff"), message("inform")],
            [Question("staff", (), (), US), Question("rooms", KNOWN, (), US)],
        ),
        (
            [message("ask_staff", departments=(IR,)), message("inform")],
            [Question("staff", (IR,), (), US), Question("rooms", KNOWN, (), US)],
        ),
        (
            [message("inform"), message("ask_staff", departments=(IR,))],
            [Question("rooms", KNOWN, (), US), Question("staff", (IR,), (), US)],
        ),
        (
            [message("correct"), message("ask_staff", departments=(US,))],
            [Question("rooms", (IR,), (), US), Question("staff", (US,), (), US)],
        ),
        (
            [message("ask_staff", departments=(US,)), message("inform", departments=(IR,))],
            [Question("staff", (US,), (), US), Question("rooms", (IR,), (), US)],
        ),
    ],
    ids=["staff_and_both", "staff_there_and_both", "both_and_staff_there", "other_and_staff_here", "both_named"],
)
def test_part_that_is_a_follow_up(parts: list[dict[str, Any]], expected: list[Question]) -> None:
    """ "Both" stays both, and "the other one" the other one, beside a part that names one department."""
    assert questions_of(message("ask_staff", segments=parts), after("rooms", context=US), KNOWN) == expected


def test_part_that_is_a_follow_up_to_nothing_is_left_out() -> None:
    parts = [message("request_repeat"), message("ask_beds")]
    assert questions_of(message("request_repeat", segments=parts), {}, KNOWN) == [Question("beds")]
