"""Every route of the front desk."""

from __future__ import annotations

from fastapi import APIRouter

from bot.desk import ask, conversations, counter, facts, figures, live, login, pages, people, teach, templates, tickets

router = APIRouter()
for part in (login, pages, live, ask, conversations, counter, facts, figures, people, teach, templates, tickets):
    router.include_router(part.router)
