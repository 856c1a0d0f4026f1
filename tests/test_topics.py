"""Each topic for each department: what is answered, with which figures, and that every fact is told somewhere."""

from __future__ import annotations

from typing import Any

import pytest
from shipped import BY_ID, DEPARTMENTS, IR, LANGUAGES, RESPONSES, US, ask, brief, check_answer, worded

from actions.departments import fact_paths
from actions.results import Entity, Question, quantity
from actions.schema import Department
from actions.topics import TOPICS, source
from bot.language.wording import word

BOTH = (IR, US)
HELD: dict[str, tuple[str, ...]] = {
    # topic: the departments whose files say something of it
    "overview": BOTH, "name": BOTH, "specialty": (IR,), "mission": (US,), "vision": (US,),
    "history": (IR,), "founder": (IR,), "firsts": (IR,), "awards": (IR,), "standing": BOTH,
    "structure": (US,), "memberships": (US,), "currency": BOTH, "beds": BOTH, "rooms": (US,),
    "clinics": (US,), "volume": BOTH, "staff": BOTH, "procedures": BOTH, "conditions": BOTH,
    "organs": BOTH, "new_techniques": (IR,), "multidisciplinary": (IR,), "focus": BOTH, "teaching": BOTH,
    "course": (IR,), "refresher": (IR,), "residency": (IR,), "continuing_education": (IR,), "lectures": (IR,),
    "graduate_training": (US,), "research": BOTH, "funding": (US,), "publications": (US,), "trials": (US,),
    "image_database": (US,), "cooperation": (US,), "address": (), "phone": (), "hours": (),
}  # fmt: skip
PROGRAMS = ("course", "refresher", "residency", "continuing_education", "lectures", "graduate_training")
OWN_RESPONSE = {
    (IR, "beds"): "utter_beds_since",
    **{(department, program): "utter_teaching" for department in BOTH for program in PROGRAMS},
}
"""Responses that are not named after their topic."""

CASES = [(department, topic, department in HELD[topic]) for topic in TOPICS for department in BOTH]


def named(case: object) -> str:
    return str(case)


def test_every_topic_has_its_case() -> None:
    assert list(HELD) == list(TOPICS)


@pytest.mark.parametrize(("department", "topic", "held"), CASES, ids=named)
def test_lookup(department: str, topic: str, held: bool) -> None:
    """A fact with its response and the department's name in it where the file says something; None, or "unknown", if not."""
    found = TOPICS[topic](BY_ID[department], Question(topic))
    if topic == "address":
        assert found and brief([found]) == [("unknown", "utter_address_unknown", department)]
    elif not held:
        assert found is None
    else:
        response = OWN_RESPONSE.get((department, topic), f"utter_{topic}")
        assert found and brief([found]) == [("fact", response, department)]
        assert found.topic == topic
        assert found.values["department"] == {
            "en": BY_ID[department].short_name.en,
            "zh": BY_ID[department].short_name.zh,
        }
    if found:
        check_answer(found, DEPARTMENTS)


@pytest.mark.parametrize(("department", "topic", "held"), CASES, ids=named)
def test_topic_of_department_named(department: str, topic: str, held: bool) -> None:
    """The department named answers, and only that one."""
    (found,) = ask(topic, named=(department,))
    assert found.kind == ("fact" if held else "unknown")
    if not HELD[topic]:
        assert found.response == f"utter_{topic}_unknown"
    elif not held:
        assert brief([found]) == [("unknown", "utter_not_stated", department)]
    else:
        assert found.department == department


@pytest.mark.parametrize(("department", "topic", "held"), CASES, ids=named)
def test_topic_in_context(department: str, topic: str, held: bool) -> None:
    """The department talked about answers; where its file is silent, the others say what they have after it."""
    found = ask(topic, context=department)
    assert found[0].kind == ("fact" if held else "unknown")
    others = [other for other in HELD[topic] if other != department and not held]
    assert [item.department for item in found[1:]] == others
    assert all(item.kind == "fact" for item in found[1:])


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic != "address"])
def test_topic_without_department(topic: str) -> None:
    """All departments that know it answer; of two long answers one is chosen first."""
    found = ask(topic)
    if not HELD[topic]:
        assert brief(found) == [("unknown", f"utter_{topic}_unknown", None)]
    elif topic in ("overview", "procedures", "conditions", "teaching", "research"):
        assert brief(found) == [("unknown", "utter_which_department", None)]
        assert found[0].choices == BOTH
        assert found[0].facts == ()
    else:
        assert [(item.kind, item.department) for item in found] == [("fact", held) for held in HELD[topic]]


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if HELD[topic]])
@pytest.mark.parametrize("order", [BOTH, BOTH[::-1]], ids=["first_second", "second_first"])
def test_topic_of_both_departments(topic: str, order: tuple[str, str]) -> None:
    """Both answer, in the order named; one that is silent says so."""
    found = ask(topic, named=order)
    assert [item.department for item in found] == list(order)
    assert [item.kind == "fact" for item in found] == [department in HELD[topic] for department in order]


FIGURES = [
    (IR, "beds", (), {"beds": 56, "since": "1991", "opening": 20}),
    (US, "beds", (), {"beds": 17}),
    (US, "structure", (), {"count": 2}),
]
TOLD = [
    (IR, "beds", "56 beds", "56张"),
    (IR, "beds", "in 1991 with 20 beds", "1991年建立，当时有20张"),
    (US, "beds", "17 beds", "17张"),
    (IR, "staff", "22 full-time interventional radiotherapists", "22名专职介入治疗医师"),
    (IR, "staff", "5 chief physicians", "主任医师5人"),
    (IR, "staff", "8 associate chief physicians", "副主任医师8人"),
    (IR, "staff", "2 doctoral supervisors", "博士生导师2人"),
    (IR, "staff", "4 master's supervisors", "硕士生导师4人"),
    (US, "staff", "43 staff members", "43名工作人员"),
    (US, "staff", "37 doctors", "医师（M.D.）37人"),
    (US, "staff", "2 professors", "教授2人"),
    (US, "staff", "9 associate professors", "副教授9人"),
    (US, "staff", "6 nurses", "护士6人"),
    (US, "staff", "10 secretaries", "文员10人"),
    (US, "staff", "does not add up", "与总数不符"),
    (IR, "volume", "about 6000 interventional operations", "约6000例介入手术"),
    (US, "volume", "nearly 20,000 ultrasound-guided operations", "近2万例超声引导手术"),
    (US, "volume", "thousands of hospital patients", "数千名住院患者"),
    (US, "rooms", "2 contrast-enhanced ultrasound rooms", "2间超声造影室"),
    (US, "rooms", "more than 20 examination rooms", "20多间检查室"),
    (US, "rooms", "2 standardised operating rooms", "2间标准化手术室"),
    (US, "structure", "2 parts", "2个部分"),
    (US, "structure", "17-bed ward", "17张床位"),
    (IR, "awards", "• 2002: first prize", "• 2002年：上海市科技进步奖一等奖"),
    (IR, "awards", "• 2005: second prize", "• 2005年：国家科技进步奖二等奖"),
    (IR, "founder", "Lin Gui", "林贵"),
    (IR, "history", "1988", "1988年"),
    (IR, "history", "Lin Gui", "林贵"),
    (IR, "refresher", "10 to 20", "10到20名"),
    (IR, "residency", "20 to 30", "20到30名"),
    (US, "trials", "3 × national trial", "国家级临床试验3项"),
    (US, "trials", "1 × international trial, phase III", "III期国际临床试验1项"),
    (US, "trials", "KEYNOTE-937", "KEYNOTE-937"),
    (US, "cooperation", "Emory University", "埃默里大学"),
    (US, "funding", "National Natural Science Foundation", "国家自然科学基金"),
    (US, "clinics", "an ultrasound diagnosis clinic", "超声诊断门诊"),
    (US, "name", "Zhejiang Cancer Hospital", "浙江省肿瘤医院"),
    (IR, "name", "does not name the hospital", "没有写所属医院"),
    (IR, "name", "Shanghai", "上海"),
    (IR, "currency", "undated", "未注明日期"),
    (US, "currency", "March 2020", "2020年3月"),
    (IR, "address", "Shanghai", "上海"),
    (US, "address", "Hangzhou", "杭州"),
    (US, "memberships", "• president unit of the Interventional", "主任委员单位"),
    (IR, "multidisciplinary", "gastric cancer", "胃癌"),
    (IR, "conditions", "portal vein thrombosis", "门静脉血栓"),
    (US, "procedures", "nano-knife", "纳米刀"),
    (US, "organs", "thyroid", "甲状腺"),
    (IR, "organs", "pancreas", "胰腺"),
]


@pytest.mark.parametrize(("department", "topic", "entities", "values"), FIGURES)
def test_figures(department: str, topic: str, entities: tuple[Entity, ...], values: dict[str, Any]) -> None:
    (found,) = ask(topic, *entities, named=(department,))
    assert {name: found.values[name] for name in values} == values


@pytest.mark.parametrize(("department", "topic", "english", "chinese"), TOLD)
def test_told_in_both_languages(department: str, topic: str, english: str, chinese: str) -> None:
    (found,) = ask(topic, named=(department,))
    texts = worded(found)
    assert english in texts["en"]
    assert chinese in texts["zh"]


GRADES = [
    (department.id, grade.id, grade.count, grade.name.en, grade.name.zh)
    for department in DEPARTMENTS
    if department.staff
    for grade in department.staff.grades
]


@pytest.mark.parametrize(("department", "grade", "count", "english", "chinese"), GRADES, ids=named)
def test_staff_grade(department: str, grade: str, count: int, english: str, chinese: str) -> None:
    """The grade asked for comes first, then everybody; with the other department in context it is answered all the same."""
    entity = Entity("staff_grade", grade, english)
    (found,) = ask("staff", entity, named=(department,))
    texts = worded(found)
    assert brief([found]) == [("fact", "utter_staff_grade", department)]
    assert f"staff.grades.{grade}" in found.facts
    assert f" has {count} {english}." in texts["en"]
    assert f"有{chinese}{count}人。" in texts["zh"]
    (other,) = (name for name in BOTH if name != department)
    silent, told = ask("staff", entity, context=other)
    assert brief([silent, told]) == [
        ("unknown", "utter_staff_grade_unknown", other),
        ("fact", "utter_staff_grade", department),
    ]
    assert brief(ask("staff", entity)) == [("fact", "utter_staff_grade", department)]


def test_two_grades_at_once() -> None:
    (found,) = ask("staff", Entity("staff_grade", "nurse"), Entity("staff_grade", "professor"), named=(US,))
    assert "2 professors and 6 nurses" in worded(found)["en"]
    assert "教授2人、护士6人" in worded(found)["zh"]


@pytest.mark.parametrize("department", BOTH)
def test_grade_that_no_file_counts(department: str) -> None:
    """No number is made up; what the page counts is told."""
    (found,) = ask("staff", Entity("staff_grade", "anaesthetist", "anaesthetists"), named=(department,))
    assert brief([found]) == [("unknown", "utter_staff_grade_unknown", department)]
    assert "gives no number" in worded(found)["en"]


PROGRAM_CASES = [(department.id, program.id) for department in DEPARTMENTS for program in department.teaching]


@pytest.mark.parametrize(("department", "program"), PROGRAM_CASES, ids=named)
def test_program(department: str, program: str) -> None:
    """By its own topic, and by its name in a question about teaching."""
    by_topic = ask(program, named=(department,))
    by_name = ask("teaching", Entity("program", program), named=(department,))
    assert [item.facts for item in by_topic + by_name] == [(f"teaching.{program}",)] * 2
    assert [item.values for item in by_topic] == [item.values for item in by_name]


def test_two_programs_at_once() -> None:
    (found,) = ask("residency", Entity("program", "refresher"), named=(IR,))
    assert set(found.facts) == {"teaching.refresher", "teaching.residency"}


TRIALS = [trial.id for trial in BY_ID[US].trials]


@pytest.mark.parametrize("trial", TRIALS)
def test_trial(trial: str) -> None:
    (found,) = ask("trials", Entity("trial", trial), named=(US,))
    assert found.facts == (f"trials.{trial}",)
    for text in worded(found).values():
        assert [other for other in TRIALS if other in text] == [trial]


@pytest.mark.parametrize(
    ("condition", "trials"),
    [("thyroid_tumour", TRIALS[:3]), ("liver_cancer", TRIALS[3:])],
)
def test_trials_on_a_condition(condition: str, trials: list[str]) -> None:
    (found,) = ask("trials", Entity("condition", condition), named=(US,))
    assert found.facts == tuple(f"trials.{trial}" for trial in trials)


@pytest.mark.parametrize(
    ("topic", "entity"),
    [
        ("trials", Entity("condition", "lung_cancer", "lung cancer")),
        ("trials", Entity("condition", "kidney_cancer", "kidney cancer")),
        ("trials", Entity("trial", "X-9", "X-9")),
        ("teaching", Entity("program", "moon_school", "moon school")),
    ],
    ids=named,
)
def test_what_is_asked_for_is_not_listed(topic: str, entity: Entity) -> None:
    """Trials on a disease without any, or of no such name, and a program that is not there: not all the others instead."""
    for department in BOTH:
        assert TOPICS[topic](BY_ID[department], Question(topic, entities=(entity,))) is None
        silent = [("unknown", "utter_not_stated", department)]
        assert brief(ask(topic, entity, named=(department,))) == silent
        assert brief(ask(topic, entity, context=department)) == silent
    assert brief(ask(topic, entity)) == [("unknown", "utter_not_known", None)]
    both = [("unknown", "utter_not_stated", department) for department in BOTH]
    assert brief(ask(topic, entity, named=BOTH)) == both


@pytest.mark.parametrize(
    "unlisted", [Entity("condition", "lung_cancer", "lung cancer"), Entity("trial", "X-9", "X-9")], ids=named
)
def test_trial_beside_what_is_not_listed(unlisted: Entity) -> None:
    (found,) = ask("trials", Entity("trial", "KEYNOTE-937"), unlisted, named=(US,))
    assert found.facts == ("trials.KEYNOTE-937",)


def test_trials_that_are_alike_share_a_line() -> None:
    (found,) = ask("trials", named=(US,))
    assert [worded(found)[language].count("•") for language in LANGUAGES] == [2, 2]
    assert set(found.facts) == {f"trials.{trial}" for trial in TRIALS}


@pytest.mark.parametrize(
    ("value", "qualifier", "english", "chinese"),
    [
        (6000, "about", "about 6000", "约6000"),
        (20000, "nearly", "nearly 20,000", "近2万"),
        (20, "more_than", "more than 20", "20多"),
        (2, "exact", "2", "2"),
        (1000, "thousands", "thousands of", "数千"),
        (12345, "exact", "12,345", "12345"),
        (15000, "about", "about 15,000", "约1.5万"),
        (9999, "nearly", "nearly 9999", "近9999"),
        (10000, "exact", "10,000", "1万"),
    ],
)
def test_quantity(value: int, qualifier: str, english: str, chinese: str) -> None:
    put = quantity(value, qualifier)
    assert [word(RESPONSES, put["phrase"], language, put["values"]) for language in LANGUAGES] == [english, chinese]


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_its_words(month: int) -> None:
    department = BY_ID[US].copy(update={"source": BY_ID[US].source.copy(update={"updated": f"2019-{month:02}"})})
    told = source(department)
    texts = {language: word(RESPONSES, told["phrase"], language, told["values"]) for language in LANGUAGES}
    assert f"2019年{month}月更新" in texts["zh"]
    assert texts["en"].endswith(" 2019)") and "last updated " in texts["en"]


@pytest.mark.parametrize("department", DEPARTMENTS, ids=lambda department: department.id)
def test_every_fact_is_told(department: Department) -> None:
    """Some question is answered with each fact of the file."""
    told: set[str] = set()
    for topic in TOPICS:
        told.update(fact for found in ask(topic, named=(department.id,)) for fact in found.facts)
    things = [("procedure", "procedure_info", procedure.id) for procedure in department.procedures]
    things += [("condition", "condition_treated", condition.id) for condition in department.conditions]
    things += [("organ", "organs", organ.id) for organ in department.organs]
    for kind, topic, identifier in things:
        found = ask(topic, Entity(kind, identifier, identifier), named=(department.id,))
        told.update(fact for item in found for fact in item.facts)
    assert set(fact_paths(department)) - told == set()


def test_file_with_contact_details() -> None:
    """What the shipped files lack is told where a file has it."""
    text = {"en": "1 Demo Street", "zh": "示范路1号"}
    contact = {"address": text, "phone": "0571-1234", "hours": {"en": "8 to 5", "zh": "8点到17点"}}
    department = Department.parse_obj({**BY_ID[US].dict(), **contact})
    for topic, english in (("address", "1 Demo Street"), ("phone", "0571-1234"), ("hours", "8 to 5")):
        (found,) = ask(topic, named=(US,), departments=[BY_ID[IR], department])
        assert brief([found]) == [("fact", f"utter_{topic}", US)]
        assert found.facts == (topic,)
        assert english in worded(found)["en"]
    assert brief(ask("phone", departments=[BY_ID[IR], department])) == [("fact", "utter_phone", US)]
    assert brief(ask("phone", named=(IR,), departments=[BY_ID[IR], department])) == [
        ("unknown", "utter_not_stated", IR)
    ]
