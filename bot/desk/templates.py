"""Ready-made replies (bot/web/texts.yml, desk.template_…) in both languages, filled with the facts of the ticket's department."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from actions.schema import Department
from bot.conversations.records import Ticket
from bot.desk.access import Staff
from bot.desk.errors import documented
from bot.desk.services import Desk, Parts
from bot.desk.tickets import find
from bot.web.texts import LANGUAGES

router = APIRouter(prefix="/desk/api/tickets", tags=["desk"])
PREFIX = "template_"


class Template(BaseModel):
    """A ready-made reply: its name, and what it says in each language."""

    id: str
    texts: dict[str, str]


@router.get("/{ticket}/templates", response_model=list[Template], responses=documented("no_ticket"))
def templates(ticket: str, person: Staff, parts: Parts) -> list[Template]:
    """The ready-made replies for a ticket; those about a department only where it has one."""
    return filled(parts, find(parts, ticket))


def filled(parts: Desk, ticket: Ticket) -> list[Template]:
    """The ready-made replies that can be filled."""
    department = next((found for found in parts.departments.departments() if found.id == ticket.department), None)
    found = []
    for key, texts in parts.texts.items():
        if key.startswith(PREFIX) and (department is not None or "{" not in texts["en"]):
            said = {language: _fill(parts, texts[language], department, language) for language in LANGUAGES}
            found.append(Template(id=key[len(PREFIX) :], texts=said))
    return found


def _fill(parts: Desk, text: str, department: Department | None, language: str) -> str:
    if department is None:
        return text
    date = department.source.updated
    return text.format(
        department=department.short_name.in_language(language),
        source=department.source.title.in_language(language),
        date=parts.text("undated", language) if date == "undated" else date,
    )
