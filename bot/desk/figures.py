"""The figures of bot/desk/insights.py as JSON, as CSV and as a page with plots."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Annotated, Any, Optional
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from bot.desk.access import Staff
from bot.desk.errors import DeskRefusal, documented, language_of
from bot.desk.insights import MOST_TOPICS, Figures, Unit, figures, total
from bot.desk.services import Desk, Parts
from bot.web.desk import render
from bot.web.plot import bars

router = APIRouter(prefix="/desk", tags=["desk"])
DAYS = 28
"""How many days are looked at if nothing else is asked for."""
PLOTTED = ("messages", "conversations", "unanswered_percent", "emergencies", "handoffs", "first_reply_median")
COUNTED = ("languages", "channels", "departments", "topics")

From = Annotated[Optional[date], Query(alias="from")]  # noqa: UP045  # pydantic 1
To = Annotated[Optional[date], Query()]  # noqa: UP045


class Insight(BaseModel):
    """The figures of a day, a week, or all of them. Seconds to staff's first reply; shares in percent."""

    start: date
    conversations: int
    messages: int
    replies: int
    unanswered: int
    unanswered_percent: float
    fallback: int
    emergencies: int
    handoffs: int
    helpful: int
    unhelpful: int
    first_reply_median: Optional[float]  # noqa: UP045
    first_reply_p90: Optional[float]  # noqa: UP045
    languages: dict[str, int]
    channels: dict[str, int]
    departments: dict[str, int]
    topics: dict[str, int]

    @classmethod
    def of(cls, row: Figures) -> Insight:
        """Figures as they are given; of the topics the most frequent."""
        plain = {name: value for name, value in vars(row).items() if name in cls.__fields__}
        return cls(
            **{**plain, "topics": dict(row.topics.most_common(MOST_TOPICS))},
            unanswered_percent=round(100 * row.unanswered_share, 1),
            first_reply_median=row.first_reply(0.5),
            first_reply_p90=row.first_reply(0.9),
        )


class Insights(BaseModel):
    """The figures of a time, and all of it together."""

    unit: str
    time_zone: str
    rows: list[Insight]
    totals: Insight


@router.get("/api/insights", response_model=Insights, responses=documented("days"))
def as_json(person: Staff, parts: Parts, first: From = None, to: To = None, unit: Unit = "day") -> Insights:
    """The figures per day or week: `from` and `to` are days, both included; without them the last four weeks."""
    return _insights(parts, first, to, unit)


@router.get("/api/insights.csv", response_class=Response, responses=documented("days"))
def as_csv(person: Staff, parts: Parts, first: From = None, to: To = None, unit: Unit = "day") -> Response:
    """The same as a table for a spreadsheet."""
    found = _insights(parts, first, to, unit)
    table = io.StringIO()
    names = [name for name in Insight.__fields__ if name not in COUNTED]
    writer = csv.writer(table)
    writer.writerow([*names, *COUNTED])
    for row in found.rows:
        counted = [" ".join(f"{key}={number}" for key, number in getattr(row, name).items()) for name in COUNTED]
        writer.writerow([*(getattr(row, name) for name in names), *counted])
    headers = {"Content-Disposition": 'attachment; filename="insights.csv"'}
    return Response("\ufeff" + table.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/insights", response_class=HTMLResponse, responses=documented("days"))
def as_page(
    request: Request, person: Staff, parts: Parts, first: From = None, to: To = None, unit: Unit = "week"
) -> HTMLResponse:
    """The figures as plots, each with its table."""
    found = _insights(parts, first, to, unit)
    language = language_of(request)
    content = render(
        "insights", language, parts.settings.url_prefix, error="", person=person.account, csrf=person.csrf,
        found=found, plots=_plots(found.rows), names=partial(_name, parts, language), counted=COUNTED,
        first=found.rows[0].start if first is None else first, to=to or parts.now().astimezone(_zone(parts)).date(), unit=unit,
    )  # fmt: skip
    return HTMLResponse(content, headers={"Content-Language": language})


def _zone(parts: Desk) -> ZoneInfo:
    return ZoneInfo(parts.settings.time_zone)


def _insights(parts: Desk, first: date | None, to: date | None, unit: Unit) -> Insights:
    last = to or parts.now().astimezone(_zone(parts)).date()
    try:
        rows = figures(parts.transactions, first or last - timedelta(days=DAYS - 1), last, unit, _zone(parts))
    except ValueError:
        raise DeskRefusal("days") from None
    totals = Insight.of(total(rows))
    return Insights(
        unit=unit, time_zone=parts.settings.time_zone, rows=[Insight.of(row) for row in rows], totals=totals
    )


def _plots(rows: Sequence[Insight]) -> list[tuple[str, list[Any], Any]]:
    """For each plotted figure its name, its values, and the bars."""
    found = []
    for name in PLOTTED:
        values = [getattr(row, name) for row in rows]
        found.append((name, values, bars([value or 0 for value in values])))
    return found


def _name(parts: Desk, language: str, key: str) -> str:
    """What a department, language or channel is called; a topic keeps its own name."""
    for department in parts.departments.departments():
        if department.id == key:
            return str(department.short_name.in_language(language))
    return parts.texts.get(f"language_{key}", parts.texts.get(f"channel_{key}", {})).get(language, key)
