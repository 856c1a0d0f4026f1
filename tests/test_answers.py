"""From a question to its answers: which departments speak, what of things listed and unlisted, and never a false yes."""

from __future__ import annotations

from typing import Any

import pytest
from shipped import BY_ID, DEPARTMENTS, IR, LANGUAGES, RESPONSES, US, VOCABULARY, ask, brief, says_yes, worded

from actions.answers import COMPARABLE, ELSEWHERE, LONG_TOPICS, UNKNOWN_TOPICS, touched_facts
from actions.results import Entity, Question
from actions.terms import Term
from bot.language.wording import PLACEHOLDER

BOTH = (IR, US)
FOCUS: dict[str, dict[str, Any]] = {
    "nowhere": {},
    "named_first": {"named": (IR,)},
    "named_second": {"named": (US,)},
    "named_both": {"named": BOTH},
    "context_first": {"context": IR},
    "context_second": {"context": US},
    "named_against_context": {"named": (IR,), "context": US},
}
THING_TOPICS = ("procedure_info", "procedure_offered", "condition_treated", "organs")


def other(department: str) -> str:
    return US if department == IR else IR


def named(case: object) -> str:
    return str(case)


PROCEDURES = [(department.id, procedure.id) for department in DEPARTMENTS for procedure in department.procedures]
CONDITIONS = [(department.id, condition.id) for department in DEPARTMENTS for condition in department.conditions]
ORGANS = [(department.id, organ.id) for department in DEPARTMENTS for organ in department.organs]
LISTED: dict[str, set[str]] = {
    "procedure": {found for _, found in PROCEDURES}
    | {p.kind_of for d in DEPARTMENTS for p in d.procedures if p.kind_of},
    "condition": {found for _, found in CONDITIONS},
    "organ": {found for _, found in ORGANS} | {c.organ for d in DEPARTMENTS for c in d.conditions if c.organ},
}


def lists(department: str, kind: str, identifier: str) -> bool:
    """Whether a department's file has an answer for a thing: by its own entry, or that of a kind of it, or of its organ."""
    content = BY_ID[department]
    if kind == "procedure":
        return any(identifier in (found.id, found.kind_of) for found in content.procedures)
    if kind == "condition":
        return any(found.id == identifier for found in content.conditions)
    named_organs = {found.id for found in content.organs} | {found.organ for found in content.conditions}
    return identifier in named_organs


# Things that a file lists.


@pytest.mark.parametrize("topic", ["procedure_offered", "procedure_info"])
@pytest.mark.parametrize(("department", "procedure"), PROCEDURES, ids=named)
def test_procedure_listed(department: str, procedure: str, topic: str) -> None:
    """What it is and that it is on the page, of the department named and in context; the others' where none is."""
    entity = Entity("procedure", procedure, procedure)
    facts = (f"procedures.{procedure}.offered", f"procedures.{procedure}.description")
    entry = next(found for found in BY_ID[department].procedures if found.id == procedure)
    for answers in (ask(topic, entity, named=(department,)), ask(topic, entity, context=department)):
        assert (answers[0].kind, answers[0].response, answers[0].facts) == ("fact", f"utter_{topic}", facts)
        assert {found.department for found in answers} == {department}
        texts = worded(answers[0])
        assert entry.offered.en in texts["en"] and entry.description.en in texts["en"]
        assert entry.offered.zh in texts["zh"] and entry.description.zh in texts["zh"]
    everywhere = ask(topic, entity)
    assert (department, facts) in [(found.department, found.facts) for found in everywhere]
    assert [found.kind for found in everywhere] == ["fact"] * len(everywhere)


@pytest.mark.parametrize(("department", "procedure"), PROCEDURES, ids=named)
def test_procedure_asked_of_the_other_department(department: str, procedure: str) -> None:
    """No yes where only the other one lists it."""
    for focus in ({"named": (other(department),)}, {"context": other(department)}):
        answers = ask("procedure_offered", Entity("procedure", procedure, procedure), **focus)  # type: ignore[arg-type]
        if lists(other(department), "procedure", procedure):
            assert {found.department for found in answers} == {other(department)}
            assert answers[0].kind == "fact"
        else:
            assert brief(answers)[0] == ("unknown", "utter_not_listed", other(department))
            assert set(brief(answers[1:])) == {("fact", "utter_procedure_elsewhere", department)}
            assert not any(says_yes(found) for found in answers)


@pytest.mark.parametrize("topic", ["condition_treated", "conditions", "procedures"])
@pytest.mark.parametrize(("department", "condition"), CONDITIONS, ids=named)
def test_condition_listed(department: str, condition: str, topic: str) -> None:
    entry = next(found for found in BY_ID[department].conditions if found.id == condition)
    entity = Entity("condition", condition, entry.name.en)
    for answers in (ask(topic, entity, named=(department,)), ask(topic, entity, context=department)):
        assert brief(answers) == [("fact", "utter_care", department)]
        assert answers[0].facts == (f"conditions.{condition}",)
        assert entry.care.en in worded(answers[0])["en"]
        assert entry.care.zh in worded(answers[0])["zh"]
        assert says_yes(answers[0])
    everywhere = ask(topic, entity)
    assert [found.department for found in everywhere] == [name for name in BOTH if lists(name, "condition", condition)]


@pytest.mark.parametrize(("department", "condition"), CONDITIONS, ids=named)
def test_condition_asked_of_the_other_department(department: str, condition: str) -> None:
    for focus in ({"named": (other(department),)}, {"context": other(department)}):
        answers = ask("condition_treated", Entity("condition", condition, condition), **focus)  # type: ignore[arg-type]
        if lists(other(department), "condition", condition):
            assert brief(answers) == [("fact", "utter_care", other(department))]
        else:
            assert brief(answers) == [
                ("unknown", "utter_not_listed", other(department)),
                ("fact", "utter_care_elsewhere", department),
            ]
            assert not any(says_yes(found) for found in answers)


@pytest.mark.parametrize("topic", ["organs", "condition_treated"])
@pytest.mark.parametrize(("department", "organ"), ORGANS, ids=named)
def test_organ_listed(department: str, organ: str, topic: str) -> None:
    entry = next(found for found in BY_ID[department].organs if found.id == organ)
    for focus in ({"named": (department,)}, {"context": department}):
        answers = ask(topic, Entity("organ", organ, entry.name.en), **focus)  # type: ignore[arg-type]
        assert brief(answers) == [("fact", "utter_care", department)]
        assert answers[0].facts == (f"organs.{organ}",)
        assert entry.care.en in worded(answers[0])["en"]
    everywhere = [found.department for found in ask(topic, Entity("organ", organ, entry.name.en))]
    assert everywhere == [name for name in BOTH if lists(name, "organ", organ)]


@pytest.mark.parametrize(("organ", "condition"), [("stomach", "gastric_cancer"), ("colon", "colorectal_cancer")])
def test_organ_of_a_condition(organ: str, condition: str) -> None:
    """An organ that no file names itself, but that a disease of one belongs to."""
    (found,) = ask("organs", Entity("organ", organ, organ))
    assert (found.kind, found.department, found.facts) == ("fact", IR, (f"conditions.{condition}",))


@pytest.mark.parametrize(
    ("general", "kinds"),
    [
        ("thermal_ablation", {(IR, "microwave_ablation"), (IR, "radiofrequency_ablation"), (US, "thermal_ablation")}),
        ("biopsy", {(US, "biopsy"), (US, "mammotome")}),
        ("drainage", {(IR, "ptd"), (US, "drainage")}),
        ("particle_implantation", {(IR, "iodine_seeds"), (US, "particle_implantation")}),
        ("hepatic_artery_embolisation", {(IR, "hepatic_artery_embolisation"), (IR, "tace")}),
    ],
)
def test_kinds_of_a_procedure(general: str, kinds: set[tuple[str, str]]) -> None:
    """Who asks for the general procedure is told of those that are a kind of it."""
    answers = ask("procedure_offered", Entity("procedure", general, general))
    assert {(found.department, found.facts[0].split(".")[1]) for found in answers} == kinds


# Things that no file lists.


def unlisted(kind: str, terms: tuple[Term, ...]) -> list[tuple[str, str]]:
    return [(kind, term.id) for term in terms if term.id not in LISTED[kind]]


UNLISTED = [
    case
    for kind, terms in VOCABULARY.groups()
    if kind in LISTED
    for case in unlisted(kind, terms)
]  # fmt: skip
TERMS = {(kind, term.id): term for kind, terms in VOCABULARY.groups() for term in terms}


OWN_TOPIC = {"procedure": "procedure_offered", "condition": "condition_treated", "organ": "organs"}
SAMPLE = UNLISTED[::40]


def check_unlisted(case: tuple[str, str], topic: str, focus: str) -> None:
    """Never a yes; a fact only of the organ that the disease belongs to, which is said."""
    term = TERMS[case]
    answers = ask(topic, Entity(*case, term.name.en), **FOCUS[focus])
    assert not any(says_yes(found) for found in answers)
    for found in answers:
        assert found.response not in ("utter_care", "utter_care_elsewhere", "utter_procedure_elsewhere")
        if found.kind == "fact":
            assert (found.response, found.facts) == ("utter_care_of_organ", (f"organs.{term.organ}",))
    if not term.organ:
        context = FOCUS[focus].get("context")
        departments = FOCUS[focus].get("named") or ((context,) if context else ())
        each = [("unknown", "utter_not_listed", department) for department in departments]
        assert brief(answers) == (each or [("unknown", "utter_none_lists", None)])
        for found in answers:
            assert found.facts == ()
            assert term.name.en in worded(found)["en"]
            assert term.name.zh in worded(found)["zh"]


@pytest.mark.parametrize("case", UNLISTED, ids=lambda case: f"{case[0]}-{case[1]}")
def test_unlisted_thing(case: tuple[str, str]) -> None:
    """Asked about in every way, and of a department named."""
    for topic in THING_TOPICS:
        check_unlisted(case, topic, "nowhere")
    check_unlisted(case, OWN_TOPIC[case[0]], "named_first")
    check_unlisted(case, OWN_TOPIC[case[0]], "context_second")


@pytest.mark.parametrize("focus", FOCUS)
@pytest.mark.parametrize("topic", THING_TOPICS)
def test_unlisted_thing_wherever_asked(topic: str, focus: str) -> None:
    """Some of each kind, of whomever they are asked."""
    assert {kind for kind, _ in SAMPLE} == set(OWN_TOPIC)
    for case in SAMPLE:
        check_unlisted(case, topic, focus)


def test_unlisted_things_are_many() -> None:
    """The cases above are not empty for any kind."""
    assert min(sum(kind == each for kind, _ in UNLISTED) for each in LISTED) > 30


OF_ORGAN = [
    (term.id, term.organ) for term in VOCABULARY.conditions if term.organ and term.id not in LISTED["condition"]
]


@pytest.mark.parametrize(("condition", "organ"), OF_ORGAN, ids=named)
def test_unlisted_condition_of_a_listed_organ(condition: str, organ: str) -> None:
    """Each department with the organ tells what it does for it, and that the disease itself is not named."""
    written = TERMS["condition", condition].name.en
    answers = ask("condition_treated", Entity("condition", condition, written))
    departments = [name for name in BOTH if organ in {found.id for found in BY_ID[name].organs}]
    assert brief(answers) == [("fact", "utter_care_of_organ", name) for name in departments]
    for found in answers:
        texts = worded(found)
        assert "does not name" in texts["en"] and written in texts["en"]
        assert "没有单独写" in texts["zh"] and written in texts["zh"]


@pytest.mark.parametrize("topic", ["procedure_info", "procedure_offered", "condition_treated"])
@pytest.mark.parametrize(
    ("focus", "response", "department"),
    [
        ("nowhere", "utter_none_lists", None),
        ("named_first", "utter_not_listed", IR),
        ("context_second", "utter_not_listed", US),
        ("named_both", "utter_none_lists", None),
    ],
)
def test_thing_question_that_names_nothing(topic: str, focus: str, response: str, department: str | None) -> None:
    """ "Do you do this?", of something that no list has: not a yes."""
    answers = ask(topic, **FOCUS[focus])
    assert brief(answers) == [("unknown", response, department)]


def test_name_of_something_nobody_knows() -> None:
    """It is named as it was written."""
    (found,) = ask("procedure_offered", Entity("procedure", "moon_rays", "moon rays"), named=(US,))
    assert worded(found)["en"].startswith(f"The page of the {BY_ID[US].short_name.en} does not list moon rays.")


# Several things at once.


@pytest.mark.parametrize("organ", ["liver", "kidney", "uterus", "thyroid", "breast"])
def test_ablation_of_an_organ_listed(organ: str) -> None:
    answers = ask("procedure_offered", Entity("procedure", "thermal_ablation"), Entity("organ", organ), named=(US,))
    assert {found.kind for found in answers} == {"fact"}
    assert answers[0].facts[0] == "procedures.thermal_ablation.offered"


@pytest.mark.parametrize(
    "thing",
    [
        Entity("organ", "lung", "lung"),
        Entity("organ", "bladder", "bladder"),
        Entity("condition", "lung_cancer", "lung cancer"),
    ],
    ids=lambda thing: thing.id,
)
@pytest.mark.parametrize("focus", FOCUS)
@pytest.mark.parametrize("topic", THING_TOPICS)
def test_ablation_of_an_organ_not_listed(topic: str, focus: str, thing: Entity) -> None:
    """What the page lists the procedure for is told, and that this is not named for it: never a yes, of no department."""
    answers = ask(topic, Entity("procedure", "thermal_ablation", "ablation"), thing, **FOCUS[focus])
    context = FOCUS[focus].get("context")
    departments = FOCUS[focus].get("named") or ((context,) if context else BOTH)
    kinds = {IR: ["microwave_ablation", "radiofrequency_ablation"], US: ["thermal_ablation"]}
    assert [(found.department, found.facts) for found in answers] == [
        (department, (f"procedures.{kind}.offered",)) for department in departments for kind in kinds[department]
    ]
    for found in answers:
        assert (found.kind, found.response) == ("unknown", "utter_not_named_for")
        assert not says_yes(found)
        texts = worded(found)
        assert f"does not name {thing.written} for it" in texts["en"]
        assert f"没有提到{thing.written}" in texts["zh"]
        listed = {IR: ("large and massive liver cancer", "大肝癌和巨块型肝癌")}.get(
            found.department or "", ("liver, kidney, uterus, thyroid and breast", "肝脏、肾脏、子宫、甲状腺、乳腺")
        )
        assert listed[0] in texts["en"] and listed[1] in texts["zh"]


def test_ablation_of_an_organ_that_only_the_other_department_lists() -> None:
    """The one asked about says that it does not name the organ; the other one's is told without a yes."""
    things = (Entity("procedure", "thermal_ablation", "ablation"), Entity("organ", "kidney", "kidney"))
    answers = ask("procedure_offered", *things, named=(IR,))
    assert brief(answers) == [
        ("unknown", "utter_not_named_for", IR),
        ("unknown", "utter_not_named_for", IR),
        ("fact", "utter_procedure_elsewhere", US),
        ("fact", "utter_care_elsewhere", US),
    ]
    assert not any(says_yes(found) for found in answers)


def test_ablation_of_the_pancreas() -> None:
    """The page that lists ablation does not name the pancreas for it, even though the other page names the organ."""
    things = (Entity("procedure", "thermal_ablation", "ablation"), Entity("organ", "pancreas", "pancreas"))
    answers = ask("procedure_offered", *things, named=(US,))
    assert brief(answers)[0] == ("unknown", "utter_not_named_for", US)
    assert not any(says_yes(found) for found in answers)


@pytest.mark.parametrize(
    ("focus", "expected"),
    [
        ("nowhere", [("fact", "utter_procedure_offered", IR), ("unknown", "utter_none_lists", None)]),
        ("named_first", [("fact", "utter_procedure_offered", IR), ("unknown", "utter_not_listed", IR)]),
        ("context_first", [("fact", "utter_procedure_offered", IR), ("unknown", "utter_not_listed", IR)]),
    ],
)
def test_procedure_unlisted_beside_one_listed(focus: str, expected: list[tuple[str, str, str | None]]) -> None:
    """ "TIPS and an MRI?": the yes is for TIPS, and of the MRI it is said that it is not listed."""
    things = (Entity("procedure", "tips", "TIPS"), Entity("procedure", "mri", "MRI"))
    for order in (things, things[::-1]):
        answers = ask("procedure_offered", *order, **FOCUS[focus])
        assert brief(answers) == expected
        assert answers[0].facts[0] == "procedures.tips.offered"
        assert "does not list MRI" in worded(answers[1])["en"] or "do not list MRI" in worded(answers[1])["en"]
        assert "没有列出磁共振" in worded(answers[1])["zh"]


@pytest.mark.parametrize("focus", FOCUS)
def test_condition_unlisted_beside_one_listed(focus: str) -> None:
    """ "Liver cancer and lung cancer?": the yes is for the liver, and of the lung it is said that it is not listed."""
    things = (Entity("condition", "liver_cancer", "liver cancer"), Entity("condition", "lung_cancer", "lung cancer"))
    context = FOCUS[focus].get("context")
    departments = FOCUS[focus].get("named") or ((context,) if context else ())
    expected: list[tuple[str, str, str | None]] = []
    for department in departments:
        expected += [("fact", "utter_care", department), ("unknown", "utter_not_listed", department)]
    if not departments:
        expected = [*(("fact", "utter_care", department) for department in BOTH), ("unknown", "utter_none_lists", None)]
    answers = ask("condition_treated", *things, **FOCUS[focus])
    assert brief(answers) == expected
    for found in answers:
        if found.kind == "fact":
            assert found.facts == ("conditions.liver_cancer",)
        else:
            assert "lung cancer" in worded(found)["en"] and "肺癌" in worded(found)["zh"]


@pytest.mark.parametrize("focus", ["named_first", "context_first", "named_against_context"])
def test_condition_of_an_organ_that_only_the_other_department_lists(focus: str) -> None:
    """It keeps its own name: "does not list kidney cancer", not "kidney"."""
    answers = ask("condition_treated", Entity("condition", "kidney_cancer", "renal cancer"), **FOCUS[focus])
    assert brief(answers) == [("unknown", "utter_not_listed", IR), ("fact", "utter_care_of_organ", US)]
    assert "does not list kidney cancer." in worded(answers[0])["en"]
    assert "没有列出肾癌。" in worded(answers[0])["zh"]
    assert not any(says_yes(found) for found in answers)


def test_tumour_beside_a_disease_is_left_out() -> None:
    """ "Do you treat liver cancer, I mean tumours of the liver?" is about liver cancer."""
    answers = ask("condition_treated", Entity("condition", "tumour"), Entity("condition", "liver_cancer"), named=(US,))
    assert [found.facts for found in answers] == [("conditions.liver_cancer",)]
    alone = ask("condition_treated", Entity("condition", "tumour"), named=(US,))
    assert [found.facts for found in alone] == [("conditions.tumour",)]


def test_two_things_are_both_answered() -> None:
    answers = ask("procedure_offered", Entity("procedure", "biopsy"), Entity("procedure", "nano_knife"), named=(US,))
    told = [found.facts[0].split(".")[1] for found in answers]
    assert told == ["biopsy", "mammotome", "nano_knife"]


def test_same_fact_is_told_once() -> None:
    answers = ask("procedure_offered", Entity("procedure", "biopsy"), Entity("procedure", "mammotome"), named=(US,))
    assert [found.facts[0].split(".")[1] for found in answers] == ["biopsy", "mammotome"]


def test_department_named_goes_before_the_one_in_context() -> None:
    (found,) = ask("beds", named=(IR,), context=US)
    assert found.department == IR


# Departments, comparison, elsewhere, and what nobody knows.


@pytest.mark.parametrize("focus", FOCUS.values(), ids=FOCUS)
def test_list_of_departments(focus: dict[str, Any]) -> None:
    (found,) = ask("departments", **focus)
    assert brief([found]) == [("fact", "utter_departments", None)]
    assert found.choices == BOTH
    for department in DEPARTMENTS:
        assert department.name.en in worded(found)["en"]
        assert department.name.zh in worded(found)["zh"]


@pytest.mark.parametrize("context", [None, IR, US])
@pytest.mark.parametrize(
    ("entity", "departments"),
    [
        (Entity("procedure", "tips"), [IR]),
        (Entity("procedure", "nano_knife"), [US]),
        (Entity("procedure", "tace"), [IR, US]),
        (Entity("condition", "cirrhosis"), [IR]),
        (Entity("condition", "thyroid_tumour"), [US]),
        (Entity("condition", "liver_cancer"), [IR, US]),
        (Entity("organ", "kidney"), [US]),
    ],
    ids=named,
)
def test_which_department_does_it(entity: Entity, departments: list[str], context: str | None) -> None:
    """Of all departments, whichever the conversation is about."""
    answers = ask("departments", entity, context=context)
    assert [found.department for found in answers] == departments
    assert {found.kind for found in answers} == {"fact"}


@pytest.mark.parametrize("topic", COMPARABLE)
@pytest.mark.parametrize("departments", [(), BOTH, (IR,)], ids=["none", "both", "one"])
def test_comparison_of_a_topic(topic: str, departments: tuple[str, ...]) -> None:
    """Both departments' answers to the likeliest topic that can be compared; one that is silent says so."""
    answers = ask("comparison", named=departments, alternatives=("price", topic, "beds"))
    assert [found.department for found in answers] == list(BOTH)
    assert {found.topic for found in answers} == {topic}
    assert any(found.kind == "fact" for found in answers)
    assert {found.response for found in answers if found.kind == "unknown"} <= {"utter_not_stated"}


@pytest.mark.parametrize("alternatives", [(), ("price", "greet")], ids=named)
def test_comparison_in_general(alternatives: tuple[str, ...]) -> None:
    (found,) = ask("comparison", alternatives=alternatives)
    assert brief([found]) == [("fact", "utter_comparison", None)]
    texts = worded(found)
    for figure in ("56 beds", "17 beds", "22 full-time", "43 staff", "about 6000", "nearly 20,000"):
        assert figure in texts["en"]
    for figure in ("床位56张", "床位17张", "22名", "43名", "约6000例", "近2万例"):
        assert figure in texts["zh"]
    assert [texts[language].count("•") for language in LANGUAGES] == [2, 2]


def test_comparison_in_the_order_named() -> None:
    assert [found.department for found in ask("comparison", named=(US, IR), alternatives=("beds",))] == [US, IR]


@pytest.mark.parametrize(
    "topic", ["beds", "procedure_offered", "condition_treated", "address", "inform", "departments"]
)
@pytest.mark.parametrize("place", ["other_hospital", "other_department"])
@pytest.mark.parametrize("context", [None, IR])
def test_other_places(topic: str, place: str, context: str | None) -> None:
    """Nothing is said of places that the files are not about, whatever else is named."""
    entities = (Entity("elsewhere", place), Entity("procedure", "tace"))
    assert brief(ask(topic, *entities, context=context)) == [("unknown", "utter_elsewhere", None)]


def test_other_place_beside_a_department() -> None:
    """Who names one of the departments is answered for it."""
    assert brief(ask("beds", Entity("elsewhere", "other_department"), named=(US,))) == [("fact", "utter_beds", US)]


@pytest.mark.parametrize("context", [None, IR])
def test_elsewhere_as_a_topic(context: str | None) -> None:
    assert brief(ask("elsewhere", context=context)) == [("unknown", "utter_elsewhere", None)]


@pytest.mark.parametrize("topic", sorted(UNKNOWN_TOPICS - {"address"}))
@pytest.mark.parametrize("focus", FOCUS.values(), ids=FOCUS)
def test_topic_that_no_file_has(topic: str, focus: dict[str, Any]) -> None:
    """Each has words of its own, which point to a person: the front desk, or a doctor."""
    (found,) = ask(topic, Entity("procedure", "tace"), **focus)
    assert (found.kind, found.response, found.facts) == ("unknown", f"utter_{topic}_unknown", ())
    assert any(place in worded(found)["en"] for place in ("front desk", "doctor"))
    assert any(place in worded(found)["zh"] for place in ("导诊台", "医生"))


def test_address_is_unknown() -> None:
    """City and hospital are told, and that there is no street."""
    first, second = ask("address")
    assert brief([first, second]) == [
        ("unknown", "utter_address_unknown", IR),
        ("unknown", "utter_address_unknown", US),
    ]
    assert (first.facts, second.facts) == (("city",), ("hospital", "city"))
    assert "I do not have the street address" in worded(first)["en"]


@pytest.mark.parametrize("topic", ["weather", "", "inform", "out_of_scope"])
def test_topic_of_nobody(topic: str) -> None:
    assert brief(ask(topic)) == [("unknown", "utter_not_known", None)]
    assert brief(ask(topic, context=IR)) == [("unknown", "utter_not_known", IR)]


def test_department_that_is_not_there_any_more() -> None:
    """An id of a conversation begun before a file went does no harm."""
    assert [found.department for found in ask("beds", named=("gone",))] == list(BOTH)
    assert [found.department for found in ask("beds", context="gone")] == list(BOTH)


@pytest.mark.parametrize("topic", sorted(LONG_TOPICS))
def test_one_department_needs_no_choice(topic: str) -> None:
    """With one file there is nothing to choose between, however long the answer."""
    assert [found.kind for found in ask(topic, departments=[BY_ID[US]])] == ["fact"]


# Personal advice: what is added to the refusal.


@pytest.mark.parametrize(
    ("entities", "focus", "departments"),
    [
        ((), {}, []),
        ((Entity("condition", "liver_cancer"),), {}, [IR, US]),
        ((Entity("condition", "liver_cancer"),), {"departments": (US,)}, [US]),
        ((Entity("condition", "liver_cancer"),), {"context": IR}, [IR]),
        ((Entity("condition", "cirrhosis"),), {"context": US}, [IR]),
        ((Entity("procedure", "tips"), Entity("condition", "cirrhosis")), {}, [IR, IR]),
        ((Entity("procedure", "mri", "MRI"),), {}, []),
        ((Entity("condition", "lung_cancer", "lung cancer"),), {"context": US}, []),
        ((Entity("language", "en"),), {}, []),
    ],
    ids=named,
)
def test_touched_facts(entities: tuple[Entity, ...], focus: dict[str, Any], departments: list[str]) -> None:
    """At most two facts, of the department in focus first; nothing of what no file lists."""
    found = touched_facts(Question("seek_advice", entities=entities, **focus), DEPARTMENTS, VOCABULARY)
    assert [answer.department for answer in found] == departments
    assert all(answer.kind == "fact" for answer in found)


def test_touched_facts_are_two_at_most() -> None:
    things = tuple(Entity("procedure", procedure) for _, procedure in PROCEDURES)
    assert len(touched_facts(Question("seek_advice", entities=things), DEPARTMENTS, VOCABULARY)) == 2


# The responses themselves.


@pytest.mark.parametrize("response", RESPONSES)
def test_response_is_in_both_languages(response: str) -> None:
    """As many variations in each, with the same placeholders and buttons."""
    english, chinese = (
        [variation for variation in RESPONSES[response] if variation["metadata"]["language"] == language]
        for language in LANGUAGES
    )
    assert len(english) == len(chinese) == len(RESPONSES[response]) / 2
    for first, second in zip(english, chinese):
        assert set(PLACEHOLDER.findall(first["text"])) == set(PLACEHOLDER.findall(second["text"]))
        assert len(first.get("buttons", ())) == len(second.get("buttons", ()))


@pytest.mark.parametrize(
    "response",
    sorted({f"utter_{topic}_unknown" for topic in UNKNOWN_TOPICS} | set(ELSEWHERE.values()) | {"utter_not_named_for"}),
)
def test_response_of_the_lookups_exists(response: str) -> None:
    assert response in RESPONSES
