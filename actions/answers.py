"""From a question to its answers: which departments it is about, and what their files say.

question --> named things (a procedure, a disease, an organ)? --> what each department says of them
         --> comparison?                                      --> both departments' figures
         --> departments named, else the one in context, else all that know the topic
                 |-- one, or a short answer --> the facts
                 |-- several, long answers  --> "Which department do you mean?" with buttons
                 `-- none knows it          --> "The page does not say", and the front desk
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from actions import topics
from actions.context import WHICH
from actions.results import Answer, Entity, Question, Value, phrase, short, text
from actions.schema import Condition, Department, Organ, Procedure
from actions.terms import Vocabulary, term_name

LONG_TOPICS = frozenset({"overview", "procedures", "conditions", "teaching", "research"})
"""Topics whose answers are too long to give for several departments at once."""
THING_TOPICS = frozenset(
    {"procedure_info", "procedure_offered", "condition_treated", "organs", "procedures", "conditions"}
    | {"inform", "departments", "elsewhere"}
)
"""Topics that are about the procedure, disease or organ named in the question, where one is named."""
ELSEWHERE = {
    "utter_procedure_offered": "utter_procedure_elsewhere",
    "utter_procedure_info": "utter_procedure_elsewhere",
    "utter_care": "utter_care_elsewhere",
}
"""What is said of another department than the one asked about, or beside personal advice, has no "yes" in it."""
MOST_ABSENT = 4
"""How many things that are not listed are named one by one."""
MOST_TOUCHED = 2
"""How many facts are added to a refusal: of each department its first, before a second of any."""
OTHER_HOSPITAL = "other_hospital"
"""The vocabulary's id of other hospitals: who names one asks about it, even where a word such as 介入科 is ours too."""
COMPARABLE = (
    "beds",
    "staff",
    "volume",
    "rooms",
    "clinics",
    "trials",
    "procedures",
    "conditions",
    "teaching",
    "history",
)
UNKNOWN_TOPICS = frozenset(
    {"address", "phone", "price", "insurance", "hours", "visiting", "booking", "waiting", "doctor"}
    | {"outcomes", "preparation", "risks", "application", "practicalities"}
)
"""Topics that the department files need not hold."""


def answer(question: Question, departments: Sequence[Department], vocabulary: Vocabulary) -> list[Answer]:
    """All answers to a question, in the order to give them; never empty."""
    places = {entity.id for entity in question.named("elsewhere")}
    if places and (not question.departments or OTHER_HOSPITAL in places):
        return [Answer("unknown", "utter_elsewhere", topic=question.topic)]
    things = _things(question, departments, vocabulary)
    if question.topic == "elsewhere":  # "which hospital is good for …" is ours only where a file names the very thing
        things = [thing for thing in things if thing in question.entities]
    if things and question.topic in THING_TOPICS:
        return _about_things(question, things, departments, vocabulary)
    if question.topic in ("elsewhere", "medical_knowledge"):
        return [Answer("unknown", f"utter_{question.topic}", topic=question.topic)]
    if question.topic == WHICH:
        choices = tuple(department.id for department in departments)
        return [Answer("unknown", "utter_which_department", {}, question.topic, choices=choices)]
    if question.topic == "departments":
        return [_list_departments(question, departments)]
    if question.topic == "comparison":
        return _compare(question, departments)
    if question.topic in ("procedure_info", "procedure_offered", "condition_treated"):
        return [_unlisted(question, departments, None)]
    if question.topic in topics.TOPICS:
        return _about_topic(question, departments)
    return [_unknown(question, departments)]


def touched_facts(question: Question, departments: Sequence[Department], vocabulary: Vocabulary) -> list[Answer]:
    """What the departments list of the things named in a question that itself is not answered (personal advice)."""
    things = _things(question, departments, vocabulary)
    focus = _in_focus(question, departments)
    found = _listings(question, things, focus) or _listings(question, things, departments)
    facts = [answer for answer in found if answer.kind == "fact"]
    first = {answer.department: answer for answer in reversed(facts)}
    facts.sort(key=lambda answer: answer is not first[answer.department])
    return [_said_elsewhere(answer) for answer in facts[:MOST_TOUCHED]]


def _things(question: Question, departments: Sequence[Department], vocabulary: Vocabulary) -> list[Entity]:
    """The procedures, diseases and organs of a question.

    Left out is what another of them already says ("tumour" beside "liver cancer"); a disease that no file lists, of an organ that one
    does, stands for the organ.
    """
    things = [entity for entity in question.entities if entity.kind in ("procedure", "condition", "organ")]
    diseases = [thing for thing in things if thing.kind == "condition"]
    things = [thing for thing in things if not (thing.id == "tumour" and len(diseases) > 1)]
    things.sort(key=lambda thing: ("procedure", "condition", "organ").index(thing.kind))
    return [_organ_of(thing, departments, vocabulary) or thing for thing in things]


def _organ_of(thing: Entity, departments: Sequence[Department], vocabulary: Vocabulary) -> Entity | None:
    listed = {condition.id for department in departments for condition in department.conditions}
    if thing.kind != "condition" or thing.id in listed:
        return None
    organ = next((term.organ for term in vocabulary.conditions if term.id == thing.id), None)
    return Entity("organ", organ, thing.written) if organ else None


def _by_id(departments: Sequence[Department], identifiers: Sequence[str]) -> list[Department]:
    return [department for name in identifiers for department in departments if department.id == name]


def _in_focus(question: Question, departments: Sequence[Department]) -> list[Department]:
    """The departments named, else the one in context; none where neither is."""
    named = _by_id(departments, question.departments)
    if named or not question.context:
        return named
    return _by_id(departments, (question.context,))


def department_lines(departments: Sequence[Department]) -> list[Value]:
    """A line for each department: its name, and where it is."""
    lines = []
    for department in departments:
        place = department.hospital or department.city
        line = phrase("phrase_department_in", name=text(department.name), place=text(place)) if place else None
        lines.append(line or text(department.name))
    return lines


def _list_departments(question: Question, departments: Sequence[Department]) -> Answer:
    choices = tuple(department.id for department in departments)
    values = {"lines": department_lines(departments)}
    return Answer("fact", "utter_departments", values, question.topic, choices=choices)


def _compare(question: Question, departments: Sequence[Department]) -> list[Answer]:
    """One topic of all departments where the question has one, else their main figures."""
    topic = next((topic for topic in question.alternatives if topic in COMPARABLE), None)
    chosen = _by_id(departments, question.departments)
    chosen = chosen if len(chosen) > 1 else list(departments)
    if topic:
        asked = Question(topic, entities=question.entities)
        return [topics.TOPICS[topic](department, asked) or _silent(asked, department) for department in chosen]
    rows = [_figures(department) for department in chosen]
    facts: list[Value] = [row for row in rows if row]
    return [Answer("fact", "utter_comparison", {"lines": facts}, question.topic)]


def _figures(department: Department) -> Value:
    asked = Question("comparison")
    sentences = []
    for topic in ("beds", "staff", "volume"):
        found = topics.TOPICS[topic](department, asked)
        if found:
            sentences.append(phrase(f"phrase_compare_{topic}", **found.values))
    return phrase("phrase_compare", department=short(department), sentences=sentences)


def _about_things(
    question: Question, things: list[Entity], departments: Sequence[Department], vocabulary: Vocabulary
) -> list[Answer]:
    """What each department in focus lists of the things named, and what not; where it lists none, what the others do."""
    focus = (
        _by_id(departments, question.departments)
        if question.topic == "departments"
        else _in_focus(question, departments)
    )
    answers: list[Answer] = []
    for department in focus or departments:
        answers += _listings(question, things, [department])
        if focus:
            answers += _missing(question, things, [department], departments, vocabulary)
    if not focus:
        answers += _missing(question, things, departments, departments, vocabulary)
    if not any(found.kind == "fact" for found in answers):
        ids = {department.id for department in focus}
        others = [department for department in departments if department.id not in ids] if focus else []
        answers += [_said_elsewhere(found) for found in _listings(question, things, others) if found.kind == "fact"]
    return answers


def _said_elsewhere(found: Answer) -> Answer:
    """The same without a yes, and without the general description."""
    facts = tuple(path for path in found.facts if not path.endswith(".description"))
    return replace(found, response=ELSEWHERE.get(found.response, found.response), facts=facts)


def _missing(
    question: Question,
    things: list[Entity],
    asked: Sequence[Department],
    departments: Sequence[Department],
    vocabulary: Vocabulary,
) -> list[Answer]:
    """That none of the departments asked about lists a thing: each thing of a sort, where one of that sort is listed."""
    listed = {thing for thing in things for department in asked if _listed(department, question, thing)}
    absent = [thing for thing in things if thing not in listed]
    kinds = {thing.kind for thing in listed}
    told = [thing for thing in absent if thing.kind in kinds] if listed else absent[:MOST_ABSENT]
    if any(_pair(department, question, things) for department in asked):
        return []
    return [_unlisted(question, asked, _name_of(thing, question, departments, vocabulary)) for thing in told]


def _listings(question: Question, things: list[Entity], departments: Sequence[Department]) -> list[Answer]:
    found: list[Answer] = []
    for department in departments:
        pair = _pair(department, question, things)
        found += pair or [item for thing in things for item in _listed(department, question, thing)]
    return list({(item.department, item.facts): item for item in found}.values())


def _listed(department: Department, question: Question, thing: Entity) -> list[Answer]:
    """What one department's file says of one thing; of a procedure, also of those that are a kind of it."""
    if thing.kind == "procedure":
        kinds = [found for found in department.procedures if thing.id in (found.id, found.kind_of)]
        return [topics.procedure(department, question, found) for found in kinds]
    care = _care_for(department, question, thing)
    return [care] if care else []


def _care_for(department: Department, question: Question, thing: Entity) -> Answer | None:
    if thing.kind == "organ":
        for organ in department.organs:
            if organ.id == thing.id:
                return _care(department, question, "organs", organ, thing)
    for condition in department.conditions:
        if thing.id == (condition.id if thing.kind == "condition" else condition.organ):
            return _care(department, question, "conditions", condition, thing)
    return None


def _care(department: Department, question: Question, path: str, entry: Condition | Organ, thing: Entity) -> Answer:
    """What is done for a disease or an organ; for a disease that is not listed, what is done for its organ, and that."""
    values = {
        "department": short(department),
        "name": text(entry.name),
        "text": text(entry.care),
        "written": thing.written,
    }
    instead = path == "organs" and thing.written in {entity.written for entity in question.named("condition")}
    response = "utter_care_of_organ" if instead else "utter_care"
    return Answer("fact", response, values, question.topic, department.id, (f"{path}.{entry.id}",))


def _pair(department: Department, question: Question, things: list[Entity]) -> list[Answer]:
    """A procedure asked for on an organ or a disease that the file does not name for it: "ablation of the lung"."""
    targets = [thing for thing in things if thing.kind in ("organ", "condition")]
    answers: list[Answer] = []
    for thing in things if targets else ():
        if thing.kind != "procedure":
            continue
        kinds = [found for found in department.procedures if thing.id in (found.id, found.kind_of)]
        foreign = [(found, _foreign(department, found, question, targets)) for found in kinds]
        if all(target for _, target in foreign):
            answers += [_not_named(department, question, found, target) for found, target in foreign if target]
    return answers


def _foreign(department: Department, procedure: Procedure, question: Question, targets: list[Entity]) -> Entity | None:
    """The first of the targets that the file does not name for a procedure."""
    return next((target for target in targets if not _named_for(department, procedure, question, target)), None)


def _not_named(department: Department, question: Question, procedure: Procedure, target: Entity) -> Answer:
    values = {"name": text(procedure.name), "written": target.written, "offered": text(procedure.offered)}
    values["department"] = short(department)
    facts = (f"procedures.{procedure.id}.offered",)
    return Answer("unknown", "utter_not_named_for", values, question.topic, department.id, facts)


def _named_for(department: Department, procedure: Procedure, question: Question, target: Entity) -> bool:
    """Whether a file names an organ or a disease at all and, where it names a procedure's organs, for that procedure."""
    if target.kind == "organ" and procedure.organs:
        return target.id in procedure.organs
    return bool(_listed(department, question, target))


def _name_of(
    stands_for: Entity, question: Question, departments: Sequence[Department], vocabulary: Vocabulary
) -> Value:
    """The proper name of a thing, from any department file or the vocabulary; as it was written otherwise.

    Of an organ that stands for a disease, the disease.
    """
    thing = next((entity for entity in question.entities if entity.written == stands_for.written), stands_for)
    for department in departments:
        entries: tuple[Procedure | Condition | Organ, ...] = (
            *department.procedures,
            *department.conditions,
            *department.organs,
        )
        for entry in entries:
            if entry.id == thing.id:
                return text(entry.name)
    name = term_name(thing.kind, thing.id, vocabulary)
    return text(name) if name else thing.written


def _unlisted(question: Question, departments: Sequence[Department], name: Value | None) -> Answer:
    focus = _in_focus(question, departments)
    what = name or phrase("phrase_that")
    if len(focus) == 1:
        values = {"department": short(focus[0]), "name": what}
        return Answer("unknown", "utter_not_listed", values, question.topic, focus[0].id)
    return Answer("unknown", "utter_none_lists", {"name": what}, question.topic)


def _about_topic(question: Question, departments: Sequence[Department]) -> list[Answer]:
    look_up = topics.TOPICS[question.topic]
    focus = _in_focus(question, departments)
    known = [found for department in departments if (found := look_up(department, question))]
    if question.topic in UNKNOWN_TOPICS and not known:
        return [_unknown(question, departments)]
    if focus:
        things = [entity for entity in question.entities if entity.kind in ("procedure", "condition", "organ")]
        answers = []
        for department in focus:
            found = look_up(department, question)
            answers += (
                [found] if found else _listings(question, things, [department]) or [_silent(question, department)]
            )
        if all(found.kind == "unknown" for found in answers) and not question.departments:
            answers += [found for found in known if found.kind == "fact"]
        return answers
    facts = [found for found in known if found.kind == "fact"]
    if len(facts) > 1 and question.topic in LONG_TOPICS:
        choices = tuple(found.department for found in facts if found.department)
        return [Answer("unknown", "utter_which_department", {}, question.topic, choices=choices)]
    return facts or known or [_unknown(question, departments)]


def _silent(question: Question, department: Department) -> Answer:
    """The file of one department says nothing on a topic."""
    return Answer("unknown", "utter_not_stated", {"department": short(department)}, question.topic, department.id)


def _unknown(question: Question, departments: Sequence[Department]) -> Answer:
    """No file says anything on a topic; each has words of its own for what people ask most."""
    response = f"utter_{question.topic}_unknown" if question.topic in UNKNOWN_TOPICS else "utter_not_known"
    focus = _in_focus(question, departments)
    return Answer("unknown", response, {}, question.topic, focus[0].id if len(focus) == 1 else None)
