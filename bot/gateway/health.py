"""/healthz (does it run), /readyz (can it do its work), /metrics (Prometheus)."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.conversations.records import utc_now
from bot.gateway.services import Parts
from bot.gateway.threads import in_thread

router = APIRouter(tags=["operation"])
PROGRAM = "daozhen-gateway"


class Health(BaseModel):
    """That it runs, and that it is us."""

    program: str = PROGRAM


class Readiness(BaseModel):
    """Whether the database answers and Rasa is ready. Messages are taken as soon as the database answers.

    `telegram`: how that channel is; "off" without a token.
    """

    database: bool
    rasa: bool
    telegram: str


@router.get("/healthz", response_model=Health)
async def healthz() -> Health:
    """Does the gateway run?"""
    return Health()


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "not yet"}})
async def readyz(request: Request, parts: Parts) -> Response:
    """Can it do its work? 200 if so, else 503; either way with the parts. Telegram's state does not count: the rest works without."""
    channel = request.app.state.telegram
    state = Readiness(
        database=await in_thread(_answers, parts.engine),
        rasa=parts.status.ready,
        telegram=channel.state if channel else "off",
    )
    return JSONResponse(state.dict(), 200 if state.database and state.rasa else 503)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(parts: Parts) -> Response:
    """Counters for Prometheus."""
    backlog = await in_thread(parts.store.backlog)
    parts.metrics.waiting.set(backlog.messages)
    parts.metrics.oldest.set((utc_now() - backlog.since).total_seconds() if backlog.since else 0)
    return Response(parts.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _answers(engine: sa.engine.Engine) -> bool:
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
