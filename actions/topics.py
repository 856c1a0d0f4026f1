"""Lookups: for each topic, what one department's file says of it.

Each function takes a department and the question, and returns an answer, or None where the file says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from actions.results import Answer, Question, Value, phrase, quantity, short, text
from actions.schema import Department, Named, Procedure, Program, Statement, Trial

Lookup = Callable[[Department, Question], "Answer | None"]


def _fact(department: Department, question: Question, response: str, facts: Iterable[str], **values: Value) -> Answer:
    filled = {"department": short(department), **values}
    return Answer("fact", response, filled, question.topic, department.id, tuple(facts))


def _statements(name: str, style: str = "sentences") -> Lookup:
    """A lookup for a list of statements, told as sentences or as items of one sentence."""

    def look_up(department: Department, question: Question) -> Answer | None:
        statements: Sequence[Statement] = getattr(department, name)
        if not statements:
            return None
        texts = [text(statement.text) for statement in statements]
        facts = (f"{name}.{statement.id}" for statement in statements)
        return _fact(department, question, f"utter_{question.topic}", facts, **{style: texts})

    return look_up


def _single(name: str) -> Lookup:
    """A lookup for one text."""

    def look_up(department: Department, question: Question) -> Answer | None:
        value = getattr(department, name)
        return _fact(department, question, f"utter_{question.topic}", (name,), text=text(value)) if value else None

    return look_up


def _names(name: str) -> Lookup:
    """A lookup for a list of names."""

    def look_up(department: Department, question: Question) -> Answer | None:
        entries: Sequence[Named] = getattr(department, name)
        if not entries:
            return None
        facts = (f"{name}.{getattr(entry, 'id', index)}" for index, entry in enumerate(entries))
        return _fact(department, question, f"utter_{question.topic}", facts, items=[text(e.name) for e in entries])

    return look_up


def name(department: Department, question: Question) -> Answer:
    """The department's full name, and its hospital and city where the file holds them."""
    extra = []
    facts = ["name"]
    for key in ("hospital", "city"):
        value = getattr(department, key)
        if value:
            extra.append(phrase(f"phrase_{key}", name=text(value)))
            facts.append(key)
    if not department.hospital:
        extra.append(phrase("phrase_no_hospital"))
    return _fact(department, question, "utter_name", facts, name=text(department.name), sentences=extra)


def currency(department: Department, question: Question) -> Answer:
    """Where the facts come from and of when they are."""
    return _fact(department, question, "utter_currency", ("source",), source=source(department))


def source(department: Department) -> Value:
    """The source and its date, as a value."""
    if department.source.updated == "undated":
        return phrase("phrase_source_undated", title=text(department.source.title))
    year, month = department.source.updated.split("-")
    return phrase(
        "phrase_source_dated", title=text(department.source.title), month=phrase(f"phrase_month_{month}", year=year)
    )


def founder(department: Department, question: Question) -> Answer | None:
    """Who founded it."""
    if not department.founder:
        return None
    return _fact(department, question, "utter_founder", ("founder",), text=text(department.founder.text))


def history(department: Department, question: Question) -> Answer | None:
    """The dated events in order, the founder first."""
    if not department.history:
        return None
    events = [text(event.text) for event in department.history]
    facts = [f"history.{index}" for index in range(len(events))]
    if department.founder:
        events.insert(0, text(department.founder.text))
        facts.insert(0, "founder")
    return _fact(department, question, "utter_history", facts, sentences=events)


def awards(department: Department, question: Question) -> Answer | None:
    """Prizes with year and project."""
    if not department.awards:
        return None
    items = [
        phrase("phrase_award", year=str(award.year), prize=text(award.prize), project=text(award.project))
        for award in department.awards
    ]
    facts = (f"awards.{index}" for index in range(len(items)))
    return _fact(department, question, "utter_awards", facts, lines=items)


def structure(department: Department, question: Question) -> Answer | None:
    """Its sections and what each has."""
    if not department.structure:
        return None
    facts = (f"structure.{part.id}" for part in department.structure)
    items = [text(part.text) for part in department.structure]
    return _fact(department, question, "utter_structure", facts, count=len(items), items=items)


def beds(department: Department, question: Question) -> Answer | None:
    """Beds now and, where the file tells, since when and how many at the opening."""
    ward = department.ward
    if not ward:
        return None
    if ward.since and ward.beds_at_opening:
        values = {"beds": ward.beds, "since": str(ward.since), "opening": ward.beds_at_opening}
        facts = ("ward.beds", "ward.since", "ward.beds_at_opening")
        return _fact(department, question, "utter_beds_since", facts, **values)
    return _fact(department, question, "utter_beds", ("ward.beds",), beds=ward.beds)


def rooms(department: Department, question: Question) -> Answer | None:
    """Rooms by kind, with their number."""
    if not department.rooms:
        return None
    items = [
        phrase("phrase_count", count=quantity(entry.count, entry.qualifier), what=text(entry.name))
        for entry in department.rooms
    ]
    facts = (f"rooms.{entry.id}" for entry in department.rooms)
    return _fact(department, question, "utter_rooms", facts, items=items)


def volume(department: Department, question: Question) -> Answer | None:
    """How much is done in a year."""
    if not department.volumes:
        return None
    items = [
        phrase("phrase_count", count=quantity(entry.value, entry.qualifier), what=text(entry.what))
        for entry in department.volumes
    ]
    facts = (f"volumes.{entry.id}" for entry in department.volumes)
    return _fact(department, question, "utter_volume", facts, items=items)


def staff(department: Department, question: Question) -> Answer | None:
    """The people of the grades named, or everybody."""
    team = department.staff
    if not team:
        return None
    total = phrase("phrase_count", count=team.total.count, what=text(team.total.what))
    asked = {entity.id for entity in question.named("staff_grade")}
    grades = [grade for grade in team.grades if not asked or grade.id in asked]
    counts = [phrase("phrase_grade", count=grade.count, name=text(grade.name)) for grade in grades]
    every = [phrase("phrase_grade", count=grade.count, name=text(grade.name)) for grade in team.grades]
    if asked and not grades:
        answer = _fact(department, question, "utter_staff_grade_unknown", (), total=total, items=every)
        return Answer("unknown", answer.response, answer.values, answer.topic, answer.department)
    everyone = phrase("phrase_staff", total=total, items=every)
    notes = [text(team.note)] if team.note else []
    facts = ["staff.total", *(f"staff.grades.{grade.id}" for grade in team.grades)]
    facts += ["staff.note"] if team.note else []
    if asked:
        return _fact(department, question, "utter_staff_grade", facts, items=counts, everyone=everyone, sentences=notes)
    return _fact(department, question, "utter_staff", facts, total=total, everyone=everyone, sentences=notes)


def procedures(department: Department, question: Question) -> Answer | None:
    """All treatments and examinations by name."""
    if not department.procedures:
        return None
    items = [text(procedure.name) for procedure in department.procedures]
    items += [text(statement.text) for statement in department.other_treatments]
    facts = [f"other_treatments.{statement.id}" for statement in department.other_treatments]
    return _fact(department, question, "utter_procedures", facts, items=items)


def procedure(department: Department, question: Question, found: Procedure) -> Answer:
    """What the file says of one procedure: that it is listed, and what it is."""
    facts = (f"procedures.{found.id}.offered", f"procedures.{found.id}.description")
    response = "utter_procedure_info" if question.topic == "procedure_info" else "utter_procedure_offered"
    values = {"name": text(found.name), "offered": text(found.offered), "description": text(found.description)}
    return _fact(department, question, response, facts, **values)


def conditions(department: Department, question: Question) -> Answer | None:
    """All diseases by name."""
    if not department.conditions:
        return None
    items = [text(condition.name) for condition in department.conditions]
    return _fact(department, question, "utter_conditions", (), items=items)


def organs(department: Department, question: Question) -> Answer | None:
    """All organs by name."""
    if not department.organs:
        return None
    return _fact(department, question, "utter_organs", (), items=[text(organ.name) for organ in department.organs])


def multidisciplinary(department: Department, question: Question) -> Answer | None:
    """The diseases that several specialties look after together."""
    names = {condition.id: condition.name for condition in department.conditions}
    if not department.multidisciplinary:
        return None
    items = [text(names[condition]) for condition in department.multidisciplinary]
    facts = (f"multidisciplinary.{index}" for index in range(len(items)))
    return _fact(department, question, "utter_multidisciplinary", facts, items=items)


def _program(identifier: str) -> Lookup:
    """A lookup for one teaching program."""

    def look_up(department: Department, question: Question) -> Answer | None:
        asked = {identifier, *(entity.id for entity in question.named("program"))}
        return _programs(department, question, [p for p in department.teaching if p.id in asked])

    return look_up


def teaching(department: Department, question: Question) -> Answer | None:
    """The programs named, or all."""
    asked = {entity.id for entity in question.named("program")}
    chosen = [program for program in department.teaching if not asked or program.id in asked]
    return _programs(department, question, chosen)


def _programs(department: Department, question: Question, programs: list[Program]) -> Answer | None:
    if not programs:
        return None
    facts = (f"teaching.{program.id}" for program in programs)
    return _fact(department, question, "utter_teaching", facts, sentences=[text(program.text) for program in programs])


def trials(department: Department, question: Question) -> Answer | None:
    """The trials named, those on the disease named, or all."""
    asked = {entity.id for entity in question.named("trial")}
    organs = {entity.id for entity in question.named("organ")}
    diseases = {entity.id for entity in question.named("condition")}
    diseases |= {condition.id for condition in department.conditions if condition.organ in organs}
    about = {trial.id for trial in department.trials if trial.condition in diseases}
    chosen = [trial for trial in department.trials if trial.id in asked | about]
    if not chosen and not asked and not diseases and not organs:
        chosen = list(department.trials)
    alike: dict[str, list[Trial]] = {}
    for trial in chosen:
        alike.setdefault(trial.copy(update={"id": "", "aliases": ()}).json(), []).append(trial)
    if not chosen:
        return None
    lines = [_trial_line(group) for group in alike.values()]
    return _fact(department, question, "utter_trials", (f"trials.{trial.id}" for trial in chosen), lines=lines)


def _trial_line(trials: list[Trial]) -> Value:
    """One line for trials that differ by nothing but their ids."""
    first = trials[0]
    return phrase(
        "phrase_trial_with_phase" if first.phase else "phrase_trial",
        items=[trial.id for trial in trials],
        count=len(trials),
        level=text(first.level),
        subject=text(first.subject),
        status=text(first.status),
        phase=first.phase or "",
    )


def cooperation(department: Department, question: Question) -> Answer | None:
    """Partners and what is done with them."""
    found = department.cooperation
    if not found:
        return None
    facts = ["cooperation.forms", *(f"cooperation.partners.{index}" for index in range(len(found.partners)))]
    items = [text(partner.name) for partner in found.partners]
    return _fact(department, question, "utter_cooperation", facts, items=items, forms=text(found.forms))


def memberships(department: Department, question: Question) -> Answer | None:
    """Roles in societies."""
    if not department.memberships:
        return None
    lines = [
        phrase("phrase_membership", role=text(entry.role), society=text(entry.society))
        for entry in department.memberships
    ]
    facts = (f"memberships.{index}" for index in range(len(lines)))
    return _fact(department, question, "utter_memberships", facts, lines=lines)


def address(department: Department, question: Question) -> Answer:
    """The address, or that the file has none, with the hospital and city it does have."""
    if department.address:
        return _fact(department, question, "utter_address", ("address",), text=text(department.address))
    keys = [key for key in ("hospital", "city") if getattr(department, key)]
    known = [phrase(f"phrase_{key}", name=text(getattr(department, key))) for key in keys]
    values = {"department": short(department), "sentences": known}
    return Answer("unknown", "utter_address_unknown", values, question.topic, department.id, tuple(keys))


def phone(department: Department, question: Question) -> Answer | None:
    """The telephone number."""
    return _fact(department, question, "utter_phone", ("phone",), text=department.phone) if department.phone else None


TOPICS: dict[str, Lookup] = {
    "overview": _single("overview"),
    "name": name,
    "specialty": _statements("specialty"),
    "mission": _single("mission"),
    "vision": _single("vision"),
    "history": history,
    "founder": founder,
    "firsts": _statements("firsts"),
    "awards": awards,
    "standing": _statements("standing"),
    "structure": structure,
    "memberships": memberships,
    "currency": currency,
    "beds": beds,
    "rooms": rooms,
    "clinics": _names("clinics"),
    "volume": volume,
    "staff": staff,
    "procedures": procedures,
    "conditions": conditions,
    "organs": organs,
    "new_techniques": _statements("new_techniques", "items"),
    "multidisciplinary": multidisciplinary,
    "focus": _statements("focus", "items"),
    "teaching": teaching,
    "course": _program("course"),
    "refresher": _program("refresher"),
    "residency": _program("residency"),
    "continuing_education": _program("continuing_education"),
    "lectures": _program("lectures"),
    "graduate_training": _program("graduate_training"),
    "research": _statements("research"),
    "funding": _names("funders"),
    "publications": _statements("publications"),
    "trials": trials,
    "image_database": _single("image_database"),
    "cooperation": cooperation,
    "address": address,
    "phone": phone,
    "hours": _single("hours"),
}
"""Topic -> lookup."""
