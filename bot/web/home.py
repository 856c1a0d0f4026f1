"""The hospital page at /: every department as its file says, in either language, and the chat widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from actions.results import quantity
from actions.schema import Department
from actions.topics import source
from bot.language.wording import Responses, word
from bot.web.texts import LANGUAGES, load_texts

TEMPLATES = Path(__file__).resolve().parent / "templates"
STATIC = Path(__file__).resolve().parent / "static"
"""Served under /static/."""


@dataclass(frozen=True)
class Figure:
    """A number of a department, and the words before and after it."""

    before: str
    count: str
    after: str


def page_language(wanted: str | None, accepted: str = "") -> str:
    """ "en" or "zh": the one wanted (?lang=), else the first that the browser accepts (Accept-Language), else English."""
    tags = [wanted or "", *(part.split(";")[0] for part in accepted.split(","))]
    known = [tag.strip().lower().split("-")[0] for tag in tags]
    return next((tag for tag in known if tag in LANGUAGES), LANGUAGES[0])


def render_home(
    departments: Sequence[Department],
    responses: Responses,
    language: str,
    *,
    number: str,
    address: str,
    prefix: str = "",
) -> str:
    """The page in a language.

    Args:
        departments: as the files say.
        responses: the responses of domain.yml; they say how figures and sources are put.
        language: "en" or "zh".
        number: the number to call in an emergency.
        address: the gateway's address as the outside sees it, without a slash at the end; for the embed example.
        prefix: the path under which the gateway is reached, "" or such as "/daozhen".
    """
    texts = {key: text[language] for key, text in load_texts()["home"].items()}
    return environment().get_template("home.html").render(
        texts=texts,
        language=language,
        number=number,
        address=address,
        prefix=prefix,
        suggestions=_suggestions(language),
        departments=[_view(department, responses, language, texts) for department in departments],
    )  # fmt: skip


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Jinja2, for the templates of the pages: everything set in is escaped."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _suggestions(language: str) -> list[str]:
    widget = load_texts()["widget"]
    return [text[language] for key, text in widget.items() if key.startswith("suggestion_")]


def _view(department: Department, responses: Responses, language: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """What the template shows of a department."""

    def said(text: Any) -> str:
        return "" if text is None else str(text.in_language(language))

    def names(items: Sequence[Any]) -> list[str]:
        return [said(item.name) for item in items]

    lists = (
        ("conditions", names(department.conditions)),
        ("organs", names(department.organs)),
        ("procedures", names(department.procedures)),
        ("clinics", names(department.clinics)),
        ("teaching", names(department.teaching)),
    )
    contact = (("address", said(department.address)), ("phone", department.phone), ("hours", said(department.hours)))
    return {
        "id": department.id,
        "name": said(department.name),
        "place": said(department.hospital) or said(department.city),
        "overview": said(department.overview),
        "figures": _figures(department, responses, language, texts),
        "lists": [(texts[key], items) for key, items in lists if items],
        "contact": [(texts[key], text) for key, text in contact if text],
        "question": texts["question"].format(department=said(department.short_name)),
        "source": word(responses, "phrase_source_line", language, {"items": source(department)}),
    }


def _figures(department: Department, responses: Responses, language: str, texts: Mapping[str, str]) -> list[Figure]:
    found = []
    if department.ward:
        found.append(_figure(texts["beds"], str(department.ward.beds), ""))
    if department.staff:
        total = department.staff.total
        found.append(_figure(texts["staff"], str(total.count), total.what.in_language(language)))
    for volume in department.volumes:
        count = quantity(volume.value, volume.qualifier)
        written = word(responses, count["phrase"], language, count["values"])
        found.append(_figure(texts["volume"], written, volume.what.in_language(language)))
    return found


def _figure(text: str, count: str, what: str) -> Figure:
    before, after = text.replace("{what}", what).split("{count}")
    return Figure(before, count, after)
