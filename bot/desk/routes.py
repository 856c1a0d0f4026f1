"""Every route of the front desk."""

from __future__ import annotations

from fastapi import APIRouter

from bot.desk import ask, counter, facts, figures, live, login, pages, people, templates, tickets

router = APIRouter()
for part in (login, pages, live, ask, counter, facts, figures, people, templates, tickets):
    router.include_router(part.router)
