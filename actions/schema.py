"""The typed, strict schema of a department file. docs/departments.md explains it key by key.

Every model refuses unknown keys and wrong types ("20" for 20), and every text needs both languages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, Optional, TypeVar

from pydantic import BaseModel, Extra, Field, StrictInt, StrictStr, conint, root_validator, validator

if TYPE_CHECKING:
    Count = int
else:
    Count = conint(strict=True, gt=0)

Entry = TypeVar("Entry")
Qualifier = Literal["exact", "about", "nearly", "more_than", "thousands"]


class Model(BaseModel):
    """A part of a department file: strict and immutable."""

    class Config:
        extra = Extra.forbid
        allow_mutation = False


def unique_ids(items: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries of a list as they are.

    Raises:
        ValueError: if two have the same id.
    """
    seen: set[str] = set()
    for item in items:
        identifier = str(getattr(item, "id", ""))
        if identifier in seen:
            raise ValueError(f'has the id "{identifier}" twice')
        seen.add(identifier)
    return items


class Text(Model):
    """A text in both languages."""

    en: StrictStr
    zh: StrictStr

    @validator("en", "zh")
    def _not_empty(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty; write the text or leave the whole entry out")
        return value

    @validator("zh")
    def _is_chinese(cls, value: str) -> str:
        if not re.search(r"[\u4e00-\u9fff]", value) and not re.fullmatch(r"[A-Z0-9 ,.()-]+", value):
            raise ValueError("is not Chinese")
        return value

    def in_language(self, language: str) -> str:
        """The text in "en" or "zh"."""
        return self.zh if language == "zh" else self.en


class Aliases(Model):
    """Other ways to write a name, common misspellings included."""

    en: tuple[StrictStr, ...] = ()
    zh: tuple[StrictStr, ...] = ()

    @validator("en", "zh", each_item=True)
    def _not_empty(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("has an empty alias")
        return value

    def all(self) -> tuple[str, ...]:
        """Both languages' aliases."""
        return self.en + self.zh


class Source(Model):
    """Where the facts come from, and of when they are: "YYYY-MM" or "undated"."""

    title: Text
    updated: StrictStr

    @validator("updated")
    def _is_month(cls, value: str) -> str:
        if value != "undated" and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
            raise ValueError(f'is "{value}"; it must be "undated" or a month such as 2020-03')
        return value


class Statement(Model):
    """One thing the department says of itself."""

    id: StrictStr
    text: Text


class Founder(Model):
    name: Text
    text: Text


class Event(Model):
    """A dated event: a year ("1991") or a time in words ("early 1980s")."""

    when: StrictStr
    text: Text


class Award(Model):
    year: StrictInt
    prize: Text
    project: Text


class Subsection(Model):
    id: StrictStr
    name: Text
    text: Text


class Ward(Model):
    """The ward: beds today and, where the source tells, since when and with how many it opened."""

    beds: Count
    since: Optional[StrictInt] = None
    beds_at_opening: Optional[Count] = None


class Rooms(Model):
    id: StrictStr
    name: Text
    count: Count
    qualifier: Qualifier


class Clinic(Model):
    id: StrictStr
    name: Text


class Volume(Model):
    """How much of something is done in a year."""

    id: StrictStr
    what: Text
    value: Count
    qualifier: Qualifier


class StaffTotal(Model):
    count: Count
    what: Text


class Grade(Model):
    id: StrictStr
    name: Text
    aliases: Aliases = Aliases()
    count: Count


class Staff(Model):
    total: StaffTotal
    grades: tuple[Grade, ...]
    note: Optional[Text] = None

    @validator("grades")
    def _ids_are_unique(cls, grades: tuple[Grade, ...]) -> tuple[Grade, ...]:
        return unique_ids(grades)


class Organ(Model):
    id: StrictStr
    name: Text
    aliases: Aliases = Aliases()
    care: Text


class Condition(Model):
    """A disease, what the department does for it, and the organ it belongs to, where it is of one."""

    id: StrictStr
    name: Text
    aliases: Aliases = Aliases()
    organ: Optional[StrictStr] = None
    care: Text


class Procedure(Model):
    """A treatment or examination: what the source says of it, and a plain general description.

    `kind_of` is the id of the more general procedure it belongs to, in this or another file: who asks for that is told of this.
    """

    id: StrictStr
    name: Text
    aliases: Aliases = Aliases()
    kind_of: Optional[StrictStr] = None
    organs: tuple[StrictStr, ...] = ()
    conditions: tuple[StrictStr, ...] = ()
    offered: Text
    description: Text
    reviewed_by: Optional[StrictStr] = ...  # type: ignore[assignment]  # pydantic 1: required, may be null
    reviewed_on: Optional[StrictStr] = ...  # type: ignore[assignment]  # pydantic 1: required, may be null

    @root_validator(skip_on_failure=True)
    def _review_is_whole(cls, values: dict[str, object]) -> dict[str, object]:
        if (values.get("reviewed_by") is None) != (values.get("reviewed_on") is None):
            raise ValueError("reviewed_by and reviewed_on belong together: set both, or neither")
        return values


class Program(Model):
    """A teaching program."""

    id: StrictStr
    name: Text
    aliases: Aliases = Aliases()
    text: Text


class Named(Model):
    name: Text


class Trial(Model):
    """A clinical trial by its registration id."""

    id: StrictStr
    aliases: Aliases = Aliases()
    condition: StrictStr
    subject: Text
    status: Text
    level: Text
    phase: Optional[StrictStr] = None


class Cooperation(Model):
    partners: tuple[Named, ...]
    forms: Text


class Membership(Model):
    role: Text
    society: Text


class Department(Model):
    """One department: every fact the bot may state about it."""

    id: StrictStr = Field(regex=r"^[a-z][a-z0-9_]*\Z")
    name: Text
    short_name: Text
    aliases: Aliases
    source: Source
    overview: Text
    hospital: Optional[Text] = None
    city: Optional[Text] = None
    specialty: tuple[Statement, ...] = ()
    mission: Optional[Text] = None
    vision: Optional[Text] = None
    founder: Optional[Founder] = None
    history: tuple[Event, ...] = ()
    firsts: tuple[Statement, ...] = ()
    standing: tuple[Statement, ...] = ()
    focus: tuple[Statement, ...] = ()
    awards: tuple[Award, ...] = ()
    structure: tuple[Subsection, ...] = ()
    ward: Optional[Ward] = None
    rooms: tuple[Rooms, ...] = ()
    clinics: tuple[Clinic, ...] = ()
    volumes: tuple[Volume, ...] = ()
    staff: Optional[Staff] = None
    organs: tuple[Organ, ...] = ()
    conditions: tuple[Condition, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    other_treatments: tuple[Statement, ...] = ()
    new_techniques: tuple[Statement, ...] = ()
    multidisciplinary: tuple[StrictStr, ...] = ()
    teaching: tuple[Program, ...] = ()
    research: tuple[Statement, ...] = ()
    funders: tuple[Named, ...] = ()
    publications: tuple[Statement, ...] = ()
    trials: tuple[Trial, ...] = ()
    image_database: Optional[Text] = None
    cooperation: Optional[Cooperation] = None
    memberships: tuple[Membership, ...] = ()
    address: Optional[Text] = None
    phone: Optional[StrictStr] = None
    hours: Optional[Text] = None

    @root_validator(skip_on_failure=True)
    def _references_exist(cls, values: dict[str, object]) -> dict[str, object]:
        conditions = {item.id for item in values["conditions"]}  # type: ignore[attr-defined]
        organs = {item.id for item in values["organs"]}  # type: ignore[attr-defined]
        used = [("multidisciplinary", name, conditions) for name in values["multidisciplinary"]]  # type: ignore[attr-defined]
        used += [(f"trials.{trial.id}.condition", trial.condition, conditions) for trial in values["trials"]]  # type: ignore[attr-defined]
        for procedure in values["procedures"]:  # type: ignore[attr-defined]
            used += [(f"procedures.{procedure.id}.conditions", name, conditions) for name in procedure.conditions]
            used += [(f"procedures.{procedure.id}.organs", name, organs) for name in procedure.organs]
        for path, name, known in used:
            if name not in known:
                raise ValueError(f'{path} names "{name}", which this file does not define')
        return values

    @validator(
        "specialty", "firsts", "standing", "focus", "structure", "rooms", "clinics", "volumes", "organs", "conditions",
        "procedures", "other_treatments", "new_techniques", "teaching", "research", "publications", "trials",
    )  # fmt: skip
    def _ids_are_unique(cls, items: tuple[Statement, ...]) -> tuple[Statement, ...]:
        return unique_ids(items)
