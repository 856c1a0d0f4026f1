"""The department files as staff see them: every fact in both languages, with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse

from actions.departments import fact, fact_paths
from actions.schema import Department, Model, Text
from bot.desk.access import Staff
from bot.desk.errors import language_of
from bot.desk.services import Desk, Parts
from bot.web.desk import render
from bot.web.texts import LANGUAGES

router = APIRouter(prefix="/desk", tags=["desk"])


class Fact(BaseModel):
    """A fact: its path in the department's file, and what it says."""

    path: str
    texts: dict[str, str]


class DepartmentFacts(BaseModel):
    """What is known of a department, from which page, of when ("undated" where the page does not say)."""

    id: str
    names: dict[str, str]
    source: dict[str, str]
    date: str
    facts: list[Fact]


@dataclass(frozen=True)
class _Spoken:
    """Words for a part of a department file in one language."""

    language: str

    def of(self, value: Any) -> str:
        """The words; lists and entries one part after the other."""
        if value is None or value is False:
            return ""
        if isinstance(value, Text):
            return str(value.in_language(self.language))
        if isinstance(value, Model):
            return " · ".join(
                filter(None, (self.of(getattr(value, name)) for name in value.__fields__ if name != "id"))
            )
        if isinstance(value, (tuple, list)):
            return ", ".join(filter(None, (self.of(item) for item in value)))
        return str(value)


@router.get("/api/facts", response_model=list[DepartmentFacts])
def facts(person: Staff, parts: Parts) -> list[DepartmentFacts]:
    """Every fact of every department, as the files say now."""
    return [_department(department) for department in parts.departments.departments()]


@router.get("/facts", response_class=HTMLResponse)
def facts_page(request: Request, person: Staff, parts: Parts) -> HTMLResponse:
    """The same to read, each with a way to report it as wrong."""
    language = language_of(request)
    found = [_department(department) for department in parts.departments.departments()]
    prefix = parts.settings.url_prefix
    content = render("facts", language, prefix, error="", person=person.account, csrf=person.csrf, departments=found)
    return HTMLResponse(content, headers={"Content-Language": language})


def fact_of(parts: Desk, department_id: str, path: str) -> Any:
    """The part of a department file at a fact's path; None if there is none."""
    for department in parts.departments.departments():
        if department.id == department_id and path in fact_paths(department):
            return fact(department, path)
    return None


def _department(department: Department) -> DepartmentFacts:
    found = [
        Fact(path=path, texts={language: _Spoken(language).of(fact(department, path)) for language in LANGUAGES})
        for path in fact_paths(department)
    ]
    return DepartmentFacts(
        id=department.id,
        names={language: department.name.in_language(language) for language in LANGUAGES},
        source={language: department.source.title.in_language(language) for language in LANGUAGES},
        date=department.source.updated,
        facts=found,
    )
